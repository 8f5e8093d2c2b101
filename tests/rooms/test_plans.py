"""How PostgreSQL answers every list: by an index, never by reading a table that grows from end to end."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from typing import Any, get_args

import msgspec
import pytest

from benchmarks import library
from tests.support.databases import fresh, opened
from vlog.catalog import (
    browse,
    chapters,
    exporting,
    fields,
    filters,
    index,
    listing,
    playlist_items,
    playlists,
    shelves,
    site_map,
    tags,
    videos,
)
from vlog.catalog.cursors import Position
from vlog.catalog.facets import LENGTHS, Kind, facet
from vlog.catalog.filters import Asked
from vlog.catalog.index import Face
from vlog.catalog.playlists import PlaylistFilter
from vlog.catalog.query import EVERYTHING, Order, Sort, Wanted
from vlog.catalog.search import parse
from vlog.catalog.shelves import Shelf
from vlog.db.engine import Database
from vlog.events import audit

VIDEOS = 20_000
PAGE = 24
MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
LAST_ID = 2**63 - 1
# Categories and definitions of fields are few by a limit of their own, and pages show all of them.
SMALL = {"categories", "custom_field_definitions"}
# Nothing is laid into them here, and what is empty is soon read.
EMPTY = {"generations", "video_qualities", "catalog_changes", "library_changes", "former_slugs"}
MORE = f"""
UPDATE videos SET is_featured = true, featured_at = created_at WHERE id % 500 = 0;
UPDATE videos SET deleted_at = created_at WHERE id % 400 = 1;
INSERT INTO playlists (title, slug, created_at, is_featured)
  SELECT 'P', 'p-' || n, '2020-01-01'::timestamptz + n * interval '1 hour', n % 100 = 0
  FROM generate_series(1, 2000) AS n;
INSERT INTO playlist_items (playlist_id, video_id, position)
  SELECT 1 + n % 2000, 1 + n * 7 % {VIDEOS}, n / 2000 FROM generate_series(0, {VIDEOS} - 1) AS n;
INSERT INTO chapters (video_id, title, start_time, position) SELECT id, 'C', 0, 0 FROM videos;
INSERT INTO custom_field_definitions (name, slug, field_type)
  SELECT 'F', 'field-' || n, 'text' FROM generate_series(1, 50) AS n;
INSERT INTO custom_values (field_id, value)
  SELECT 1 + n % 50, 'v' || n FROM generate_series(1, {VIDEOS} / 2) AS n;
INSERT INTO video_custom_fields (video_id, field_id, value)
  SELECT id, 1 + id % 50, to_jsonb('v' || id % 50) FROM videos;
INSERT INTO audit_log (created_at, actor, action, subject_type, subject_id)
  SELECT '2020-01-01'::timestamptz + n * interval '1 minute', 'person ' || n % 50,
    CASE WHEN n % 1000 = 0 THEN 'video.purged' ELSE 'video.edited' END, 'video', n
  FROM generate_series(1, {VIDEOS}) AS n;
"""

Ask = Callable[["Explaining"], Awaitable[object]]


class Explaining:
    """A reader that remembers which tables each of its questions has PostgreSQL read from end to end."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.read: set[str] = set()

    async def fetch(self, sql: str, *args: object) -> list[Any]:
        """All rows."""
        await self._explain(sql, args)
        return list(await self._connection.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: object) -> Any:
        """The first row."""
        await self._explain(sql, args)
        return await self._connection.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first value."""
        await self._explain(sql, args)
        return await self._connection.fetchval(sql, *args)

    async def _explain(self, sql: str, args: tuple[object, ...]) -> None:
        plan = await self._connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *args)
        self.read |= set(_read_whole(msgspec.json.decode(plan)[0]["Plan"]))


def _read_whole(plan: dict[str, Any], *, is_limited: bool = False) -> Iterator[str]:
    """Tables that a plan reads row by row, unless it soon has enough: when every second row fits, that is
    the best way to the first few.
    """
    has_soon_enough = is_limited and plan["Plan Rows"] > VIDEOS / 2
    if plan["Node Type"] == "Seq Scan" and not has_soon_enough:
        table = plan["Relation Name"]
        yield from (() if table in SMALL | EMPTY else (f"{table} ({plan['Plan Rows']} rows)",))
    for child in plan.get("Plans", ()):
        yield from _read_whole(child, is_limited=plan["Node Type"] == "Limit")


@pytest.fixture(scope="module")
async def words() -> list[str]:
    return library.vocabulary()


@pytest.fixture(scope="module")
async def full(postgres: str) -> AsyncIterator[Database]:
    """A library of some size."""
    async with fresh(postgres) as dsn, opened(dsn) as db:
        async with db.acquired() as connection:
            await library.seed(connection, VIDEOS)
            await connection.execute(MORE)
        await index.rebuild(db)
        await db.pool.execute("ANALYZE")
        yield db


def wishes(words: list[str]) -> dict[str, Wanted]:
    """What lists are narrowed down to: by frequent things, by rare ones, by several."""
    rng = random.Random(3)
    category = frozenset({facet(Kind.CATEGORY, 3)})
    frequent, rare = facet(Kind.TAG, 1), facet(Kind.TAG, library.TAGS - 1)
    lengths = frozenset(facet(Kind.LENGTH, each) for each in LENGTHS.values())
    word, other = words[20], words[rng.randint(5000, 9000)]
    return {
        "everything": EVERYTHING,
        "a category": Wanted(any_of=(category,)),
        "a frequent tag": Wanted(all_of=frozenset({frequent})),
        "a rare tag": Wanted(all_of=frozenset({rare})),
        "any length": Wanted(any_of=(lengths,)),
        "category, tag, length": Wanted(all_of=frozenset({frequent}), any_of=(category, lengths)),
        "a frequent word": Wanted(terms=parse(word)),
        "a rare word": Wanted(terms=parse(other)),
        "two words of a category": Wanted(terms=parse(f"{word} {other}"), any_of=(category,)),
        "a period": Wanted(since=MOMENT, until=MOMENT.replace(month=3)),
    }


def deep(sort: Sort, wanted: Wanted) -> Position:
    """A place far down a list."""
    if sort == "relevance" and wanted.terms is not None:
        return Position(0.5, VIDEOS // 2, MOMENT)
    keys: dict[str, str | float] = {"title": "m", "duration": 400.0, "views": 100}
    return Position(keys.get(sort, MOMENT), VIDEOS // 2)


def pages(words: list[str]) -> dict[str, Ask]:
    """Every page of a list that the builder of lists can build."""
    shown: dict[Face, Callable[..., Awaitable[object]]] = {
        "catalog": listing.public_page,
        "library": listing.admin_page,
    }
    found: dict[str, Ask] = {}
    sorts: tuple[Sort, ...] = get_args(Sort)
    for face, sort, descending, is_deep in product(shown, sorts, (True, False), (True, False)):
        for name, wanted in wishes(words).items():
            after = deep(sort, wanted) if is_deep else None

            order = Order(sort=sort, descending=descending)
            ask = partial(shown[face], wanted=wanted, order=order, after=after, limit=PAGE)
            found[f"{face}: {name} by {sort}, {descending=}, {is_deep=}"] = ask
    return found


def _beside(
    reader: Explaining, *, about: Callable[..., Awaitable[object]], face: Face, wanted: Wanted
) -> Awaitable[object]:
    return about(reader, face, wanted)


def beside(words: list[str]) -> dict[str, Ask]:
    """What stands beside lists."""
    found: dict[str, Ask] = {}
    faces: tuple[Face, ...] = get_args(Face)
    for face, (name, wanted) in product(faces, wishes(words).items()):
        for about in (browse.count, browse.choices):
            found[f"{about.__name__}, {face}: {name}"] = partial(
                _beside, about=about, face=face, wanted=wanted
            )
    typed, misspelt = words[30][:3], parse(f"{words[40]}x")
    assert misspelt is not None
    rows = [
        Shelf(kind="featured", limit=12),
        Shelf(kind="newest", limit=12),
        Shelf(kind="facet", limit=12, subject=facet(Kind.CATEGORY, 2)),
        Shelf(kind="playlist", limit=12, subject=5),
    ]
    return {
        **found,
        "names": lambda r: browse.names(r, category_ids=[1, 2], tag_ids=[1, 2, 3]),
        "values": lambda r: browse.field_values(r, [1, 2, 3]),
        "related": lambda r: browse.related_ids(r, VIDEOS // 2, limit=12),
        "typing": lambda r: browse.completions(r, "catalog", typed, limit=8),
        "misspelt": lambda r: browse.corrected(r, "catalog", misspelt),
        "filters": lambda r: filters.resolve(
            r, Asked(categories=("category-1",), tags=("tag-1", "tag-9"), custom=(("field-8", "v7"),))
        ),
        "front page": lambda r: shelves.filled(r, rows),
        "some": lambda r: listing.visible(r, [5, 6, 7]),
    }


def others() -> dict[str, Ask]:
    """Lists of other things than videos, and single ones."""
    everybody = PlaylistFilter(face="library")
    public = PlaylistFilter()
    first, far = (datetime.max.replace(tzinfo=UTC), LAST_ID), (MOMENT, 1000)
    acts = {
        "all": audit.Wanted(),
        "rare": audit.Wanted(action="video.purged"),
        "person": audit.Wanted(actor="person 7"),
        "subject": audit.Wanted(subject_type="video", subject_id=77),
        "period": audit.Wanted(since=MOMENT, until=MOMENT.replace(day=3)),
    }
    logs: dict[str, Ask] = {
        f"audit: {name}": partial(audit.page, wanted=wanted, before_id=LAST_ID, limit=PAGE)
        for name, wanted in acts.items()
    }
    return {
        **logs,
        "actors": audit.actors,
        "trash": lambda r: listing.trash_page(r, after=None, limit=PAGE),
        "trash, deep": lambda r: listing.trash_page(r, after=Position(MOMENT, 9), limit=PAGE),
        "trash, count": listing.trash_count,
        "playlists": lambda r: playlists.page(r, public, after=first, limit=PAGE),
        "playlists, deep": lambda r: playlists.page(r, everybody, after=far, limit=PAGE),
        "playlist by address": lambda r: playlists.by_slug_public(r, "p-77"),
        "playlist by id": lambda r: playlists.by_id(r, 77),
        "items": lambda r: playlist_items.page(r, "catalog", 77, after=3, limit=PAGE),
        "items, last": lambda r: playlist_items.last_added(r, 77, limit=PAGE),
        "tags": lambda r: tags.page(r, "catalog", limit=PAGE),
        "tags, beginning": lambda r: tags.page(r, "library", limit=PAGE, beginning="br"),
        "tag by address": lambda r: tags.by_slug(r, "tag-7", face="catalog"),
        "video": lambda r: videos.by_id(r, 77),
        "chapters": lambda r: chapters.of_video(r, 77),
        "field, answered": lambda r: fields.answered(r, 7, at_most=100),
        "site map": lambda r: site_map.videos(r, 3),
        "site map, parts": site_map.parts,
        "site map, tags": lambda r: site_map.tag_slugs(r, 1),
        "site map, parts of tags": site_map.tag_parts,
        "site map, playlists": lambda r: site_map.playlist_slugs(r, 1),
        "site map, parts of playlists": site_map.playlist_parts,
        "export": lambda r: anext(exporting.pages(r, EVERYTHING, include_deleted=False)),
    }


@pytest.mark.parametrize("kind", ["pages", "beside", "others"])
async def test_no_list_reads_a_growing_table_from_end_to_end(
    full: Database, words: list[str], kind: str
) -> None:
    questions = {"pages": lambda: pages(words), "beside": lambda: beside(words), "others": others}[kind]()
    guilty = {}
    async with full.acquired() as connection:
        for name, ask in questions.items():
            reader = Explaining(connection)
            await ask(reader)
            if reader.read:
                guilty[name] = reader.read
    assert not guilty, "\n".join(f"{name}: {', '.join(sorted(read))}" for name, read in guilty.items())
