"""The table ``inbox_files``: what is known of each file in the inbox, by its name there.

waiting    it may still grow; settled once size and time of change have stood still
taking     ``upload_id`` names the file below ``uploads`` that is becoming its video
accepted   a video was made of it
failed     with a sentence
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vlog.catalog.rows import VideoStatus
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.storage.inbox import FoundFile

InboxState = Literal["waiting", "taking", "accepted", "failed"]
# A full disk gets free and rights are given without any change to the file.
RETRY_SECONDS = 300.0

_ROWS = """
SELECT name, state, size_bytes, modified_ns, upload_id, is_copy,
       changed_at <= app_now() - make_interval(secs => $1) AS is_settled,
       changed_at <= app_now() - make_interval(secs => $2) AS is_due_again
FROM inbox_files ORDER BY first_seen_at, name
"""
_SEEN = """
INSERT INTO inbox_files (name, size_bytes, modified_ns) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET state = 'waiting', size_bytes = $2, modified_ns = $3, changed_at = app_now(), upload_id = NULL,
    is_copy = false, video_id = NULL, error_code = NULL, error_message = NULL,
    first_seen_at = CASE inbox_files.state WHEN 'accepted' THEN app_now() ELSE inbox_files.first_seen_at END
WHERE inbox_files.state <> 'taking'
"""
_FORGET = "DELETE FROM inbox_files WHERE name = ANY($1) AND state IN ('waiting', 'failed')"
_PRUNE = """
DELETE FROM inbox_files WHERE state = 'accepted' AND changed_at < (SELECT app_now()) - interval '7 days'
"""
_BEGIN = """
UPDATE inbox_files
SET state = 'taking', upload_id = $4, is_copy = false, error_code = NULL, error_message = NULL
WHERE name = $1 AND size_bytes = $2 AND modified_ns = $3 AND state IN ('waiting', 'failed') RETURNING true
"""
_COPY = "UPDATE inbox_files SET is_copy = true WHERE upload_id = $1 AND state = 'taking'"
_PUT_BACK = """
UPDATE inbox_files
SET state = 'waiting', upload_id = NULL, is_copy = false, changed_at = app_now(), error_code = NULL,
    error_message = NULL
WHERE upload_id = $1 AND state = 'taking'
"""
_FAIL = """
UPDATE inbox_files
SET state = 'failed', upload_id = NULL, is_copy = false, changed_at = app_now(), error_code = $2,
    error_message = $3
WHERE name = $1 AND state <> 'accepted'
"""
_LOCK = "SELECT true FROM inbox_files WHERE upload_id = $1 AND state = 'taking' FOR UPDATE"
_REMARK = """
UPDATE inbox_files SET error_code = $2, error_message = $3 WHERE upload_id = $1 AND state = 'taking'
"""
_ACCEPT = """
UPDATE inbox_files
SET state = 'accepted', video_id = $2, changed_at = app_now(), error_code = NULL, error_message = NULL
WHERE upload_id = $1
"""
_REMOVED = "UPDATE inbox_files SET is_copy = false WHERE name = $1 AND state = 'accepted'"
_LISTED = """
SELECT i.name, i.state, i.size_bytes, i.video_id, v.slug, v.title, v.status AS video_status,
       coalesce(i.error_code, CASE WHEN v.status = 'failed' THEN v.error_code END) AS error_code,
       coalesce(i.error_message, CASE WHEN v.status = 'failed' THEN v.error_message END) AS error_message,
       i.first_seen_at, i.changed_at
FROM (
  SELECT *, array_position(ARRAY['failed', 'taking', 'waiting', 'accepted'], state::text) AS urgency
  FROM inbox_files ORDER BY urgency, changed_at DESC, name LIMIT $1
) AS i LEFT JOIN videos v ON v.id = i.video_id
ORDER BY i.urgency, i.changed_at DESC, i.name
"""


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file as people are told of it; ``video_id``, ``slug`` and ``title`` are those of its video."""

    name: str
    state: InboxState
    size_bytes: int
    video_id: int | None
    slug: str | None
    title: str | None
    video_status: VideoStatus | None
    error_code: str | None
    error_message: str | None
    first_seen_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A row, and what time has made of it. ``is_copy``: the file stays until its copy is safe."""

    seen: FoundFile
    state: str
    upload_id: str | None
    is_copy: bool
    is_settled: bool
    is_due_again: bool

    @property
    def wants_a_try(self) -> bool:
        """Whether something should be done about a file that has not changed since it was seen."""
        return self.is_settled if self.state == "waiting" else self.state == "failed" and self.is_due_again


async def listed(db: Database, *, limit: int) -> list[InboxFile]:
    """Failures first, then what is under way, then what became a video."""
    return [InboxFile(**dict(record)) for record in await db.fetch(_LISTED, limit)]


async def every(db: Database, *, settle_seconds: int) -> list[InboxRow]:
    """All rows, the oldest first."""
    return [
        InboxRow(
            seen=FoundFile(record["name"], record["size_bytes"], record["modified_ns"]),
            state=record["state"],
            upload_id=record["upload_id"],
            is_copy=record["is_copy"],
            is_settled=record["is_settled"],
            is_due_again=record["is_due_again"],
        )
        for record in await db.fetch(_ROWS, float(settle_seconds), RETRY_SECONDS)
    ]


async def note(db: Database, *, seen: Collection[FoundFile], gone: Collection[str]) -> None:
    """Write down files that are new or have changed, forget those that are gone and old successes."""

    async def work(tx: Transaction) -> None:
        if seen:
            await tx.executemany(_SEEN, [(file.name, file.size_bytes, file.modified_ns) for file in seen])
        if gone:
            await tx.execute(_FORGET, sorted(gone))
        await tx.execute(_PRUNE)

    await transaction(db, work)


async def begin(db: Database, seen: FoundFile, *, upload_id: str) -> bool:
    """Say under which name below ``uploads`` a file will lie; whether it is ours to take."""
    taken = await db.fetchval(_BEGIN, seen.name, seen.size_bytes, seen.modified_ns, upload_id)
    return taken is not None


async def will_copy(db: Database, upload_id: str) -> None:
    """The file can't be moved: it stays until its copy is a video."""
    await transaction(db, lambda tx: tx.execute(_COPY, upload_id))


async def put_back(db: Database, upload_id: str) -> None:
    """It was not taken after all; once it has settled, another try."""
    await transaction(db, lambda tx: tx.execute(_PUT_BACK, upload_id))


async def fail(db: Database, name: str, *, code: str, words: str) -> None:
    """It lies in the inbox and can't become a video."""
    await transaction(db, lambda tx: tx.execute(_FAIL, name, code, words))


async def remark(db: Database, upload_id: str, *, code: str, words: str) -> None:
    """It is below ``uploads``, and something keeps it from being read; it is tried again."""
    await transaction(db, lambda tx: tx.execute(_REMARK, upload_id, code, words))


async def lock(tx: Transaction, upload_id: str) -> bool:
    """Keep others from accepting it; ``False`` when somebody has."""
    return await tx.fetchval(_LOCK, upload_id) is not None


async def accept(tx: Transaction, upload_id: str, *, video_id: int) -> None:
    """It is a video."""
    await tx.execute(_ACCEPT, upload_id, video_id)


async def removed(db: Database, name: str) -> None:
    """The file that was copied is no longer in the inbox."""
    await transaction(db, lambda tx: tx.execute(_REMOVED, name))
