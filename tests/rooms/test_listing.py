"""Lists: newest first, every row once, found by title; the trash apart."""

from __future__ import annotations

import pytest

from vlog.catalog import listing, trash, videos
from vlog.catalog.listing import AdminFilter
from vlog.catalog.paging import Position
from vlog.catalog.search import parse
from vlog.catalog.videos import NewVideo
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction


async def fill(db: Database, *titles: str) -> list[int]:
    async def work(tx: Transaction) -> list[int]:
        made = [await videos.create(tx, NewVideo(title=title)) for title in titles]
        for video in made:
            await videos.mark_ready(tx, video.id, codec="h264")
        return [video.id for video in made]

    return await transaction(db, work)


async def titles(db: Database, typed: str) -> list[str]:
    page = await listing.public_page(db, parse(typed), after=None, limit=100)
    assert await listing.public_count(db, parse(typed)) == len(page.items)
    return sorted(video.title for video in page.items)


async def test_pages_show_every_video_once_newest_first(db: Database) -> None:
    made = await fill(db, *(f"Video {number}" for number in range(25)))
    # All of one moment: ids must break the tie.
    await db.pool.execute("UPDATE catalog_index SET published_at = now()")
    await db.pool.execute("UPDATE videos SET published_at = (SELECT max(published_at) FROM catalog_index)")
    seen: list[int] = []
    after: Position | None = None
    while True:
        page = await listing.public_page(db, None, after=after, limit=10)
        seen += [video.id for video in page.items]
        if page.next_position is None:
            break
        after = page.next_position
    assert seen == sorted(made, reverse=True)
    assert await listing.public_count(db, None) == 25


async def test_a_last_page_that_is_full_has_no_next(db: Database) -> None:
    await fill(db, "One", "Two")
    page = await listing.public_page(db, None, after=None, limit=2)
    assert page.next_position is None


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


async def test_admins_see_all_but_the_trash_and_the_trash_alone(db: Database) -> None:
    first, second = await fill(db, "First", "Second")
    third = (await transaction(db, lambda tx: videos.create(tx, NewVideo(title="Third %")))).id
    await transaction(db, lambda tx: trash.soft_delete(tx, first))

    async def ids(wanted: AdminFilter) -> list[int]:
        page = await listing.admin_page(db, wanted, after=None, limit=10)
        assert await listing.admin_count(db, wanted) == len(page.items)
        return [video.id for video in page.items]

    assert await ids(AdminFilter()) == [third, second]
    assert await ids(AdminFilter(deleted=True)) == [first]
    assert await ids(AdminFilter(status="pending")) == [third]
    assert await ids(AdminFilter(search="ECON")) == [second]
    assert await ids(AdminFilter(search="%")) == [third]


async def test_admin_pages_follow_each_other(db: Database) -> None:
    made = await fill(db, "a", "b", "c")
    first = await listing.admin_page(db, AdminFilter(), after=None, limit=2)
    second = await listing.admin_page(db, AdminFilter(), after=first.next_position, limit=2)
    assert [video.id for video in first.items + second.items] == made[::-1]
    assert second.next_position is None


async def test_the_lists_use_their_indexes(db: Database) -> None:
    """With rows enough that reading all of them would be the dearer plan."""
    await db.pool.execute(
        "INSERT INTO videos (title, slug, storage_key, status, published_at)"
        " SELECT 'Video ' || n, 'v-' || n, 'v-' || n, 'ready', now() - make_interval(secs => n)"
        " FROM generate_series(1, 20000) n"
    )
    await db.pool.execute(
        "INSERT INTO catalog_index (video_id, published_at, tsv)"
        " SELECT id, published_at, to_tsvector('simple', title) FROM videos"
    )
    await db.pool.execute("VACUUM ANALYZE catalog_index")

    async def plan(sql: str) -> str:
        return "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {sql}"))

    newest = await plan(
        "SELECT video_id FROM catalog_index WHERE (published_at, video_id) < (now(), 5)"
        " ORDER BY published_at DESC, video_id DESC LIMIT 25"
    )
    assert "ix_catalog_newest" in newest
    assert "Sort" not in newest
    found = await plan(
        "SELECT video_id FROM catalog_index ci WHERE ci.tsv @@"
        " (websearch_to_tsquery('simple', '') && to_tsquery('simple', '''4711'':*'))"
        " ORDER BY published_at DESC, video_id DESC LIMIT 25"
    )
    assert "ix_catalog_tsv" in found
