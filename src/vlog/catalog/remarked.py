"""Videos of whose source there is something to say: it ended early, pictures were lost, and the like."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.db.reader import Reader

LISTED = 50

_REMARKED = """
SELECT id, title, warnings FROM videos WHERE warnings <> '{}' AND deleted_at IS NULL ORDER BY id DESC LIMIT $1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remarked:
    """A video, and sentences about its source."""

    id: int
    title: str
    warnings: list[str]


async def remarked(reader: Reader, *, limit: int = LISTED) -> list[Remarked]:
    """The newest ones."""
    return [Remarked(**dict(row)) for row in await reader.fetch(_REMARKED, limit)]
