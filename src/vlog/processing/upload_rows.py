"""Uploads as rows: what is announced, how far it is, and which request may go on with it.

Each request that touches the bytes raises the row's ``epoch``; whatever names an older one changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import asyncpg

from vlog.catalog.videos import NewVideo
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.errors import NotFound
from vlog.wire.codec import from_json, to_json

UploadState = Literal["receiving", "accepted", "failed"]

# An arbitrary number; creations take turns, so that two can't promise the same free space.
_CREATION_LOCK = 0x564C5550
LISTED = 200
# How long an upload that has ended stays in the list.
RECENT = "1 day"

# ``(SELECT app_now())`` is asked once, so an index can be used; the function itself would be for each row.
_COLUMNS = """
u.id, u.state, u.length_bytes, u.offset_bytes, u.epoch, u.metadata, u.details, u.promised_sha256, u.sha256,
u.owner, u.video_id, v.slug, u.error_code, u.error_message, u.created_at, u.updated_at, u.expires_at,
u.state = 'receiving' AND u.offset_bytes < u.length_bytes AND u.expires_at <= app_now() AS is_expired
"""
_FROM = "uploads u LEFT JOIN videos v ON v.id = u.video_id"
_BY_ID = f"SELECT {_COLUMNS} FROM {_FROM} WHERE u.id = $1"
_LOCKED = f"{_BY_ID} FOR UPDATE OF u"
_LIST = f"""
SELECT {_COLUMNS} FROM (
  SELECT * FROM uploads
  WHERE state = 'receiving'
    OR (state <> 'receiving' AND updated_at > (SELECT app_now()) - interval '{RECENT}')
  ORDER BY created_at DESC, id LIMIT {LISTED}
) AS u LEFT JOIN videos v ON v.id = u.video_id
ORDER BY u.created_at DESC, u.id
"""
_INSERT = """
INSERT INTO uploads (id, length_bytes, metadata, details, promised_sha256, owner, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, app_now() + make_interval(hours => $7))
"""
_OUTSTANDING = """
SELECT count(*) FILTER (WHERE owner = $1) AS open_count,
  coalesce(sum(length_bytes) FILTER (WHERE owner = $1), 0)::bigint AS open_bytes,
  coalesce(sum(length_bytes - offset_bytes), 0)::bigint AS missing_bytes
FROM uploads WHERE state = 'receiving'
"""
_CLAIM = """
UPDATE uploads SET epoch = epoch + 1, updated_at = app_now()
WHERE id = $1 AND state = 'receiving' AND offset_bytes = $2 AND expires_at > app_now()
"""
_DISPLACE = """
UPDATE uploads SET epoch = epoch + 1
WHERE id = $1 AND state = 'receiving' AND offset_bytes < length_bytes
"""
_IS_HELD = "SELECT EXISTS (SELECT FROM uploads WHERE id = $1 AND epoch = $2 AND state = 'receiving')"
_ADVANCE = """
UPDATE uploads SET offset_bytes = $3, sha256 = coalesce($4, sha256), updated_at = app_now(),
  expires_at = app_now() + make_interval(hours => $5)
WHERE id = $1 AND epoch = $2 AND state = 'receiving' AND offset_bytes <= $3
"""
_REWIND = """
UPDATE uploads SET offset_bytes = $3, sha256 = NULL, updated_at = app_now()
WHERE id = $1 AND epoch = $2 AND state = 'receiving' AND offset_bytes > $3
"""
_SET_SHA256 = "UPDATE uploads SET sha256 = $2 WHERE id = $1 AND state = 'receiving'"
_ACCEPT = """
UPDATE uploads SET state = 'accepted', video_id = $2, updated_at = app_now()
WHERE id = $1 AND state = 'receiving'
"""
_FAIL = """
UPDATE uploads SET state = 'failed', error_code = $2, error_message = $3, updated_at = app_now()
WHERE id = $1 AND state = 'receiving'
"""
_EXPIRE = """
UPDATE uploads SET state = 'failed', epoch = epoch + 1, error_code = $1, error_message = $2,
  updated_at = app_now(), expires_at = app_now() + make_interval(hours => $3)
WHERE state = 'receiving' AND offset_bytes < length_bytes AND expires_at <= app_now()
RETURNING id
"""
_UNFINISHED = """
SELECT id FROM uploads
WHERE state = 'receiving' AND offset_bytes = length_bytes AND updated_at < app_now() - interval '1 minute'
ORDER BY updated_at LIMIT $1
"""
_ENDED = """
SELECT id, state = 'accepted' AS is_accepted FROM uploads
WHERE state <> 'receiving' AND expires_at <= (SELECT app_now()) ORDER BY expires_at LIMIT $1
"""
_REMOVE = "DELETE FROM uploads WHERE id = $1 RETURNING state"


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """An upload that is about to begin. ``metadata`` is the client's own writing, given back as it came."""

    length_bytes: int
    video: NewVideo
    metadata: str = ""
    promised_sha256: bytes | None = None
    owner: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """One upload. ``offset_bytes`` of it are durable; ``slug`` is its video's, once there is one."""

    id: str
    state: UploadState
    length_bytes: int
    offset_bytes: int
    epoch: int
    metadata: str
    video: NewVideo
    promised_sha256: bytes | None
    sha256: bytes | None
    owner: str
    video_id: int | None
    slug: str | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    is_expired: bool

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are here."""
        return self.offset_bytes == self.length_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Outstanding:
    """Uploads that are being received: one owner's number and total, and what is still to come of all."""

    open_count: int
    open_bytes: int
    missing_bytes: int


def upload_not_found() -> NotFound:
    """What to say of an id that names nothing."""
    return NotFound(
        "There is no such upload: it has ended long ago, or was cancelled.", code="upload_not_found"
    )


async def get(reader: Reader, upload_id: str) -> Upload:
    """Raises ``NotFound`` (code ``upload_not_found``)."""
    return _found(await reader.fetchrow(_BY_ID, upload_id))


async def locked(tx: Transaction, upload_id: str) -> Upload:
    """The same, held by the transaction until it ends."""
    return _found(await tx.fetchrow(_LOCKED, upload_id))


async def listed(reader: Reader) -> list[Upload]:
    """Those that are being received and those that ended a short while ago, newest first."""
    return [_upload(row) for row in await reader.fetch(_LIST)]


async def take_turns(tx: Transaction) -> None:
    """Let no other upload begin until the commit."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _CREATION_LOCK)


async def outstanding(reader: Reader, owner: str = "") -> Outstanding:
    """What is open now."""
    row = await reader.fetchrow(_OUTSTANDING, owner)
    assert row is not None  # noqa: S101 - an aggregate
    return Outstanding(**cast("dict[str, Any]", dict(row)))


async def insert(tx: Transaction, upload_id: str, *, announced: Announced, expiry_hours: int) -> None:
    """Begin an upload."""
    await tx.execute(
        _INSERT,
        upload_id,
        announced.length_bytes,
        announced.metadata,
        to_json(announced.video).decode(),
        announced.promised_sha256,
        announced.owner,
        expiry_hours,
    )


async def claim(tx: Transaction, upload_id: str, *, offset: int) -> Upload | None:
    """Become the one who may write from ``offset`` on; ``None`` when that is not possible."""
    if await tx.execute(_CLAIM, upload_id, offset) == "UPDATE 0":
        return None
    return await get(tx, upload_id)


async def displace(tx: Transaction, upload_id: str) -> None:
    """Whoever is writing may no longer."""
    await tx.execute(_DISPLACE, upload_id)


async def is_held(reader: Reader, upload: Upload) -> bool:
    """Whether nobody has claimed it since ``upload`` was."""
    return bool(await reader.fetchval(_IS_HELD, upload.id, upload.epoch))


async def advance(
    tx: Transaction, upload: Upload, *, offset: int, sha256: bytes | None, expiry_hours: int
) -> bool:
    """Acknowledge that everything up to ``offset`` is durable; whether the upload was still ``upload``'s."""
    return await tx.execute(_ADVANCE, upload.id, upload.epoch, offset, sha256, expiry_hours) == "UPDATE 1"


async def rewind(tx: Transaction, upload: Upload, *, offset: int) -> None:
    """Take back what the storage has lost."""
    await tx.execute(_REWIND, upload.id, upload.epoch, offset)


async def set_sha256(tx: Transaction, upload_id: str, sha256: bytes) -> None:
    """Keep what hashing a whole file has told."""
    await tx.execute(_SET_SHA256, upload_id, sha256)


async def mark_accepted(tx: Transaction, upload_id: str, *, video_id: int) -> None:
    """It has become a video."""
    await tx.execute(_ACCEPT, upload_id, video_id)


async def mark_failed(tx: Transaction, upload_id: str, *, code: str, message: str) -> None:
    """It will not become a video; its bytes are kept aside until it expires."""
    await tx.execute(_FAIL, upload_id, code[:50], message[:2000])


async def expire(tx: Transaction, *, code: str, message: str, keep_hours: int) -> list[str]:
    """Give up those that nobody has gone on with; their ids. They can be asked about for ``keep_hours``."""
    return [row["id"] for row in await tx.fetch(_EXPIRE, code, message, keep_hours)]


async def unfinished(reader: Reader, *, limit: int) -> list[str]:
    """Uploads that are complete and were not made videos: their process died at that moment."""
    return [row["id"] for row in await reader.fetch(_UNFINISHED, limit)]


async def ended(reader: Reader, *, limit: int) -> dict[str, bool]:
    """Ids of uploads that nobody needs to know of any more, and whether a video came of them."""
    return {row["id"]: row["is_accepted"] for row in await reader.fetch(_ENDED, limit)}


async def remove(tx: Transaction, upload_id: str) -> UploadState:
    """Forget it; the value is how it stood. Raises ``NotFound``."""
    state = await tx.fetchval(_REMOVE, upload_id)
    if state is None:
        raise upload_not_found()
    return cast(UploadState, state)


def _found(row: asyncpg.Record | None) -> Upload:
    if row is None:
        raise upload_not_found()
    return _upload(row)


def _upload(row: asyncpg.Record) -> Upload:
    fields = cast("dict[str, Any]", dict(row))
    return Upload(video=from_json(NewVideo, fields.pop("details")), **fields)
