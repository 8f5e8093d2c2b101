"""Several short lists of published videos in one question: the rows of a front page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vlog.catalog.query import Arguments
from vlog.catalog.rows import LISTED, ListedRow
from vlog.catalog.windows import Rows, windows
from vlog.db.reader import Reader

# Each is a walk along one index.
_SOURCES = {
    "featured": (
        "videos f JOIN catalog_index i ON i.video_id = f.id WHERE f.is_featured",
        "f.featured_at DESC, f.id DESC",
    ),
    "newest": ("catalog_index i WHERE true", "i.moment DESC, i.video_id DESC"),
    "facet": ("({walk}) i", "i.moment DESC, i.video_id DESC"),
    "playlist": (
        "playlist_items item JOIN catalog_index i ON i.video_id = item.video_id"
        " WHERE item.playlist_id = {subject}::bigint",
        "item.position",
    ),
}
_SHELF = """
(SELECT {number} AS shelf, i.video_id, row_number() OVER (ORDER BY {order}) AS place
FROM {source} ORDER BY {order} LIMIT {limit})
"""
_ALL = """
WITH {windows}
SELECT {columns}, page.shelf FROM ({shelves}) page JOIN videos v ON v.id = page.video_id
LEFT JOIN categories c ON c.id = v.category_id ORDER BY page.shelf, page.place
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """One list: featured videos (last featured first), the newest, those of a facet (newest first), or those
    of a playlist (in its order). ``subject`` is the facet or the playlist's id.
    """

    kind: Literal["featured", "newest", "facet", "playlist"]
    limit: int
    subject: int = 0


async def filled(reader: Reader, shelves: Sequence[Shelf]) -> list[list[ListedRow]]:
    """The videos of each shelf."""
    found: list[list[ListedRow]] = [[] for _ in shelves]
    if shelves:
        sql, values = statement(shelves)
        for row in await reader.fetch(sql, *values):
            found[row["shelf"]].append(ListedRow(*tuple(row)[:-1]))
    return found


def statement(shelves: Sequence[Shelf]) -> tuple[str, list[object]]:
    """The question for all of them, at least one, and its parameters."""
    arguments = Arguments()
    parts = [_sql(shelf, number, arguments) for number, shelf in enumerate(shelves)]
    return _ALL.format(
        windows=windows("catalog"), columns=LISTED, shelves=" UNION ALL ".join(parts)
    ), arguments.values


def _sql(shelf: Shelf, number: int, arguments: Arguments) -> str:
    source, order = _SOURCES[shelf.kind]
    limit = arguments.add(shelf.limit)
    if shelf.kind == "facet":
        where = f"i.facets @> ARRAY[{arguments.add(shelf.subject)}::integer]"
        source = source.format(walk=Rows(face="catalog", limit=limit).walk(where))
    elif shelf.kind == "playlist":
        source = source.format(subject=arguments.add(shelf.subject))
    return _SHELF.format(number=number, order=order, source=source, limit=limit)
