"""All that visitors find, in parts of fixed ranges of numbers: a part stays itself when others change."""

from __future__ import annotations

from vlog.catalog.rows import LISTED, ListedRow
from vlog.db.reader import Reader

# Of a part at most: well below the 50,000 that https://www.sitemaps.org/protocol.html allows, and as much as
# one request may take.
PART = 2_000
MAX_PLAYLISTS = 10_000

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
_TAGS = """
SELECT t.slug FROM catalog_facets f JOIN tags t ON t.id = f.facet & 16777215
WHERE f.facet >> 24 = 1 AND f.videos > 0 ORDER BY f.videos DESC LIMIT $1
"""
_PLAYLISTS = """
SELECT slug FROM playlists WHERE deleted_at IS NULL AND visibility = 'public'
ORDER BY created_at DESC, id DESC LIMIT $1
"""


async def parts(reader: Reader) -> list[int]:
    """The numbers of the parts that have a video."""
    return [int(row["part"]) for row in await reader.fetch(_PARTS, PART)]


async def videos(reader: Reader, part: int) -> list[ListedRow]:
    """The videos of one part."""
    rows = await reader.fetch(_VIDEOS, part * PART, (part + 1) * PART)
    return [ListedRow._make(row) for row in rows]


async def tag_slugs(reader: Reader, *, limit: int) -> list[str]:
    """Tags that published videos have, the most frequent first."""
    return [row["slug"] for row in await reader.fetch(_TAGS, limit)]


async def playlist_slugs(reader: Reader) -> list[str]:
    """Public playlists, newest first."""
    return [row["slug"] for row in await reader.fetch(_PLAYLISTS, MAX_PLAYLISTS)]
