"""Writes down who has done what, in the transaction that does it: one happens if and only if the
other does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, get_args

import asyncpg
import msgspec

from vlog.db.transaction import Transaction
from vlog.kit.acting import actor

# Everything that is written down, declared once.
Action = Literal[
    "archive.purged",
    "category.created",
    "category.deleted",
    "category.edited",
    "category.moved",
    "chapters.changed",
    "field.created",
    "field.deleted",
    "field.edited",
    "playlist.created",
    "playlist.deleted",
    "playlist.edited",
    "playlist.items",
    "playlist.restored",
    "setting.changed",
    "tag.created",
    "tag.deleted",
    "tag.merged",
    "tag.renamed",
    "video.deleted",
    "video.edited",
    "video.fields",
    "video.published",
    "video.purged",
    "video.replaced",
    "video.restored",
    "video.retranscoded",
    "video.retried",
    "video.scheduled",
    "video.thumbnail",
    "video.unpublished",
    "video.uploaded",
    "videos.deleted",
    "videos.edited",
    "videos.fields",
    "videos.listed",
    "videos.published",
    "videos.purged",
    "videos.restored",
    "videos.retranscoded",
    "videos.tagged",
    "videos.unpublished",
]
ACTIONS: tuple[str, ...] = get_args(Action)

# Pages that show these follow what others do to them; of videos they learn by the events of videos.
_FOLLOWED = {"category", "field", "playlist", "tag"}
# Texts are shortened: the log says what was changed, it keeps no versions.
_SHORT = 200
_INSERT = """
INSERT INTO audit_log (actor, action, subject_type, subject_id, subject_name, details, request_id, ip)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_PAGE = """
SELECT id, created_at, actor, action, subject_type, subject_id, subject_name, details, request_id, ip
FROM audit_log
WHERE {conditions} ORDER BY id DESC LIMIT ${limit}
"""
# Hops along the index from name to name: there are few among many rows.
_ACTORS = """
WITH RECURSIVE names AS (
  (SELECT actor FROM audit_log ORDER BY actor LIMIT 1)
  UNION ALL
  SELECT (SELECT a.actor FROM audit_log a WHERE a.actor > n.actor ORDER BY a.actor LIMIT 1)
  FROM names n WHERE n.actor IS NOT NULL
)
SELECT actor FROM names WHERE actor IS NOT NULL LIMIT $1
"""
_MOST_ACTORS = 200
_FORGET = """
DELETE FROM audit_log WHERE id IN (
  SELECT id FROM audit_log WHERE created_at < app_now() - $1::interval ORDER BY created_at LIMIT $2
)
"""


class Reader(Protocol):
    """Whatever can read."""

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """All rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One act. ``details`` is JSON; ``actor`` is what people read, ``ip`` where the request came from."""

    id: int
    created_at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: int | None
    subject_name: str
    details: str
    request_id: str
    ip: str


async def note(
    tx: Transaction, action: Action, subject: tuple[int | None, str], /, **details: object
) -> None:
    """Write down that whoever acts does this to a subject, told by its id and its name.

    What VLog does by itself is no act.
    """
    acting = actor()
    if acting is None:
        return
    subject_id, name = subject
    subject_type = action.partition(".")[0]
    await tx.execute(
        _INSERT,
        acting.name,
        action,
        subject_type,
        subject_id,
        name[:255],
        msgspec.json.encode(_short(details)).decode(),
        acting.request_id,
        acting.ip,
    )
    if subject_type in _FOLLOWED:
        await tx.hint("library", subject=subject_type, subject_id=subject_id, change=action)


def changes(before: object, after: object, names: Sequence[str]) -> dict[str, tuple[object, object]]:
    """Which of these attributes differ, with both values."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which acts: of one kind, by one person, done to one kind of subject or to one of them, in a period."""

    action: str | None = None
    actor: str | None = None
    subject_type: str | None = None
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[tuple[str, object]]:
        """What holds of the rows, and the value that each condition speaks of."""
        given: list[tuple[str, object]] = [
            ("action =", self.action),
            ("actor =", self.actor),
            ("subject_type =", self.subject_type),
            ("subject_id =", self.subject_id),
            ("created_at >=", self.since),
            ("created_at <", self.until),
        ]
        return [(condition, value) for condition, value in given if value is not None]


async def page(reader: Reader, wanted: Wanted, *, before_id: int, limit: int) -> list[Entry]:
    """Acts before one of them, newest first."""
    given = [("id <", before_id), *wanted.conditions()]
    conditions = " AND ".join(f"{condition} ${at}" for at, (condition, _) in enumerate(given, start=1))
    sql = _PAGE.format(conditions=conditions, limit=len(given) + 1)
    rows = await reader.fetch(sql, *(value for _, value in given), limit)
    return [Entry(**dict(row)) for row in rows]


async def actors(reader: Reader) -> list[str]:
    """Everybody who has done something that is still written down, by name."""
    rows = await reader.fetch(_ACTORS, _MOST_ACTORS)
    return [row["actor"] for row in rows]


async def forget(tx: Transaction, *, days: int, limit: int = 5000) -> int:
    """Remove what is older; how much that was, at most ``limit``."""
    tag = await tx.execute(_FORGET, timedelta(days=days), limit)
    return int(tag.rpartition(" ")[2])


def _short(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= _SHORT else value[: _SHORT - 1] + "…"
        case Mapping():
            return {str(name): _short(each) for name, each in value.items()}
        case list() | tuple():
            return [_short(each) for each in value]
        case _:
            return value
