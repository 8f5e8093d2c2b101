"""All that visitors find, in parts of fixed ranges of numbers: a part stays itself when others change."""

from __future__ import annotations

from vlog.catalog.playlists import HAS_VISIBLE
from vlog.catalog.rows import LISTED, ListedRow
from vlog.db.reader import Reader

# Of a part at most: well below the 50,000 that https://www.sitemaps.org/protocol.html allows, and as much as
# one request may take.
PART = 2_000
# Of lists, of which only the address is told.
LIST_PART = 20_000

_PARTS = """
SELECT part FROM generate_series(0, (SELECT coalesce(max(video_id), 0) FROM catalog_index) / $1) AS part
WHERE EXISTS (
  SELECT 1 FROM catalog_index i WHERE i.video_id >= part * $1 AND i.video_id < (part + 1) * $1
)
"""
_VIDEOS = f"""
SELECT {LISTED} FROM catalog_index i JOIN videos v ON v.id = i.video_id
LEFT JOIN categories c ON c.id = v.category_id
WHERE i.video_id >= $1 AND i.video_id < $2 ORDER BY i.video_id
"""
# Every tag that a published video has; facets of one kind stand side by side.
_TAG_PARTS = """
SELECT part FROM generate_series(0, (SELECT coalesce(max(id), 0) FROM tags) / $1) AS part
WHERE EXISTS (
  SELECT FROM catalog_facets f
  WHERE f.facet >= facet(1, part * $1) AND f.facet < facet(1, (part + 1) * $1) AND f.videos > 0
)
"""
_TAGS = """
SELECT t.slug FROM catalog_facets f JOIN tags t ON t.id = f.facet & 16777215
WHERE f.facet >= facet(1, $1) AND f.facet < facet(1, $2) AND f.videos > 0 ORDER BY f.facet
"""
_LISTED = f"p.deleted_at IS NULL AND p.visibility = 'public' AND {HAS_VISIBLE.format(playlist='p')}"
_PLAYLIST_PARTS = f"""
SELECT part FROM generate_series(0, (SELECT coalesce(max(id), 0) FROM playlists) / $1) AS part
WHERE EXISTS (
  SELECT FROM playlists p
  WHERE p.id >= part * $1 AND p.id < (part + 1) * $1 AND {_LISTED}
)
"""
_PLAYLISTS = f"""
SELECT p.slug FROM playlists p WHERE p.id >= $1 AND p.id < $2 AND {_LISTED} ORDER BY p.id
"""


async def parts(reader: Reader) -> list[int]:
    """The numbers of the parts that have a video."""
    return [int(row["part"]) for row in await reader.fetch(_PARTS, PART)]


async def videos(reader: Reader, part: int) -> list[ListedRow]:
    """The videos of one part."""
    rows = await reader.fetch(_VIDEOS, part * PART, (part + 1) * PART)
    return [ListedRow._make(row) for row in rows]


async def tag_parts(reader: Reader) -> list[int]:
    """The numbers of the parts that have a tag of a published video."""
    return [int(row["part"]) for row in await reader.fetch(_TAG_PARTS, LIST_PART)]


async def tag_slugs(reader: Reader, part: int) -> list[str]:
    """The tags of one part that published videos have."""
    rows = await reader.fetch(_TAGS, part * LIST_PART, (part + 1) * LIST_PART)
    return [row["slug"] for row in rows]


async def playlist_parts(reader: Reader) -> list[int]:
    """The numbers of the parts that have a public playlist."""
    return [int(row["part"]) for row in await reader.fetch(_PLAYLIST_PARTS, LIST_PART)]


async def playlist_slugs(reader: Reader, part: int) -> list[str]:
    """The public playlists of one part."""
    rows = await reader.fetch(_PLAYLISTS, part * LIST_PART, (part + 1) * LIST_PART)
    return [row["slug"] for row in rows]
