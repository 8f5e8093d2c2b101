"""A video that is made anew: what plays goes on playing, whatever befalls the next one."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.databases import shift_clock
from tests.support.deliveries import EVERYTHING, deliver, inspect, work_off
from tests.support.uploaded import (
    assert_all_is_there,
    claimed,
    master,
    source_values,
    upload,
    variants,
    video_of,
)
from vlog.context import Context
from vlog.kit.errors import Conflict, Invalid, LeaseLost
from vlog.processing import generations, progress, requests, retranscoding, tasks
from vlog.processing.retranscoding import Wish
from vlog.storage.layout import Key
from vlog.wire.work import Failure
from vlog.workers.local_client import LocalClient

LADDER = {"360p", "480p", "720p", "1080p", "audio"}
GIVE_UP = Failure(code="undecodable", message="The pictures can't be decoded.", retryable=False)


@pytest.fixture
async def video_id(ctx: Context) -> int:
    accepted = await upload(ctx)
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    assert variants(await master(ctx)) == LADDER
    return accepted.video_id


async def token(ctx: Context) -> str:
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    return live.token


async def test_the_next_one_takes_over_when_all_of_it_is_made(ctx: Context, video_id: int) -> None:
    before, client = await token(ctx), LocalClient(ctx)
    info, grid = source_values(remux=False)
    await retranscoding.retranscode(ctx, video_id, Wish())
    # Ten at once are one.
    more = [retranscoding.retranscode(ctx, video_id, Wish()) for _ in range(10)]
    refused = await asyncio.gather(*more, return_exceptions=True)
    assert {each.code for each in refused if isinstance(each, Conflict)} == {"already_underway"}
    assert len(refused) == 10
    while (await progress.of_video(ctx, video_id)).state in ("queued", "running"):  # type: ignore[union-attr]
        assert await token(ctx) == before
        assert (await video_of(ctx, video_id)).status == "ready"
        assert variants(await master(ctx)) == LADDER
        assert await work_off(client, info=info, grid=grid, limit=1)
    assert await token(ctx) != before
    await assert_all_is_there(ctx)
    # Who watches the one before it may go on for a while.
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    assert before in live.folders


async def test_sizes_can_be_chosen(ctx: Context, video_id: int) -> None:
    assert set(await retranscoding.available(ctx.db, video_id, settings=ctx.settings)) == LADDER - {"audio"}
    assert await retranscoding.existing(ctx.db, video_id) == ["1080p", "720p", "480p", "360p"]
    with pytest.raises(Invalid, match="8640p") as refused:
        await retranscoding.retranscode(ctx, video_id, Wish(qualities=("720p", "8640p")))
    assert refused.value.code == "unknown_quality"
    await retranscoding.retranscode(ctx, video_id, Wish(qualities=("720p", "360p"), priority=0))
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    assert variants(await master(ctx)) == {"720p", "360p", "audio"}
    await assert_all_is_there(ctx)


async def test_a_lost_worker_and_a_failed_size_leave_what_plays(ctx: Context, video_id: int) -> None:
    before, client = await token(ctx), LocalClient(ctx)
    info, grid = source_values(remux=False)
    await retranscoding.retranscode(ctx, video_id, Wish())
    await inspect(client, info=info, grid=grid)
    await work_off(client, info=info, grid=grid, limit=2)
    lost = await claimed(client)
    await deliver(client, lost, grid=grid, numbers=[lost.work.first_cell])  # type: ignore[union-attr]
    await shift_clock(ctx.db, "2 minutes")
    assert await tasks.sweep(ctx) == 1
    with pytest.raises(LeaseLost):
        await client.fail(lost.lease, GIVE_UP, ())
    assert await token(ctx) == before
    # One size fails for good: the rest does not take the place of a whole ladder.
    offer = await claimed(client)
    await client.fail(offer.lease, GIVE_UP, ())
    await work_off(client, info=info, grid=grid)
    job = await progress.of_video(ctx, video_id)
    assert job is not None
    assert job.state == "failed"
    assert (await token(ctx), (await video_of(ctx, video_id)).status) == (before, "ready")
    assert variants(await master(ctx)) == LADDER
    await requests.retry(ctx, video_id)
    await work_off(client, info=info, grid=grid)
    assert await token(ctx) != before
    await assert_all_is_there(ctx)


async def test_what_has_no_source_is_refused(ctx: Context, video_id: int) -> None:
    video = await video_of(ctx, video_id)
    assert video.source_key is not None
    await ctx.storage.delete(Key(video.source_key))
    with pytest.raises(Conflict) as refused:
        await retranscoding.retranscode(ctx, video_id, Wish())
    assert refused.value.code == "source_missing"
    assert await LocalClient(ctx).claim(EVERYTHING) is None
