"""Keeps ``catalog_index`` true: a row for each video that visitors may see, and for no other.

Called in every transaction that can change what is visible or what is found; the table is narrow, so
that lists and searches read little (the full rows are fetched by id afterwards).
"""

from __future__ import annotations

from vlog.catalog.rows import VISIBLE
from vlog.db.transaction import Transaction

# 'simple' keeps every word as it is written: titles mix languages, and no stemmer knows which.
_WRITE = f"""
INSERT INTO catalog_index (video_id, published_at, tsv)
SELECT v.id, v.published_at, setweight(to_tsvector('simple', v.title), 'A') FROM videos v
WHERE v.id = $1 AND {VISIBLE}
ON CONFLICT (video_id) DO UPDATE SET published_at = excluded.published_at, tsv = excluded.tsv
"""
_REMOVE = f"""
DELETE FROM catalog_index WHERE video_id = $1
  AND NOT EXISTS (SELECT 1 FROM videos v WHERE v.id = $1 AND {VISIBLE})
"""


async def refresh(tx: Transaction, video_id: int) -> None:
    """Write the video's row anew, or remove it when visitors may not see the video."""
    await tx.execute(_WRITE, video_id)
    await tx.execute(_REMOVE, video_id)
