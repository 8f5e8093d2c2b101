"""Another source for a video that there is: the one before it plays until the other one does."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.databases import shift_clock
from tests.support.deliveries import inspect, work_off
from tests.support.uploaded import (
    assert_all_is_there,
    claimed,
    master,
    source_values,
    upload,
    variants,
    video_of,
)
from vlog.catalog import chapters
from vlog.catalog.chapters import ChapterFields
from vlog.context import Context
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Invalid, LeaseLost
from vlog.kit.sightings import Sightings
from vlog.processing import generations, progress, removal, replacements, tasks, uploads
from vlog.storage.layout import Key
from vlog.wire.work import Failure
from vlog.workers.local_client import LocalClient

GIVE_UP = Failure(code="not_media", message="This is not a video file that can be read.", retryable=False)


@pytest.fixture
async def video_id(ctx: Context) -> int:
    accepted = await upload(ctx, source_filename="first.mp4")
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    return accepted.video_id


async def token(ctx: Context) -> str:
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    return live.token


async def another(ctx: Context, video_id: int, name: str = "second.mp4") -> str:
    """Give it another source; the value is the file's key."""
    await upload(ctx, data=name.encode(), source_filename=name, replaces=video_id)
    return str(await ctx.db.fetchval("SELECT source_key FROM replacements ORDER BY id DESC LIMIT 1"))


async def _add(video_id: int, fields: ChapterFields, tx: Transaction) -> None:
    await chapters.add(tx, video_id, fields)


async def state(ctx: Context, video_id: int) -> str:
    found = await replacements.latest(ctx.db, video_id)
    assert found is not None
    return found.state


async def test_it_swaps_at_once_when_all_of_it_is_made(ctx: Context, video_id: int) -> None:
    old, before, client = await video_of(ctx, video_id), await token(ctx), LocalClient(ctx)
    for at in (0.0, 50.0):
        fields = ChapterFields(title=f"At {at:.0f}", start_time=at)
        await transaction(ctx.db, partial(_add, video_id, fields))
    key = await another(ctx, video_id)
    info, grid = source_values(remux=False, size=(1280, 720), seconds=40)
    while await state(ctx, video_id) == "making":
        video = await video_of(ctx, video_id)
        assert (await token(ctx), video.status, video.duration) == (before, "ready", 60)
        assert (video.source_key, video.source_filename, video.source_height) == (
            old.source_key,
            "first.mp4",
            1080,
        )
        assert await work_off(client, info=info, grid=grid, limit=1)
    video = await video_of(ctx, video_id)
    assert (video.source_key, video.source_filename, video.source_height) == (key, "second.mp4", 720)
    assert (video.duration, video.source_size_bytes, video.slug) == (40, len("second.mp4"), old.slug)
    assert await token(ctx) != before
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "audio"}
    # The picture was chosen automatically: it is chosen anew, of what plays now.
    assert await work_off(client, info=info, grid=grid) == ["thumbnail"]
    assert (await video_of(ctx, video_id)).thumbnail_version == old.thumbnail_version + 1
    found = await replacements.latest(ctx.db, video_id)
    assert found is not None
    assert "At 50" in found.remark
    assert [each.title for each in await chapters.of_video(ctx.db, video_id)] == ["At 0"]
    await assert_all_is_there(ctx)
    # The source before it stays for a while.
    assert old.source_key is not None
    assert await replacements.sweep(ctx) == 0
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 0
    await shift_clock(ctx.db, "2 hours")
    assert await replacements.sweep(ctx) == 1
    assert not await ctx.storage.exists(Key(old.source_key))
    assert await ctx.storage.exists(Key(key))


async def test_one_that_fails_leaves_what_plays_and_says_so(ctx: Context, video_id: int) -> None:
    old, before, client = await video_of(ctx, video_id), await token(ctx), LocalClient(ctx)
    key = await another(ctx, video_id, "broken.mp4")
    await client.fail((await claimed(client)).lease, GIVE_UP, ())
    found = await replacements.latest(ctx.db, video_id)
    assert found is not None
    assert (found.state, found.error_code) == ("failed", "not_media")
    assert (await token(ctx), await video_of(ctx, video_id)) == (before, old)
    assert await ctx.db.fetchval("SELECT count(*) FROM outbox WHERE event_type = 'video.replace_failed'") == 1
    await shift_clock(ctx.db, "200 hours")
    assert await replacements.sweep(ctx) == 1
    assert not await ctx.storage.exists(Key(key))
    assert old.source_key is not None
    assert await ctx.storage.exists(Key(old.source_key))


async def test_a_worker_that_is_lost_in_the_middle_costs_nothing(ctx: Context, video_id: int) -> None:
    old, before, client = await video_of(ctx, video_id), await token(ctx), LocalClient(ctx)
    key = await another(ctx, video_id)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    await work_off(client, info=info, grid=grid, limit=2)
    lost = await claimed(client)
    await shift_clock(ctx.db, "2 minutes")
    assert await tasks.sweep(ctx) == 1
    with pytest.raises(LeaseLost):
        await client.fail(lost.lease, GIVE_UP, ())
    assert (await token(ctx), await video_of(ctx, video_id)) == (before, old)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, video_id)).source_key == key
    await assert_all_is_there(ctx)


async def test_the_later_of_two_wins(ctx: Context, video_id: int) -> None:
    client, (info, grid) = LocalClient(ctx), source_values(remux=False)
    first = await another(ctx, video_id, "second.mp4")
    await inspect(client, info=info, grid=grid)
    await work_off(client, info=info, grid=grid, limit=2)
    second = await another(ctx, video_id, "third.mp4")
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, video_id)).source_key == second != first
    states = await ctx.db.fetch("SELECT state FROM replacements ORDER BY id")
    assert [row["state"] for row in states] == ["superseded", "done"]
    await assert_all_is_there(ctx)


async def test_it_waits_for_the_rest_of_what_plays_already(ctx: Context) -> None:
    accepted, client = await upload(ctx), LocalClient(ctx)
    info, grid = source_values(remux=False)
    while (await video_of(ctx, accepted.video_id)).status != "ready":
        await work_off(client, info=info, grid=grid, limit=1)
    key = await another(ctx, accepted.video_id)
    assert await state(ctx, accepted.video_id) == "waiting"
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, accepted.video_id)).source_key == key
    job = await progress.of_video(ctx, accepted.video_id)
    assert job is not None
    assert job.state == "done"


async def test_a_video_that_never_played_gets_another_try(ctx: Context) -> None:
    accepted, client = await upload(ctx), LocalClient(ctx)
    await client.fail((await claimed(client)).lease, GIVE_UP, ())
    assert (await video_of(ctx, accepted.video_id)).status == "failed"
    key = await another(ctx, accepted.video_id)
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.source_key) == ("ready", key)


async def test_what_is_in_the_trash_takes_none(ctx: Context, video_id: int) -> None:
    await removal.archive(ctx, video_id)
    with pytest.raises(Invalid) as refused:
        await another(ctx, video_id)
    assert refused.value.code == "video_deleted"
    with pytest.raises(Invalid) as unknown:
        await another(ctx, 10**9)
    assert unknown.value.code == "unknown_video"
