"""One deed for many videos: in one transaction, each by itself, and never in each other's way."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.rooms.test_listing import fill
from tests.support.uploaded import upload
from vlog.catalog import playlist_items, playlists, tags, taxonomy, videos
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.events import audit
from vlog.events.audit import Wanted
from vlog.kit.acting import Actor, act_as
from vlog.kit.errors import NotFound
from vlog.processing import bulk, removal
from vlog.processing.bulk import Outcome
from vlog.processing.retranscoding import Wish

MISSING = 10**9


def said(outcomes: list[Outcome]) -> dict[int, str]:
    return {each.video_id: each.error.code if each.error else "ok" for each in outcomes}


async def acts(ctx: Context) -> list[tuple[str, str]]:
    found = await audit.page(ctx.db, Wanted(), before_id=2**62, limit=100)
    return [(entry.action, entry.subject_name) for entry in found]


async def test_who_is_refused_stops_no_other(ctx: Context) -> None:
    first, second, third = await fill(ctx.db, "One", "Two", "Three")
    await removal.archive(ctx, second)
    act_as(Actor(name="admin"))
    found = await bulk.edit(ctx, [third, second, MISSING, first, third], {"visibility": "unlisted"})
    assert said(found) == {third: "ok", second: "video_deleted", MISSING: "unknown_video", first: "ok"}
    assert [each.video_id for each in found] == [third, second, MISSING, first]
    assert (await videos.by_id(ctx.db, first)).visibility == "unlisted"
    assert (await videos.by_id(ctx.db, second)).visibility == "public"
    assert await acts(ctx) == [
        ("videos.edited", "2 videos"),
        ("video.edited", "One"),
        ("video.edited", "Three"),
    ]


async def test_a_refused_video_keeps_all_that_it_had(ctx: Context) -> None:
    """What a deed has written before it was refused is undone, for this video alone."""
    first, second = await fill(ctx.db, "One", "Two")
    names = [f"tag {number}" for number in range(21)]
    *full, more = await transaction(ctx.db, lambda tx: tags.named(tx, names))
    await transaction(ctx.db, lambda tx: videos.edit(tx, first, {"tag_ids": full}))
    found = await bulk.retag(ctx, [first, second], add=[more], remove=[])
    assert said(found) == {first: "too_many_tags", second: "ok"}
    kept = msgspec.json.decode((await videos.by_id(ctx.db, first)).tags)
    assert sorted(tag["id"] for tag in kept) == sorted(full)
    found = await bulk.retag(ctx, [first, second], add=[more], remove=[full[0]])
    assert set(said(found).values()) == {"ok"}


async def test_many_go_into_the_archive_and_come_back(ctx: Context) -> None:
    ids = await fill(ctx.db, "One", "Two", "Three")
    assert set(said(await bulk.delete(ctx, ids)).values()) == {"ok"}
    assert [(await videos.by_id(ctx.db, each)).deleted_at is None for each in ids] == [False] * 3
    assert set(said(await bulk.publish(ctx, ids)).values()) == {"video_deleted"}
    assert set(said(await bulk.restore(ctx, ids[:2])).values()) == {"ok"}
    assert said(await bulk.purge(ctx, ids)) == {ids[0]: "not_deleted", ids[1]: "not_deleted", ids[2]: "ok"}
    with pytest.raises(NotFound):
        await videos.by_id(ctx.db, ids[2])
    events = await ctx.db.fetch("SELECT event_type, count(*) AS n FROM outbox GROUP BY 1")
    counts = {row["event_type"]: row["n"] for row in events}
    assert (counts["video.deleted"], counts["video.restored"], counts["video.purged"]) == (3, 2, 1)


async def test_two_deeds_in_opposite_orders_both_end(ctx: Context) -> None:
    ids = await fill(ctx.db, *(f"Video {number}" for number in range(20)))
    for _ in range(3):
        found = await asyncio.gather(
            bulk.unpublish(ctx, ids), bulk.edit(ctx, ids[::-1], {"is_featured": True}), bulk.publish(ctx, ids)
        )
        assert all(each.error is None for outcomes in found for each in outcomes)
        featured = await asyncio.gather(*(videos.by_id(ctx.db, each) for each in ids))
        assert all(video.is_featured for video in featured)
        await bulk.edit(ctx, ids, {"is_featured": False})


async def test_many_are_put_into_a_playlist_in_their_order(ctx: Context) -> None:
    first, second, third = await fill(ctx.db, "One", "Two", "Three")
    made = await transaction(ctx.db, lambda tx: playlists.create(tx, {"title": "List"}))
    await bulk.add_to_playlist(ctx, [second], made.id)
    found = await bulk.add_to_playlist(ctx, [third, MISSING, second, first], made.id)
    assert said(found) == {third: "ok", MISSING: "unknown_video", second: "ok", first: "ok"}
    assert await playlist_items.ids(ctx.db, made.id) == [second, third, first]
    with pytest.raises(NotFound):
        await bulk.add_to_playlist(ctx, [first], MISSING)


async def test_a_category_that_is_gone_refuses_each(ctx: Context) -> None:
    ids = await fill(ctx.db, "One", "Two")
    category = await transaction(ctx.db, lambda tx: taxonomy.create(tx, "Films"))
    assert set(said(await bulk.edit(ctx, ids, {"category_id": category.id})).values()) == {"ok"}
    assert set(said(await bulk.edit(ctx, ids, {"category_id": MISSING})).values()) == {"unknown_category"}
    assert set(said(await bulk.edit(ctx, ids, {"category_id": None})).values()) == {"ok"}


async def test_what_is_made_already_is_not_made_twice(ctx: Context) -> None:
    first, second = [(await upload(ctx, title)).video_id for title in ("One", "Two")]
    await ctx.db.pool.execute("UPDATE transcoding_jobs SET state = 'done' WHERE video_id = $1", first)
    (gone,) = await fill(ctx.db, "Without a source")
    found = await bulk.retranscode(ctx, [first, second, gone], Wish(qualities=("360p",)))
    assert said(found) == {first: "ok", second: "already_underway", gone: "source_missing"}
    assert said(await bulk.retranscode(ctx, [first], Wish())) == {first: "already_underway"}
