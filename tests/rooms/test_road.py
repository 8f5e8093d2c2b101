"""From upload to ready and beyond, with a worker that makes up its segments."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from tests.support.deliveries import EVERYTHING, JPEG, PICTURES, deliver, inspect, work_off
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
from vlog.db.transaction import transaction
from vlog.kit.errors import Invalid
from vlog.media.grid import Cell
from vlog.processing import generations, progress, requests, tasks
from vlog.processing.timeline import timeline
from vlog.settings.store import put
from vlog.storage import layout
from vlog.storage.layout import Key
from vlog.wire.work import (
    Failure,
    Inspected,
    Made,
    Pictured,
    RemuxWork,
    ThumbnailWork,
    ToolRun,
    VideoWork,
)
from vlog.workers.local_client import LocalClient

CRASH = Failure(code="decoder_crash", message="The decoder crashed.", retryable=True)
_WAITING = """
SELECT count(*) FROM pg_locks WHERE relation = 'task_attempts'::regclass AND NOT granted
"""
GIVE_UP = Failure(code="undecodable", message="The pictures can't be decoded.", retryable=False)


async def test_a_remuxable_source_plays_before_anything_is_encoded(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.duration, video.source_height) == ("processing", 60, 1080)
    offer = await claimed(client)
    assert isinstance(offer.work, RemuxWork)
    await deliver(client, offer, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert video.status == "ready"
    assert video.published_at is not None
    assert variants(await master(ctx)) == {"original", "audio_source"}
    await assert_all_is_there(ctx)
    await client.finish(offer.lease, Made(), ())
    await work_off(client, info=info, grid=grid)
    assert {"original", "audio", "360p", "720p"} <= variants(await master(ctx))
    await assert_all_is_there(ctx)
    found = await progress.of_video(ctx, accepted.video_id)
    assert found is not None
    assert (found.state, found.percent, found.current_step) == ("done", 100.0, None)
    assert await ctx.db.fetchval("SELECT count(*) FROM segments") == 0


async def test_another_source_plays_from_its_lowest_rung_on(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    done = []
    while (await video_of(ctx, accepted.video_id)).status == "processing":
        done += await work_off(client, info=info, grid=grid, limit=1)
    assert done == ["audio", "video"]
    assert variants(await master(ctx)) == {"360p", "audio"}
    await work_off(client, info=info, grid=grid)
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "1080p", "audio"}
    await assert_all_is_there(ctx)
    video = await video_of(ctx, accepted.video_id)
    assert (video.manifest_written, video.thumbnail_version) == (video.manifest_revision, 1)
    assert await ctx.storage.read(layout.thumbnail("a-video")) == JPEG


async def test_tasks_that_end_at_the_same_moment_end_their_job(ctx: Context) -> None:
    """None of them sees the others' end before it is committed: the last one must not take them for open."""
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    accepted = await upload(ctx)
    await inspect(client, info=info, grid=grid)
    leases = []
    while (offer := await client.claim(EVERYTHING)) is not None:
        if isinstance(offer.work, ThumbnailWork):
            await client.put_thumbnail(offer.lease, PICTURES)
            files = tuple(each.file for each in PICTURES)
            await client.finish(offer.lease, Pictured(at_seconds=offer.work.start_seconds, files=files), ())
        else:
            await deliver(client, offer, grid=grid)
            leases.append(offer.lease)
    held = await asyncpg.connect(ctx.db.dsn)
    async with held.transaction():
        # All of them come to where they tell of their attempt, and go on together.
        await held.execute("LOCK TABLE task_attempts")
        ends = [asyncio.create_task(client.finish(lease, Made(), ())) for lease in leases]
        while await held.fetchval(_WAITING) < len(ends):
            await asyncio.sleep(0.01)
    await asyncio.gather(*ends)
    await held.close()
    found = await progress.of_video(ctx, accepted.video_id)
    assert found is not None
    assert found.state == "done"


async def test_what_is_announced_is_measured(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    made = await generations.qualities(ctx.db, 1)
    for each in made:
        folder = ctx.config.storage_path / "videos/a-video"
        files = sorted(folder.glob(f"*/{each.quality}/segment_*.m4s"))
        sizes = [path.stat().st_size for path in files]
        init = next(folder.glob(f"*/{each.quality}/init.mp4")).stat().st_size
        assert each.segment_count == len(sizes) == 10
        assert each.size_bytes == sum(sizes) + init
        assert each.average_bit_rate == pytest.approx(sum(sizes) * 8 / 60, rel=0.01)
        assert each.peak_bit_rate >= max(sizes) * 8 / 6
    assert {each.codec for each in made} == {"avc1.64001e", "mp4a.40.2"}


async def test_an_unpublished_video_becomes_ready_unseen(ctx: Context) -> None:
    accepted = await upload(ctx, publish_when_ready=False)
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.published_at) == ("ready", None)


async def test_a_source_without_sound_needs_none(ctx: Context) -> None:
    accepted = await upload(ctx)
    info, grid = source_values(remux=False, with_audio=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    assert (await video_of(ctx, accepted.video_id)).status == "ready"
    assert "AUDIO" not in await master(ctx)


# ---------------------------------------------------------------- what goes wrong


async def test_a_file_that_is_no_video_fails_with_its_reason_and_keeps_its_source(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    offer = await claimed(client)
    run = ToolRun(
        command="ffprobe -i 'x'",
        stderr_tail="moov atom not found",
        exit_status=1,
        cpu_seconds=0.1,
        max_rss_bytes=1,
    )
    await client.fail(
        offer.lease, Failure(code="not_media", message="This is no video.", retryable=False), [run]
    )
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_code, video.error_message) == (
        "failed",
        "not_media",
        "This is no video.",
    )
    assert await ctx.storage.exists(Key(str(video.source_key)))
    found = await timeline(ctx.db, accepted.video_id)
    assert found is not None
    assert (found.state, found.last_error) == ("failed", "This is no video.")
    assert found.tasks[0].attempts[0].runs == (run,)
    assert await client.claim(EVERYTHING) is None


async def test_a_lost_rung_never_takes_a_playing_video_away(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    await _finish_all_but_video(client, ctx, info=info, grid=grid)
    assert (await video_of(ctx, accepted.video_id)).status == "ready"
    offer = await claimed(client)
    assert isinstance(offer.work, VideoWork)
    await client.fail(offer.lease, GIVE_UP, ())
    # The other chunks of the same renditions are not worked on.
    assert await client.claim(EVERYTHING) is None
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_code) == ("ready", None)
    found = await progress.of_video(ctx, accepted.video_id)
    assert found is not None
    assert (found.state, found.last_error) == ("done", GIVE_UP.message)
    assert {each.name: each.status for each in found.renditions}["360p"] == "failed"
    assert variants(await master(ctx)) == {"original", "audio"}


async def test_a_full_or_absent_storage_costs_no_attempt(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    marker = ctx.config.storage_path / ".vlog-root"
    owner = marker.read_text()
    full = Failure(code="out_of_space", message="The storage is full.", retryable=True)
    for number in range(6):
        offer = await claimed(client)
        assert offer.attempt == 1
        if number % 2:
            marker.unlink()
        await client.fail(offer.lease, CRASH if number % 2 else full, ())
        marker.write_text(owner)
        assert await client.claim(EVERYTHING) is None, "it waits for the storage"
        await ctx.db.fetch("UPDATE transcoding_tasks SET available_at = app_now() RETURNING id")
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, 1)).status == "ready"


async def test_a_video_without_sound_that_it_should_have_is_given_up_early(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    assert offer.work.__class__.__name__ == "AudioWork"
    await client.fail(offer.lease, GIVE_UP, ())
    assert await client.claim(EVERYTHING) is None
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_code, video.error_message) == ("failed", GIVE_UP.code, GIVE_UP.message)


async def test_a_source_that_can_not_be_remuxed_after_all_is_encoded(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0, 1])
    refusal = Failure(code="not_remuxable", message="The frames do not fit.", retryable=False)
    await client.fail(offer.lease, refusal, ())
    again = await claimed(client)
    assert again.work.__class__.__name__ == "InspectWork"
    assert again.work.remux is False  # type: ignore[union-attr]
    await client.release(again.lease)
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_code) == ("ready", None)
    assert "original" not in variants(await master(ctx))
    await assert_all_is_there(ctx)
    found = await progress.of_video(ctx, accepted.video_id)
    assert found is not None
    assert (found.state, found.last_error) == ("done", None)


async def test_a_failed_video_is_tried_again_with_what_is_durable(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False, with_audio=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0, 1, 2])
    await client.fail(offer.lease, GIVE_UP, ())
    await work_off(client, info=info, grid=grid)
    await requests.retry(ctx, accepted.video_id)
    offer = await claimed(client)
    assert isinstance(offer.work, VideoWork)
    assert offer.work.durable["360p"] == (0, 1, 2)
    await client.release(offer.lease)
    await work_off(client, info=info, grid=grid)
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_message) == ("ready", None)
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "1080p"}


async def test_retired_attempts_leave_no_trace_after_their_grace(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0])
    await client.fail(offer.lease, GIVE_UP, ())
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    folder = ctx.config.storage_path / "videos/a-video"
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 2
    assert await generations.sweep_retired(ctx) == 0
    await ctx.db.fetch(
        "UPDATE generations SET retired_at = app_now() - interval '2 hours' WHERE state = 'retired'"
    )
    assert await generations.sweep_retired(ctx) == 1
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1
    await assert_all_is_there(ctx)


async def test_the_dash_manifest_goes_when_it_is_switched_off(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await work_off(client, info=info, grid=grid)
    assert await ctx.storage.exists(layout.manifest("a-video"))
    await transaction(ctx.db, lambda tx: put(tx, "streaming.enable_dash", False, actor="test"))
    ctx.settings.forget()
    await generations.write_manifests(ctx, 1)
    assert not await ctx.storage.exists(layout.manifest("a-video"))


async def _finish_all_but_video(client: LocalClient, ctx: Context, **source: object) -> None:
    """Remux, sound and thumbnail."""
    await ctx.db.fetch("UPDATE transcoding_tasks SET available_at = 'infinity' WHERE kind = 'video'")
    await work_off(client, **source)  # type: ignore[arg-type]
    await ctx.db.fetch("UPDATE transcoding_tasks SET available_at = app_now() WHERE kind = 'video'")
    assert await tasks.sweep(ctx) == 0


async def test_a_task_that_can_not_be_offered_stops_no_worker(ctx: Context) -> None:
    """Such as a plan of a version whose words this one does not know."""
    accepted = await upload(ctx)
    other = await upload(ctx, "Other")
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    await ctx.db.fetch("UPDATE generations SET grid = '{}'")
    claims = [await client.claim(EVERYTHING) for _ in range(30)]
    offered = [offer.job_id for offer in claims if offer is not None]
    assert offered == [
        await ctx.db.fetchval("SELECT id FROM transcoding_jobs WHERE video_id = $1", other.video_id)
    ]
    video = await video_of(ctx, accepted.video_id)
    assert (video.status, video.error_code) == ("failed", "bad_message")


@pytest.mark.parametrize("cells", [(), ((0, 10), (20, 30)), ((0, 10), (10, 10)), ((5, 10),)])
async def test_a_grid_with_gaps_is_refused(ctx: Context, cells: tuple[tuple[int, int], ...]) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    broken = replace(grid, cells=tuple(Cell(start, end, 1, 0, 1, 0) for start, end in cells))
    offer = await claimed(client)
    with pytest.raises(Invalid) as caught:
        await client.finish(offer.lease, Inspected(info=info, grid=broken), ())
    assert caught.value.code == "wrong_result"
    await client.finish(offer.lease, Inspected(info=info, grid=grid), ())
