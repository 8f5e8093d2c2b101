"""Playlists: an order that holds, what visitors see of it, and who changed it meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tests.rooms.test_listing import fill
from vlog.catalog import playlist_items, playlists, publishing, trash, videos
from vlog.catalog.playlists import Playlist, PlaylistChanges, PlaylistFilter
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Invalid, NotFound

START = (datetime(9999, 1, 1, tzinfo=UTC), 2**62)


async def make(db: Database, title: str = "A list", *video_ids: int, **more: object) -> Playlist:
    async def work(tx: Transaction) -> Playlist:
        new: PlaylistChanges = {"title": title, **more}  # type: ignore[typeddict-item]
        made = await playlists.create(tx, new)
        await playlist_items.add(tx, made.id, video_ids)
        return await playlists.by_id(tx, made.id)

    return await transaction(db, work)


async def order(db: Database, playlist_id: int) -> list[int]:
    return await playlist_items.ids(db, playlist_id)


async def test_videos_stand_where_they_are_put(db: Database) -> None:
    a, b, c, d = await fill(db, "a", "b", "c", "d")
    made = await make(db, "A list", a, b)
    await transaction(db, lambda tx: playlist_items.add(tx, made.id, [d, a, c], before=b))
    assert await order(db, made.id) == [a, d, c, b]
    await transaction(db, lambda tx: playlist_items.move(tx, made.id, b, before=a))
    await transaction(db, lambda tx: playlist_items.move(tx, made.id, d, before=None))
    assert await order(db, made.id) == [b, a, c, d]
    await transaction(db, lambda tx: playlist_items.remove(tx, made.id, [c]))
    await transaction(db, lambda tx: playlist_items.reorder(tx, made.id, [d, a, b]))
    assert await order(db, made.id) == [d, a, b]


async def test_an_order_of_other_videos_is_refused(db: Database) -> None:
    a, b, c = await fill(db, "a", "b", "c")
    made = await make(db, "A list", a, b)
    for wrong in ([a], [a, b, c], [a, c], [a, a]):
        with pytest.raises(Conflict) as refused:
            await transaction(db, lambda tx, wrong=wrong: playlist_items.reorder(tx, made.id, wrong))  # type: ignore[misc]
        assert refused.value.code == "playlist_changed"
    with pytest.raises(Invalid, match="exist"):
        await transaction(db, lambda tx: playlist_items.add(tx, made.id, [10**6]))


async def test_adding_at_once_loses_nothing(db: Database) -> None:
    made = await make(db)
    ids = await fill(db, *(f"v{number}" for number in range(12)))

    async def add(video_id: int) -> None:
        async def work(tx: Transaction) -> None:
            await playlists.locked(tx, made.id)
            await playlist_items.add(tx, made.id, [video_id])

        await transaction(db, work)

    await asyncio.gather(*(add(video_id) for video_id in ids))
    assert sorted(await order(db, made.id)) == ids


async def test_visitors_see_what_is_public_without_gaps(db: Database) -> None:
    a, b, c, d = await fill(db, "a", "b", "c", "d")
    made = await make(db, "A list", a, b, c, d, playlist_type="series")
    await transaction(db, lambda tx: publishing.unpublish(tx, b))
    await transaction(db, lambda tx: trash.soft_delete(tx, d))
    seen = await playlist_items.page(db, "catalog", made.id, after=0, limit=10)
    assert [(item.number, item.video.id) for item in seen] == [(1, a), (2, c)]
    rest = await playlist_items.page(db, "catalog", made.id, after=seen[0].position, limit=10)
    assert [(item.number, item.video.id) for item in rest] == [(2, c)]
    assert (await playlists.by_slug_public(db, made.slug)).video_count == 2
    assert (await playlists.by_id(db, made.id)).video_count == 3


@pytest.mark.parametrize(
    ("visibility", "listed", "found"), [("public", 1, True), ("unlisted", 0, True), ("private", 0, False)]
)
async def test_what_is_not_public_is_in_no_list(
    db: Database, visibility: str, listed: int, found: bool
) -> None:
    (video_id,) = await fill(db, "Only")
    made = await make(db, "A list", video_id, visibility=visibility)
    assert len(await playlists.page(db, PlaylistFilter(), after=START, limit=9)) == listed
    # Neither is one in which there is nothing for visitors; by its address it is found.
    await transaction(db, lambda tx: videos.edit(tx, video_id, {"visibility": "private"}))
    assert await playlists.page(db, PlaylistFilter(), after=START, limit=9) == []
    assert len(await playlists.page(db, PlaylistFilter(face="library"), after=START, limit=9)) == 1
    if found:
        assert (await playlists.by_slug_public(db, made.slug)).id == made.id
    else:
        with pytest.raises(NotFound):
            await playlists.by_slug_public(db, made.slug)


async def test_a_removed_playlist_gives_its_address_free_and_comes_back_under_another(db: Database) -> None:
    first = await make(db, "Same name")
    await transaction(db, lambda tx: playlists.delete(tx, first.id))
    second = await make(db, "Same name")
    assert second.slug == first.slug == "same-name"
    back = await transaction(db, lambda tx: playlists.restore(tx, first.id))
    assert back.slug == "same-name-2"
    with pytest.raises(NotFound):
        await transaction(db, lambda tx: playlists.restore(tx, first.id))


async def test_who_edits_what_others_have_edited_is_told(db: Database) -> None:
    made = await make(db)
    await transaction(db, lambda tx: playlists.edit(tx, made.id, {"title": "Theirs"}, seen_revision=0))
    with pytest.raises(Conflict) as refused:
        await transaction(db, lambda tx: playlists.edit(tx, made.id, {"title": "Mine"}, seen_revision=0))
    assert refused.value.code == "edited_meanwhile"
    assert (await playlists.by_id(db, made.id)).title == "Theirs"


async def test_its_picture_is_one_of_its_videos(db: Database) -> None:
    a, b, c = await fill(db, "a", "b", "c")
    made = await make(db, "A list", a, b)
    assert made.first_video_id == a
    await transaction(db, lambda tx: playlists.edit(tx, made.id, {"thumbnail_video_id": b}))
    with pytest.raises(NotFound):
        await transaction(db, lambda tx: playlists.edit(tx, made.id, {"thumbnail_video_id": c}))
    await transaction(db, lambda tx: playlist_items.remove(tx, made.id, [b]))
    assert (await playlists.by_id(db, made.id)).thumbnail_video_id is None


async def test_names_without_letters_and_taken_addresses(db: Database) -> None:
    assert (await make(db, "日本語")).slug == "list"
    assert (await make(db, "!!!")).slug == "list-2"
    with pytest.raises(Conflict) as refused:
        await make(db, "Other", slug="list")
    assert refused.value.code == "slug_taken"


async def test_what_lies_in_the_archive_keeps_its_place(db: Database) -> None:
    """Nobody sees it to sort it, and it must not keep others from sorting."""
    a, b, c, d = await fill(db, "a", "b", "c", "d")
    made = await make(db, "A list", a, b, c, d)
    await transaction(db, lambda tx: trash.soft_delete(tx, b))
    await transaction(db, lambda tx: playlist_items.reorder(tx, made.id, [d, c, a]))
    assert await order(db, made.id) == [d, b, c, a]
    await transaction(db, lambda tx: playlist_items.reorder(tx, made.id, [a, b, c, d]))
    assert await order(db, made.id) == [a, b, c, d]
    with pytest.raises(Conflict):
        await transaction(db, lambda tx: playlist_items.reorder(tx, made.id, [d, a]))


async def test_a_removed_playlist_comes_back_where_it_was(db: Database) -> None:
    made = await make(db, "Great films", slug="best-of")
    await transaction(db, lambda tx: playlists.delete(tx, made.id))
    assert (await transaction(db, lambda tx: playlists.restore(tx, made.id))).slug == "best-of"
    await transaction(db, lambda tx: playlists.delete(tx, made.id))
    await make(db, "Others", slug="best-of")
    assert (await transaction(db, lambda tx: playlists.restore(tx, made.id))).slug == "best-of-2"
