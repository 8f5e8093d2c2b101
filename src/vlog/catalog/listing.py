"""Lists of videos page by page: what visitors see, and what admins see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import asyncpg

from vlog.catalog import query
from vlog.catalog.browse import COUNT_CAP
from vlog.catalog.cursors import Position
from vlog.catalog.query import Order, Wanted
from vlog.catalog.rows import (
    COLUMNS,
    FROM_VIDEOS,
    LISTED,
    LISTED_TEXT,
    ListedRow,
    ListedText,
    VideoRow,
    video_row,
)
from vlog.db.reader import Reader

T = TypeVar("T")

# The narrow index decides which rows; only those are then fetched in full. Pages ask for one row more than
# they show: it tells whether there is a next one.
_SHOWN = """
SELECT {columns}, page.key AS page_key, page.moment AS page_moment
FROM ({page}) page JOIN videos v ON v.id = page.video_id
LEFT JOIN categories c ON c.id = v.category_id
ORDER BY {order}
"""
_VISIBLE = f"""
SELECT {LISTED} FROM catalog_index i JOIN videos v ON v.id = i.video_id
LEFT JOIN categories c ON c.id = v.category_id WHERE i.video_id = ANY($1)
"""
_TRASH = f"""
SELECT {COLUMNS}, v.deleted_at AS page_key, NULL::timestamptz AS page_moment FROM {FROM_VIDEOS}
WHERE v.deleted_at IS NOT NULL AND (v.deleted_at, v.id) < ($1, $2)
ORDER BY v.deleted_at DESC, v.id DESC LIMIT $3
"""
_COUNT_TRASH = "SELECT count(*) FROM (SELECT 1 FROM videos WHERE deleted_at IS NOT NULL LIMIT $1) capped"
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_MAX_ID = 2**63 - 1
# What every page's rows have beside the columns that are shown.
_KEYS = ("page_key", "page_moment")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and where the next one begins (``None``: this is the last)."""

    items: list[T]
    next_position: Position | None


async def public_page(
    reader: Reader, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> Page[ListedRow]:
    """Published videos that fit, after a position (``None``: from the first)."""
    page, by, values = query.page("catalog", wanted, order, after=after, limit=limit + 1)
    records = await reader.fetch(_SHOWN.format(columns=LISTED, page=page, order=by), *values)
    items = [ListedRow(*tuple(record)[: -len(_KEYS)]) for record in records[:limit]]
    return Page(items, _next(records, limit))


async def public_texts(
    reader: Reader, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> Page[ListedText]:
    """The same as JSON."""
    page, by, values = query.page("catalog", wanted, order, after=after, limit=limit + 1)
    records = await reader.fetch(_SHOWN.format(columns=LISTED_TEXT, page=page, order=by), *values)
    items = [ListedText(*tuple(record)[: -len(_KEYS)]) for record in records[:limit]]
    return Page(items, _next(records, limit))


async def admin_page(
    reader: Reader, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> Page[VideoRow]:
    """Videos outside the archive that fit, after a position."""
    page, by, values = query.page("library", wanted, order, after=after, limit=limit + 1)
    records = await reader.fetch(_SHOWN.format(columns=COLUMNS, page=page, order=by), *values)
    return Page([_video(record) for record in records[:limit]], _next(records, limit))


async def visible(reader: Reader, video_ids: Sequence[int]) -> list[ListedRow]:
    """Those of these videos that visitors find, in no order."""
    return [ListedRow._make(record) for record in await reader.fetch(_VISIBLE, list(video_ids))]


async def trash_page(reader: Reader, *, after: Position | None, limit: int) -> Page[VideoRow]:
    """Videos in the archive, last deleted first, after a position."""
    moment, video_id = (after.key, after.id) if after is not None else (_LATEST, _MAX_ID)
    records = await reader.fetch(_TRASH, moment, video_id, limit + 1)
    return Page([_video(record) for record in records[:limit]], _next(records, limit))


async def trash_count(reader: Reader) -> int:
    """How many videos are in the archive, counted up to ``COUNT_CAP``."""
    return int(await reader.fetchval(_COUNT_TRASH, COUNT_CAP))


def _video(record: asyncpg.Record) -> VideoRow:
    return video_row({name: value for name, value in record.items() if name not in _KEYS})


def _next(records: list[asyncpg.Record], limit: int) -> Position | None:
    if len(records) <= limit:
        return None
    last = records[limit - 1]
    return Position(last["page_key"], last["id"], last["page_moment"])
