"""Tags: one of each name however many bring it, listed in an order that pages agree on, renamed for good."""

from __future__ import annotations

import asyncio

import pytest

from tests.rooms.test_listing import fill, fold, tagged, titles
from vlog.catalog import index, tags, videos
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict


async def names(db: Database, face: index.Face, *, limit: int) -> list[str]:
    """All tags, page by page as clients ask for them."""
    seen: list[tags.Tag] = []
    while True:
        page = await tags.page(db, face, after=seen[-1] if seen else None, limit=limit)
        if not page:
            return [each.name for each in seen]
        seen += page


async def test_pages_agree_on_what_lower_case_is(db: Database) -> None:
    """Python writes the last letter of ΟΔΟΣ otherwise than PostgreSQL, and İ as two."""
    made = ["ΟΔΟΣ", "ΟΔΟΣΑ", "İstanbul", "İzmir", "ẞ", "Straße"]
    for name in made:
        await transaction(db, lambda tx, name=name: tags.create(tx, name))  # type: ignore[misc]
    listed = await names(db, "library", limit=1)
    assert sorted(listed) == sorted(made)
    assert listed == await names(db, "library", limit=100)


async def test_visitors_see_tags_of_what_they_may_see(db: Database) -> None:
    shown, hidden = await fill(db, "Shown", "Hidden")
    await tagged(db, hidden, "Aardvark", "Secret")
    await tagged(db, shown, "Open")
    await transaction(db, lambda tx: videos.edit(tx, hidden, {"visibility": "private"}))
    await fold(db)
    assert await names(db, "catalog", limit=1) == ["Open"]
    assert await names(db, "library", limit=1) == ["Aardvark", "Open", "Secret"]


async def test_many_who_bring_the_same_tags_make_them_once(db: Database) -> None:
    ids = await fill(db, *(f"Video {number}" for number in range(6)))
    await asyncio.gather(*(tagged(db, video_id, "Sea", "Ice") for video_id in ids))
    assert await names(db, "library", limit=10) == ["Ice", "Sea"]


async def test_a_name_that_is_refused_names_the_other(db: Database) -> None:
    await transaction(db, lambda tx: tags.create(tx, "Rock & Roll"))
    with pytest.raises(Conflict, match="“Rock & Roll” already, which is the same name"):
        await transaction(db, lambda tx: tags.create(tx, "rock-roll!"))


async def test_names_that_a_slug_does_not_tell_apart_are_several(db: Database) -> None:
    wanted = {"C": "c", "C++": "c-plus-plus", "C#": "c-sharp", ".NET": "dot-net", "net": "net", "ø": "o"}
    wanted |= {"日本 2": "2", "中国 2": "2-2", "2": "2-3"}
    for name, slug in wanted.items():
        assert (await transaction(db, lambda tx, name=name: tags.create(tx, name))).slug == slug  # type: ignore[misc]
    (video_id,) = await fill(db, "One")
    await tagged(db, video_id, "c++", "中国 2")
    known = [each.name for each in await tags.page(db, "library") if each.name in ("C++", "中国 2")]
    assert len(await tags.page(db, "library")) == len(wanted)
    assert known == ["C++", "中国 2"]
    # A name of one that is there already is not given by a rename; the own slug stays.
    japan = next(each for each in await tags.page(db, "library") if each.name == "日本 2")
    with pytest.raises(Conflict):
        await transaction(db, lambda tx: tags.rename(tx, japan.id, "中国 2"))
    assert (await transaction(db, lambda tx: tags.rename(tx, japan.id, "日本の 2"))).slug == "2"


async def test_what_waits_to_be_indexed_is_not_taken_too_early(db: Database) -> None:
    """A second name is given while the first still waits: it is the second that is found."""
    (video_id,) = await fill(db, "A film")
    (tag_id,) = await tagged(db, video_id, "First")
    await transaction(db, lambda tx: tags.rename(tx, tag_id, "Second"))
    renamed, looked = asyncio.Event(), asyncio.Event()

    async def rename(tx: Transaction) -> None:
        await tags.rename(tx, tag_id, "Third")
        renamed.set()
        await looked.wait()

    renaming = asyncio.create_task(transaction(db, rename))
    await renamed.wait()
    assert await transaction(db, lambda tx: index.work_off(tx, limit=10)) == 0
    looked.set()
    await renaming
    assert await transaction(db, lambda tx: index.work_off(tx, limit=10)) == 1
    assert await titles(db, "third") == ["A film"]
    assert await index.differences(db) == 0
