"""Lists that are found window by window are those that a look at every video finds."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.databases import fresh, opened
from vlog.catalog import browse, index, query
from vlog.catalog.cursors import Position
from vlog.catalog.facets import Kind, facet
from vlog.catalog.query import Order, Wanted
from vlog.catalog.search import parse
from vlog.db.engine import Database

VIDEOS = 3_000
# A century, most of a year, no time at all between the first video and the last.
_SPREADS = (timedelta(days=36_500), timedelta(days=300), timedelta(0))
_FILL = """
INSERT INTO videos (title, slug, storage_key, status, published_at, duration)
SELECT 'all' || CASE WHEN n % 2 = 0 THEN ' half' ELSE '' END || CASE WHEN n % 97 = 0 THEN ' few' ELSE '' END
    || CASE WHEN n < 40 THEN ' past' ELSE '' END || ' w' || n % 700,
  'v-' || n, 'v-' || n, 'ready',
  '1990-03-07T23:59:59Z'::timestamptz + $1::interval * (n / 2) / 1500, 1 + n % 900
FROM generate_series(1, $2::integer) AS n
"""
_TAGS = """
INSERT INTO tags (name, slug) VALUES ('a', 'a'), ('b', 'b'), ('c', 'c');
INSERT INTO video_tags SELECT id, 1 FROM videos WHERE id % 3 = 0;
INSERT INTO video_tags SELECT id, 2 FROM videos WHERE id % 50 = 0;
INSERT INTO video_tags SELECT id, 3 FROM videos WHERE id < 700;
"""
_MIDDLE = datetime(1990, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=_SPREADS, ids=str)
async def full(request: pytest.FixtureRequest, postgres: str) -> AsyncIterator[Database]:
    async with fresh(postgres) as dsn, opened(dsn) as db:
        async with db.acquired() as connection:
            await connection.execute(_FILL, request.param, VIDEOS)
            await connection.execute(_TAGS)
        await index.rebuild(db)
        await db.pool.execute("ANALYZE")
        yield db


def tagged(*tags: int) -> frozenset[int]:
    return frozenset(facet(Kind.TAG, tag) for tag in tags)


WISHES = {
    "frequent word": Wanted(terms=parse("all")),
    "half of them": Wanted(terms=parse("half")),
    "rare word": Wanted(terms=parse("few")),
    "word of the past": Wanted(terms=parse("past")),
    "beginning": Wanted(terms=parse("w1")),
    "two words": Wanted(terms=parse("few half")),
    "tag": Wanted(all_of=tagged(1)),
    "two tags": Wanted(all_of=tagged(1, 2)),
    "one of two tags": Wanted(any_of=(tagged(2, 3),)),
    "old tag": Wanted(any_of=(tagged(3),)),
    "word of a tag": Wanted(terms=parse("half"), all_of=tagged(1), any_of=(tagged(2, 3),)),
    "period": Wanted(all_of=tagged(1), since=datetime(1990, 3, 8, tzinfo=UTC), until=_MIDDLE),
    "nothing": Wanted(all_of=tagged(77)),
}


async def fitting(db: Database, wanted: Wanted, *, descending: bool) -> list[tuple[Any, int]]:
    """By a look at every video."""
    arguments = query.Arguments()
    where = query.conditions(wanted, arguments)
    way = "DESC" if descending else "ASC"
    rows = await db.fetch(
        f"SELECT moment, video_id FROM catalog_index i WHERE {where} ORDER BY moment {way}, video_id {way}",
        *arguments.values,
    )
    return [tuple(row) for row in rows]


async def known(db: Database, wanted: Wanted) -> Wanted:
    terms = wanted.terms
    return (
        wanted
        if terms is None
        else Wanted(
            terms=await browse.bounded(db, terms),
            all_of=wanted.all_of,
            any_of=wanted.any_of,
            since=wanted.since,
            until=wanted.until,
        )
    )


@pytest.fixture(params=[True, False], ids=["few", "many"])
def rare(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is as rare as it is, or nothing is."""
    if not request.param:
        monkeypatch.setattr(query, "BROAD", -1)
        monkeypatch.setattr(query, "_BY_RAREST", query._BY_RAREST.replace(f" {query.FEW}", " -1"))


@pytest.mark.usefixtures("rare")
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("name", WISHES)
async def test_pages_by_date_are_complete_and_in_order(full: Database, name: str, descending: bool) -> None:
    wanted, order = await known(full, WISHES[name]), Order(descending=descending)
    expected = await fitting(full, wanted, descending=descending)
    starts = [None, *random.Random(1).sample(range(len(expected)), min(3, len(expected)))]
    for start in starts:
        after = None if start is None else Position(*expected[start])
        sql, by, values = query.page("catalog", wanted, order, after=after, limit=25)
        rows = await full.fetch(f"SELECT key, video_id FROM ({sql}) page ORDER BY {by}", *values)
        first = 0 if start is None else start + 1
        assert [tuple(row) for row in rows] == expected[first : first + 25], (name, start)


@pytest.mark.usefixtures("rare")
@pytest.mark.parametrize("name", WISHES)
async def test_counts_and_ranks_are_of_the_newest(full: Database, name: str) -> None:
    wanted = await known(full, WISHES[name])
    expected = await fitting(full, wanted, descending=True)
    total, is_exact = await browse.count(full, "catalog", wanted)
    assert (total, is_exact) == (min(len(expected), browse.COUNT_CAP), len(expected) <= browse.COUNT_CAP)
    choices = await browse.choices(full, "catalog", wanted)
    counted = choices.videos.get(facet(Kind.STATUS, 3), 0)
    assert counted == min(len(expected), browse.SAMPLE)
    if wanted.terms is not None:
        sql, _, values = query.page("catalog", wanted, Order(sort="relevance"), after=None, limit=VIDEOS)
        ranked = {row["video_id"] for row in await full.fetch(sql, *values)}
        assert ranked == {video_id for _, video_id in expected[: query.RANKED]}


async def test_a_beginning_of_very_many_words_means_the_most_frequent(
    full: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = parse("w")
    assert terms is not None
    assert (await browse.bounded(full, terms)).endings == ()
    monkeypatch.setattr(browse, "BROAD", 100)
    bound = await browse.bounded(full, terms)
    assert len(bound.endings) == browse.ENDINGS + 1
    found = await fitting(full, Wanted(terms=bound), descending=True)
    assert 0 < len(found) < VIDEOS
