"""Lists: every row once in every order, found by its words and by what it is; the trash apart."""

from __future__ import annotations

from itertools import pairwise

import pytest

from vlog.catalog import browse, filters, index, listing, publishing, query, shelves, tags, trash, videos
from vlog.catalog.cursors import Position, encode
from vlog.catalog.facets import Kind, facet
from vlog.catalog.filters import Asked
from vlog.catalog.query import EVERYTHING, Order, Sort, Wanted
from vlog.catalog.rows import ListedRow
from vlog.catalog.search import parse
from vlog.catalog.shelves import Shelf
from vlog.catalog.videos import NewVideo
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import NotFound

NEWEST = Order()


async def fill(db: Database, *titles: str) -> list[int]:
    async def work(tx: Transaction) -> list[int]:
        made = [await videos.create(tx, NewVideo(title=title)) for title in titles]
        for video in made:
            await videos.mark_ready(tx, video.id, codec="h264")
        return [video.id for video in made]

    return await transaction(db, work)


async def tagged(db: Database, video_id: int, *names: str) -> list[int]:
    async def work(tx: Transaction) -> list[int]:
        found = await tags.named(tx, names)
        await videos.edit(tx, video_id, {"tag_ids": found})
        return found

    return await transaction(db, work)


async def titles(db: Database, typed: str) -> list[str]:
    wanted = Wanted(terms=parse(typed))
    page = await listing.public_page(db, wanted, NEWEST, after=None, limit=100)
    assert await browse.count(db, "catalog", wanted) == (len(page.items), True)
    return sorted(video.title for video in page.items)


async def fold(db: Database) -> None:
    while await transaction(db, index.fold):
        pass


async def all_pages(db: Database, wanted: Wanted, order: Order, *, limit: int) -> list[ListedRow]:
    seen: list[ListedRow] = []
    after: Position | None = None
    while True:
        page = await listing.public_page(db, wanted, order, after=after, limit=limit)
        seen += page.items
        if page.next_position is None:
            return seen
        # As clients send it.
        after = order.position(encode(page.next_position, of=order.name))


@pytest.mark.parametrize("sort", ["date", "title", "duration", "views", "relevance"])
@pytest.mark.parametrize("descending", [True, False])
async def test_pages_show_every_video_once(db: Database, sort: Sort, descending: bool) -> None:
    """Also where keys are equal: ids break the tie."""
    made = await fill(db, *(f"Same word {number // 3}" for number in range(25)))
    await db.pool.execute("UPDATE videos SET duration = id % 4, published_at = date_trunc('hour', now())")
    await db.pool.execute("UPDATE video_views SET views = video_id % 3")
    await index.rebuild(db)
    terms = parse("same word") if sort == "relevance" else None
    seen = await all_pages(db, Wanted(terms=terms), Order(sort=sort, descending=descending), limit=4)
    assert sorted(video.id for video in seen) == made
    keys = {
        "title": lambda video: video.title,
        "duration": lambda video: video.duration,
        "views": lambda video: video.view_count,
        "date": lambda video: video.id,
    }
    if sort in keys:
        pairs = pairwise(keys[sort](video) for video in seen)
        assert all(a >= b if descending else a <= b for a, b in pairs)


async def test_a_last_page_that_is_full_has_no_next(db: Database) -> None:
    await fill(db, "One", "Two")
    page = await listing.public_page(db, EVERYTHING, NEWEST, after=None, limit=2)
    assert page.next_position is None


async def test_titles_are_sorted_as_people_look_for_them(db: Database) -> None:
    await fill(db, "zebra", "Part 10", "Étude", "part 2", "Eagle")
    page = await listing.public_page(
        db, EVERYTHING, Order(sort="title", descending=False), after=None, limit=9
    )
    assert [video.title for video in page.items] == ["Eagle", "Étude", "part 2", "Part 10", "zebra"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mountain", ["Blue mountain", "Mountain of Fire"]),
        ("MOUNT", ["Blue mountain", "Mountain of Fire"]),
        ("blue mou", ["Blue mountain"]),
        ("mou blue", []),
        ("mountain -blue", ["Mountain of Fire"]),
        ('"of fire"', ["Mountain of Fire"]),
        ("blue or fire", ["Blue mountain", "Mountain of Fire"]),
        ("café", ["Café au lait"]),
        ("cafe", ["Café au lait"]),
        ("o'nei", ["O'Neill & sons"]),
        ("100%", ["100% wool"]),
        ("%", []),
        ("':*&!|", []),
        ("\\", []),
        ("nothing-of-the-kind", []),
    ],
)
async def test_search_finds_words_of_titles(db: Database, typed: str, found: list[str]) -> None:
    await fill(db, "Blue mountain", "Mountain of Fire", "Café au lait", "O'Neill & sons", "100% wool")
    assert await titles(db, typed) == found


async def test_an_edited_title_is_found_by_its_new_words(db: Database) -> None:
    (video_id,) = await fill(db, "Old words")
    await transaction(db, lambda tx: videos.edit(tx, video_id, {"title": "New phrase"}))
    assert await titles(db, "old") == []
    assert await titles(db, "phrase") == ["New phrase"]


async def test_what_is_in_the_title_counts_most(db: Database) -> None:
    described, in_title, by_tag = await fill(db, "One", "Glacier", "Three")
    await transaction(db, lambda tx: videos.edit(tx, described, {"description": "Of a glacier. " * 20}))
    await tagged(db, by_tag, "glacier")
    wanted = Wanted(terms=parse("glacier"))
    page = await listing.public_page(db, wanted, Order(sort="relevance"), after=None, limit=9)
    assert [video.id for video in page.items] == [in_title, by_tag, described]


async def test_lists_are_narrowed_by_what_videos_are(db: Database) -> None:
    first, second, third = await fill(db, "First", "Second", "Third")
    await tagged(db, first, "Sea", "Winter")
    await tagged(db, second, "Sea")
    await transaction(db, lambda tx: videos.edit(tx, third, {"is_featured": True}))
    await transaction(db, lambda tx: videos.mark_described(tx, second, duration=400, width=0, height=0))

    async def ids(asked: Asked) -> set[int]:
        wanted = await filters.resolve(db, asked)
        return {video.id for video in await all_pages(db, wanted, NEWEST, limit=1)}

    assert await ids(Asked(tags=("sea",))) == {first, second}
    assert await ids(Asked(tags=("sea", "winter"))) == {first}
    assert await ids(Asked(lengths=("medium", "long"))) == {second}
    assert await ids(Asked(featured=True)) == {third}
    with pytest.raises(NotFound):
        await ids(Asked(custom=(("colour", "blue"),)))
    choices = await browse.choices(db, "catalog", await filters.resolve(db, Asked(tags=("sea",))))
    tag = (await tags.by_slug(db, "winter", face="library")).id
    assert choices.videos[facet(Kind.TAG, tag)] == 1
    assert not choices.is_sample


async def test_a_misspelt_search_is_put_right(db: Database) -> None:
    await fill(db, "Glacier walk", "Mountain lake")
    await fold(db)
    wrong = parse("glasier walk")
    assert wrong is not None
    right = await browse.corrected(db, "catalog", wrong)
    assert right is not None
    assert right.plain == ("glacier", "walk")
    for fine in ("glacier wal", "mount", '"glasier"', "glasier -walk", "xyzzy"):
        terms = parse(fine)
        assert terms is not None
        assert await browse.corrected(db, "catalog", terms) is None, fine


async def test_words_of_hidden_videos_are_offered_to_nobody(db: Database) -> None:
    shown, hidden = await fill(db, "Glacier", "Glassworks")
    await transaction(db, lambda tx: publishing.unpublish(tx, hidden))
    await fold(db)
    assert await browse.completions(db, "catalog", "gla", limit=9) == ["glacier"]
    assert set(await browse.completions(db, "library", "gla", limit=9)) == {"glacier", "glassworks"}
    await transaction(db, lambda tx: videos.edit(tx, shown, {"visibility": "unlisted"}))
    await fold(db)
    assert await browse.completions(db, "catalog", "gla", limit=9) == []


async def test_related_videos_share_tags_first(db: Database) -> None:
    one, same_tags, same_tag, other = await fill(db, "One", "Both", "Half", "Other")
    await tagged(db, one, "sea", "winter")
    await tagged(db, same_tags, "sea", "winter")
    await tagged(db, same_tag, "sea")
    assert await browse.related_ids(db, one, limit=9) == [same_tags, same_tag, other]


async def test_the_index_tells_the_truth_whatever_happens(db: Database) -> None:
    first, second, third = await fill(db, "First word", "Second word", "Third word")
    sea, winter = await tagged(db, first, "Sea", "Winter")
    await tagged(db, second, "Winter")
    await transaction(db, lambda tx: publishing.unpublish(tx, second))
    await transaction(db, lambda tx: trash.soft_delete(tx, third))
    await transaction(db, lambda tx: tags.rename(tx, sea, "Ocean"))
    await transaction(db, lambda tx: tags.merge(tx, winter, into=sea))
    while await transaction(db, lambda tx: index.work_off(tx, limit=1)):
        pass
    await fold(db)
    await transaction(db, index.tidy)
    assert await index.differences(db) == 0
    assert await titles(db, "ocean") == ["First word"]
    counted = {
        face: {
            table: await db.fetch(f"SELECT * FROM {face}_{table} ORDER BY 1") for table in ("facets", "words")
        }
        for face in ("catalog", "library")
    }
    await index.rebuild(db)
    for face, tables in counted.items():
        for table, rows in tables.items():
            assert rows == await db.fetch(f"SELECT * FROM {face}_{table} ORDER BY 1"), (face, table)


async def test_admins_see_all_but_the_trash_and_the_trash_alone(db: Database) -> None:
    first, second = await fill(db, "First", "Second")
    third = (await transaction(db, lambda tx: videos.create(tx, NewVideo(title="Third %")))).id
    await transaction(db, lambda tx: trash.soft_delete(tx, first))

    async def ids(asked: Asked) -> list[int]:
        wanted = await filters.resolve(db, asked)
        page = await listing.admin_page(db, wanted, NEWEST, after=None, limit=10)
        assert await browse.count(db, "library", wanted) == (len(page.items), True)
        return [video.id for video in page.items]

    assert await ids(Asked()) == [third, second]
    assert await ids(Asked(statuses=("pending",))) == [third]
    assert await ids(Asked(statuses=("pending", "ready"))) == [third, second]
    assert await ids(Asked(search="SECO")) == [second]
    trashed = await listing.trash_page(db, after=None, limit=10)
    assert [video.id for video in trashed.items] == [first]
    assert await listing.trash_count(db) == 1


async def test_pages_of_the_trash_follow_each_other(db: Database) -> None:
    made = await fill(db, "a", "b", "c")

    async def delete_all(tx: Transaction) -> None:
        for video_id in made:
            await trash.soft_delete(tx, video_id)
            # Deleted one after the other, as people do.
            await tx.execute("UPDATE videos SET deleted_at = clock_timestamp() WHERE id = $1", video_id)

    await transaction(db, delete_all)
    first = await listing.trash_page(db, after=None, limit=2)
    second = await listing.trash_page(db, after=first.next_position, limit=2)
    assert [video.id for video in first.items + second.items] == made[::-1]
    assert second.next_position is None


PLANS: list[tuple[Wanted, Order, Position | None, str]] = [
    (EVERYTHING, Order(), None, "ix_catalog_moment"),
    (EVERYTHING, Order(sort="title", descending=False), Position("video 0000000500", 5), "ix_catalog_title"),
    (EVERYTHING, Order(sort="duration"), Position(7.0, 5), "ix_catalog_duration"),
    (EVERYTHING, Order(sort="views"), Position(7, 5), "ix_video_views"),
    (Wanted(terms=parse("4711")), Order(), None, "ix_catalog_found"),
    (Wanted(terms=parse("4711")), Order(sort="relevance"), None, "ix_catalog_found"),
    (Wanted(all_of=frozenset({facet(Kind.TAG, 77)})), Order(), None, "ix_catalog_found"),
    (Wanted(any_of=(frozenset({facet(Kind.TAG, 77)}),)), Order(), None, "ix_catalog_found"),
    (Wanted(all_of=frozenset({facet(Kind.TAG, 77)})), Order(sort="title"), None, "ix_catalog_found"),
]


async def test_every_list_uses_an_index(db: Database) -> None:
    """With rows enough that reading all of them would be the dearer plan."""
    await db.pool.execute(
        "INSERT INTO videos (title, slug, storage_key, status, published_at, duration)"
        " SELECT 'Video ' || n, 'v-' || n, 'v-' || n, 'ready', now() - make_interval(secs => n), n % 900"
        " FROM generate_series(1, 20000) n"
    )
    await db.pool.execute("INSERT INTO video_views SELECT id, id % 100 FROM videos")
    await db.pool.execute(
        "INSERT INTO tags (name, slug) SELECT 't' || n, 't' || n FROM generate_series(1, 200) n"
    )
    await db.pool.execute(
        "INSERT INTO video_tags SELECT v.id, t.id FROM videos v JOIN tags t ON t.id = 1 + v.id % 200"
    )
    await index.rebuild(db)
    await db.pool.execute("VACUUM ANALYZE")
    for wanted, order, after, expected in PLANS:
        sql, _, values = query.page("catalog", wanted, order, after=after, limit=25)
        plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {sql}", *values))
        assert expected in plan, (order, plan)
        assert "Seq Scan" not in plan, (order, plan)
    sql, values = shelves.statement(
        [
            Shelf(kind="newest", limit=8),
            Shelf(kind="facet", limit=25, subject=facet(Kind.TAG, 77)),
            Shelf(kind="playlist", limit=8, subject=1),
            Shelf(kind="featured", limit=8),
        ]
    )
    plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {sql}", *values))
    for expected in ("ix_catalog_moment", "ix_catalog_found", "ix_videos_featured"):
        assert expected in plan, plan
    assert "Seq Scan on catalog_index" not in plan, plan
    assert "Seq Scan on videos" not in plan, plan
