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
    "tag.created",
    "tag.deleted",
    "tag.merged",
    "tag.renamed",
    "video.deleted",
    "video.edited",
    "video.fields",
    "video.published",
    "video.purged",
    "video.restored",
    "video.scheduled",
    "video.unpublished",
]
ACTIONS: tuple[str, ...] = get_args(Action)

# Texts are shortened: the log says what was changed, it keeps no versions.
_SHORT = 200
_INSERT = """
INSERT INTO audit_log (actor, action, subject_type, subject_id, subject_name, details, request_id, ip)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_PAGE = """
SELECT id, created_at, actor, action, subject_type, subject_id, subject_name, details, request_id, ip
FROM audit_log
WHERE id < $1 AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR subject_type = $3)
  AND ($4::bigint IS NULL OR subject_id = $4)
ORDER BY id DESC LIMIT $5
"""
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


def changes(before: object, after: object, names: Sequence[str]) -> dict[str, tuple[object, object]]:
    """Which of these attributes differ, with both values."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


async def page(
    reader: Reader,
    *,
    before_id: int,
    action: str | None = None,
    subject: tuple[str, int | None] | None = None,
    limit: int,
) -> list[Entry]:
    """Acts before one of them, newest first; of one kind, or done to one kind of subject or to one
    subject.
    """
    subject_type, subject_id = subject if subject is not None else (None, None)
    rows = await reader.fetch(_PAGE, before_id, action, subject_type, subject_id, limit)
    return [Entry(**dict(row)) for row in rows]


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
