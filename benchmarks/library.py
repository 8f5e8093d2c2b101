"""A library of any size for measurements: videos with words, tags, categories and plays as in real ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import asyncpg

WORDS = 60_000
TAGS = 5_000
CATEGORIES = 20
SESSIONS_PER_VIDEO = 3
_BATCH = 20_000
FIRST = datetime(2010, 1, 1, tzinfo=UTC)
SPAN_SECONDS = 16 * 365 * 86_400
_ONSETS = "b c d f g h j k l m n p r s t v w z br ch cr dr fl gl gr pl pr sh sl st th tr".split()  # noqa: SIM905
_VOWELS = "a e i o u ai ea ou ö é".split()  # noqa: SIM905


def vocabulary(seed: int = 7) -> list[str]:
    """Words that can be said, each one once, the frequent ones first and shorter."""
    rng = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        syllables = 1 + min(3, len(words) * 4 // WORDS + rng.randint(0, 1))
        words["".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables + 1))] = None
    return list(words)


async def seed(connection: asyncpg.Connection, videos: int) -> list[str]:
    """Fill an empty, migrated database; the vocabulary.

    Rows go past the product's code: ``index.rebuild`` is due afterwards.
    """
    words = vocabulary()
    # Zipf's law: the second word half as often as the first one.
    weights = list(accumulate(1 / (rank + 8) for rank in range(WORDS)))
    rng = random.Random(11)
    await _categories_and_tags(connection, words)
    for first in range(1, videos + 1, _BATCH):
        ids = range(first, min(first + _BATCH, videos + 1))
        await _videos(connection, _video_rows(ids, videos, words, weights=weights, rng=rng))
        tags = ((each, tag) for each in ids for tag in _tags(rng))
        await connection.copy_records_to_table("video_tags", records=tags, columns=("video_id", "tag_id"))
    await connection.execute("SELECT setval(pg_get_serial_sequence('videos', 'id'), $1)", videos)
    await connection.execute(
        "INSERT INTO video_views SELECT id, (1000000 * random() ^ 8)::bigint FROM videos"
    )
    return words


async def seed_sessions(connection: asyncpg.Connection) -> None:
    """Plays, as the reference's lists count them."""
    await connection.execute(
        "INSERT INTO playback_sessions (video_id, started_at, duration_watched)"
        " SELECT v.id, now() - random() * interval '300 days', 60 FROM videos v, generate_series(1, $1)",
        SESSIONS_PER_VIDEO,
    )
    await connection.execute("ANALYZE playback_sessions")


async def _categories_and_tags(connection: asyncpg.Connection, words: list[str]) -> None:
    await connection.copy_records_to_table(
        "categories",
        records=((words[2000 + n].title(), f"category-{n}", n) for n in range(1, CATEGORIES + 1)),
        columns=("name", "slug", "position"),
    )
    await connection.copy_records_to_table(
        "tags",
        records=((f"{words[n]} {n}", f"tag-{n}") for n in range(1, TAGS + 1)),
        columns=("name", "slug"),
    )


async def _videos(connection: asyncpg.Connection, rows: Iterator[tuple[object, ...]]) -> None:
    await connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS loading (id bigint, title text, description text, category bigint,"
        " duration float8, published timestamptz)"
    )
    await connection.copy_records_to_table("loading", records=rows)
    await connection.execute(
        "INSERT INTO videos (id, title, slug, storage_key, description, category_id, duration, status,"
        " created_at, published_at) OVERRIDING SYSTEM VALUE"
        " SELECT id, title, 'video-' || id, 'video-' || id, description, category, duration, 'ready',"
        " published, published FROM loading"
    )
    await connection.execute("TRUNCATE loading")


def _video_rows(
    ids: range, videos: int, words: list[str], *, weights: list[float], rng: random.Random
) -> Iterator[tuple[object, ...]]:
    for video_id in ids:
        chosen = rng.choices(words, cum_weights=weights, k=26)
        yield (
            video_id,
            " ".join(chosen[:6]).capitalize(),
            " ".join(chosen[6:]),
            rng.choice((None, *range(1, CATEGORIES + 1))),
            rng.lognormvariate(6, 1.1),
            FIRST + timedelta(seconds=_published(video_id / videos, rng) * SPAN_SECONDS),
        )


def _published(age: float, rng: random.Random) -> float:
    """Most videos are published in the order in which they come, one in twenty at any time."""
    return rng.random() if rng.random() < 0.05 else age


def _tags(rng: random.Random) -> set[int]:
    return {1 + int(TAGS * rng.random() ** 3) % TAGS for _ in range(rng.randint(0, 6))}
