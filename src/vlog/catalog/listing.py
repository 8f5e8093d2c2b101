"""Lists of videos, newest first, page by page: what visitors see, and what admins see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from vlog.catalog import search
from vlog.catalog.paging import START, Page, Position
from vlog.catalog.rows import (
    COLUMNS,
    FROM_VIDEOS,
    LISTED,
    ListedRow,
    Reader,
    VideoRow,
    VideoStatus,
    video_row,
)

Row = TypeVar("Row", VideoRow, ListedRow)

# Counting a million rows for a number that nobody reads to its last digit is not worth it.
COUNT_CAP = 10_000

_VISIBLE_PAGE = """
SELECT ci.video_id, ci.published_at FROM catalog_index ci
WHERE (ci.published_at, ci.video_id) < ($1, $2) {condition}
ORDER BY ci.published_at DESC, ci.video_id DESC LIMIT $3
"""
# The narrow index decides which rows; only those are then fetched in full.
_PUBLIC = """
SELECT {columns} FROM ({page}) page JOIN videos v ON v.id = page.video_id
LEFT JOIN categories c ON c.id = v.category_id
ORDER BY page.published_at DESC, page.video_id DESC
"""
_NEWEST = _PUBLIC.format(columns=LISTED, page=_VISIBLE_PAGE.format(condition=""))
_FOUND = _PUBLIC.format(columns=LISTED, page=_VISIBLE_PAGE.format(condition=f"AND {search.CONDITION}"))
_COUNT_NEWEST = "SELECT count(*) FROM (SELECT 1 FROM catalog_index LIMIT $1) capped"
_COUNT_FOUND = (
    "SELECT count(*) FROM (SELECT 1 FROM catalog_index ci WHERE "
    + search.CONDITION.replace("$4", "$2").replace("$5", "$3")
    + " LIMIT $1) capped"
)

# A term is looked for as it is written: no wildcard has a meaning in it.
_ADMIN_CONDITION = """
(v.deleted_at IS NOT NULL) = $1 AND ($2::text IS NULL OR v.status = $2)
AND ($3::text IS NULL OR position(lower($3) IN lower(v.title)) > 0)
"""
_ADMIN = f"""
SELECT {COLUMNS} FROM {FROM_VIDEOS}
WHERE (v.created_at, v.id) < ($4, $5) AND {_ADMIN_CONDITION}
ORDER BY v.created_at DESC, v.id DESC LIMIT $6
"""
_COUNT_ADMIN = f"SELECT count(*) FROM (SELECT 1 FROM videos v WHERE {_ADMIN_CONDITION} LIMIT $4) capped"


@dataclass(frozen=True, kw_only=True)
class AdminFilter:
    """Which videos an admin wants to see. ``deleted``: those in the trash instead of all others."""

    status: VideoStatus | None = None
    search: str | None = None
    deleted: bool = False


async def public_page(
    reader: Reader, terms: search.Terms | None, *, after: Position | None, limit: int
) -> Page[ListedRow]:
    """Published videos after a position (``None``: from the first), only those that the terms find."""
    where = after or START
    # One row more than asked for tells whether there is a next page.
    if terms is None:
        records = await reader.fetch(_NEWEST, where.moment, where.id, limit + 1)
    else:
        records = await reader.fetch(_FOUND, where.moment, where.id, limit + 1, terms.whole, terms.prefix)
    return _page(list(map(ListedRow._make, records)), limit, key=lambda video: video.published_at)


async def public_count(reader: Reader, terms: search.Terms | None) -> int:
    """How many published videos there are, or the terms find; counted up to ``COUNT_CAP``."""
    if terms is None:
        return int(await reader.fetchval(_COUNT_NEWEST, COUNT_CAP))
    return int(await reader.fetchval(_COUNT_FOUND, COUNT_CAP, terms.whole, terms.prefix))


async def admin_page(
    reader: Reader, wanted: AdminFilter, *, after: Position | None, limit: int
) -> Page[VideoRow]:
    """All videos that fit the filter, after a position."""
    where = after or START
    records = await reader.fetch(
        _ADMIN, wanted.deleted, wanted.status, wanted.search, where.moment, where.id, limit + 1
    )
    return _page([video_row(record) for record in records], limit, key=lambda video: video.created_at)


async def admin_count(reader: Reader, wanted: AdminFilter) -> int:
    """How many videos fit the filter; counted up to ``COUNT_CAP``."""
    return int(await reader.fetchval(_COUNT_ADMIN, wanted.deleted, wanted.status, wanted.search, COUNT_CAP))


def _page(videos: list[Row], limit: int, *, key: Callable[[Row], datetime]) -> Page[Row]:
    items = videos[:limit]
    more = len(videos) > limit
    return Page(items, Position(key(items[-1]), items[-1].id) if more else None)
