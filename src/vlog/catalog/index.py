"""Keeps the index true: a row in ``library_index`` for each video that is kept, one in ``catalog_index`` for
each that visitors may see, and, a moment later, how many of them have each facet and each word.

Called in every transaction that can change what is visible or what is found. What belongs into a row is said
once, by the view ``indexed_videos``, and written by the function ``refresh_index``; lists and searches read
only these narrow tables (the full rows are fetched by id afterwards).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import asyncpg

from vlog.db.engine import Database
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction

Face = Literal["catalog", "library"]

# Longer ones are no words that anybody types, and similarity means nothing for them.
WORD_MAX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class _Rule:
    face: Face
    moment: str
    condition: str


_RULES = (_Rule("catalog", "published_at", "is_visible"), _Rule("library", "created_at", "is_kept"))

# Nobody else folds meanwhile (``_FOLDING``), so nobody waits for these rows.
_FOLD = """
WITH taken AS (
  DELETE FROM {face}_changes WHERE id IN (SELECT id FROM {face}_changes ORDER BY id LIMIT $1)
  RETURNING removed_facets, added_facets, removed_words, added_words
), words AS (
  INSERT INTO {face}_words AS w (word, videos)
  SELECT word, sum(sign) FROM (
    SELECT unnest(added_words) AS word, 1 AS sign FROM taken
    UNION ALL SELECT unnest(removed_words), -1 FROM taken
  ) changes
  WHERE length(word) <= $2 GROUP BY word HAVING sum(sign) <> 0
  ON CONFLICT (word) DO UPDATE SET videos = w.videos + excluded.videos
), facets AS (
  INSERT INTO {face}_facets AS f (facet, videos)
  SELECT facet, sum(sign) FROM (
    SELECT unnest(added_facets) AS facet, 1 AS sign FROM taken
    UNION ALL SELECT unnest(removed_facets), -1 FROM taken
  ) changes
  GROUP BY facet HAVING sum(sign) <> 0
  ON CONFLICT (facet) DO UPDATE SET videos = f.videos + excluded.videos
)
SELECT count(*) FROM taken
"""
_FOLDING = 0x464F4C44
_FOLDED_AT_ONCE = 1000
# One that waits already is held until the commit: taken before it, it would be written as it was. In the
# order of their ids, so that two who rename don't wait for each other in a circle.
_ENQUEUE = """
INSERT INTO index_queue (video_id) SELECT DISTINCT video_id FROM ({select}) found ORDER BY video_id
ON CONFLICT (video_id) DO UPDATE SET video_id = excluded.video_id
"""
_OF_CATEGORY = "SELECT id AS video_id FROM videos WHERE category_id = $1"
_OF_TAG = "SELECT video_id FROM video_tags WHERE tag_id = $1"
_OF_FIELD = "SELECT video_id FROM video_custom_fields WHERE field_id = $1"
# A category's fields go with it, also where videos have moved to another one since.
_OF_CATEGORY_AND_ITS_FIELDS = f"""
{_OF_CATEGORY} UNION ALL SELECT given.video_id FROM video_custom_fields given
JOIN custom_field_definitions f ON f.id = given.field_id WHERE f.category_id = $1
"""
_TAKE = """
DELETE FROM index_queue WHERE video_id IN (
  SELECT video_id FROM index_queue ORDER BY video_id LIMIT $1 FOR UPDATE SKIP LOCKED
) RETURNING video_id
"""
_LOCK = "SELECT 1 FROM videos WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"

# Rows that were loaded in bulk are not in the statistics yet: a plan made for few rows never ends for many.
_SOURCES = (
    "videos, video_tags, tags, categories, generations, video_qualities, video_custom_fields, custom_values"
)
_SECONDARY = """
SELECT format('DROP INDEX %I', c.relname), pg_get_indexdef(c.oid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
WHERE x.indrelid = ANY($1::regclass[]) AND NOT x.indisprimary
"""
_REBUILD = """
TRUNCATE {face}_index, {face}_facets, {face}_words, {face}_changes;
INSERT INTO {face}_index SELECT video_id, {moment}, title_key, duration, tsv, facets, periods({moment})
  FROM indexed_videos WHERE {condition};
INSERT INTO {face}_facets SELECT facet, count(*) FROM {face}_index, unnest(facets) AS facet GROUP BY facet;
INSERT INTO {face}_words SELECT word, ndoc FROM ts_stat('SELECT tsv FROM {face}_index')
  WHERE length(word) <= {length};
"""


async def refresh(tx: Transaction, *video_ids: int) -> None:
    """Write the rows of these videos anew, or remove them when they are not to be found any more.

    The caller holds the videos' rows, so that nobody else changes them before the commit.
    """
    await tx.execute("SELECT refresh_index($1)", sorted(video_ids))


async def enqueue_category(tx: Transaction, category_id: int, *, with_fields: bool = False) -> None:
    """The category has another name: its videos are written anew, soon, a few at a time. ``with_fields``: it
    goes, and its fields with it.
    """
    select = _OF_CATEGORY_AND_ITS_FIELDS if with_fields else _OF_CATEGORY
    await tx.execute(_ENQUEUE.format(select=select), category_id)


async def enqueue_tag(tx: Transaction, tag_id: int) -> None:
    """The tag has another name: its videos are written anew, soon, a few at a time."""
    await tx.execute(_ENQUEUE.format(select=_OF_TAG), tag_id)


async def enqueue_field(tx: Transaction, field_id: int) -> int:
    """The field goes: videos that say something to it are written anew, soon; how many there are."""
    tag = await tx.execute(_ENQUEUE.format(select=_OF_FIELD), field_id)
    return int(tag.rpartition(" ")[2])


async def work_off(tx: Transaction, *, limit: int) -> int:
    """Write a few of the waiting videos anew; how many there were."""
    video_ids = [row["video_id"] for row in await tx.fetch(_TAKE, limit)]
    if video_ids:
        await tx.fetch(_LOCK, video_ids)
        await refresh(tx, *video_ids)
    return len(video_ids)


async def fold(tx: Transaction) -> int:
    """Count what transactions have noted; how many notes there were, at most ``_FOLDED_AT_ONCE`` of each
    face.
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _FOLDING)
    return sum(
        [await tx.fetchval(_FOLD.format(face=rule.face), _FOLDED_AT_ONCE, WORD_MAX_LENGTH) for rule in _RULES]
    )


async def tidy(tx: Transaction) -> None:
    """Forget facets and words that no video has any more."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _FOLDING)
    for rule in _RULES:
        await tx.execute(f"DELETE FROM {rule.face}_facets WHERE videos <= 0")
        await tx.execute(f"DELETE FROM {rule.face}_words WHERE videos <= 0")


async def rebuild(db: Database) -> None:
    """Write the whole index anew; lists wait meanwhile. For repair, and after rows were loaded past this
    code.
    """
    # Outside the pool, whose limits are for requests: a million videos take minutes.
    connection = await db.connect()
    try:
        await connection.execute(f"ANALYZE {_SOURCES}")
        async with connection.transaction():
            for rule in _RULES:
                await _rebuild(connection, rule)
    finally:
        await connection.close()


async def _rebuild(connection: asyncpg.Connection, rule: _Rule) -> None:
    tables = [f"{rule.face}_{part}" for part in ("index", "facets", "words")]
    # Made after the rows: put together row by row, a GIN index of a million takes many times as long.
    indexes = await connection.fetch(_SECONDARY, tables)
    for drop, _ in indexes:
        await connection.execute(drop)
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    await connection.execute(_REBUILD.format(**asdict(rule), length=WORD_MAX_LENGTH))
    for _, create in indexes:
        await connection.execute(create)


async def differences(reader: Reader) -> int:
    """How many videos have a row that differs from the truth, or none, or one too many; for proofs."""
    total = 0
    for rule in _RULES:
        total += await reader.fetchval(
            f"""
            SELECT count(*) FROM {rule.face}_index i FULL JOIN (
              SELECT video_id, {rule.moment} AS moment, title_key, duration, tsv, facets,
                periods({rule.moment}) AS periods FROM indexed_videos WHERE {rule.condition}
            ) v USING (video_id)
            WHERE (i.moment, i.title_key, i.duration, i.tsv, i.facets, i.periods)
              IS DISTINCT FROM (v.moment, v.title_key, v.duration, v.tsv, v.facets, v.periods)
            """
        )
    return total
