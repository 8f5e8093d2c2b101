"""Lists of videos page by page: what visitors see, and what admins see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import asyncpg

from vlog.catalog import query
from vlog.catalog.cursors import Position
from vlog.catalog.query import Order, Wanted
from vlog.catalog.rows import COLUMNS, FROM_VIDEOS, LISTED, ListedRow, Reader, VideoRow, video_row

T = TypeVar("T")

# The narrow index decides which rows; only those are then fetched in full.
_SHOWN = """
SELECT {columns}, page.key AS page_key, page.moment AS page_moment
FROM ({page}) page JOIN videos v ON v.id = page.video_id
LEFT JOIN categories c ON c.id = v.category_id LEFT JOIN video_views w ON w.video_id = v.id
ORDER BY {order}
"""
_TRASH = f"""
SELECT {COLUMNS}, v.deleted_at AS page_key, NULL::timestamptz AS page_moment FROM {FROM_VIDEOS}
WHERE v.deleted_at IS NOT NULL AND (v.deleted_at, v.id) < ($1, $2)
ORDER BY v.deleted_at DESC, v.id DESC LIMIT $3
"""
_END_OF_TIME = datetime.max
_KEY_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and where the next one begins (``None``: this is the last)."""

    items: list[T]
    next_position: Position | None


async def public_page(
    reader: Reader, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> Page[ListedRow]:
    """Published videos that fit, after a position (``None``: from the first)."""
    # One row more than asked for tells whether there is a next page.
    page, by, values = query.page("catalog", wanted, order, after=after, limit=limit + 1)
    records = await reader.fetch(_SHOWN.format(columns=LISTED, page=page, order=by), *values)
    items = [ListedRow(*tuple(record)[:-_KEY_COLUMNS]) for record in records[:limit]]
    return Page(items, _next(records, limit))


async def admin_page(
    reader: Reader, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> Page[VideoRow]:
    """Videos outside the trash that fit, after a position."""
    page, by, values = query.page("library", wanted, order, after=after, limit=limit + 1)
    records = await reader.fetch(_SHOWN.format(columns=COLUMNS, page=page, order=by), *values)
    return Page([video_row(record) for record in records[:limit]], _next(records, limit))


def _next(records: list[asyncpg.Record], limit: int) -> Position | None:
    if len(records) <= limit:
        return None
    last = records[limit - 1]
    return Position(last["page_key"], last["id"], last["page_moment"])
