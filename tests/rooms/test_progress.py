"""What people see of a job while it runs."""

from __future__ import annotations

import asyncio

from tests.support.databases import shift_clock
from tests.support.deliveries import deliver, inspect
from tests.support.uploaded import claimed, source_values, upload
from vlog.context import Context
from vlog.processing import progress
from vlog.processing.timeline import timeline
from vlog.wire.work import Progress
from vlog.workers.local_client import LocalClient


async def test_a_video_without_a_job_has_no_progress(ctx: Context) -> None:
    assert await progress.of_video(ctx, 1) is None
    assert await timeline(ctx.db, 1) is None


async def test_progress_moves_from_waiting_to_done(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)

    async def now() -> progress.JobProgress:
        found = await progress.of_video(ctx, accepted.video_id)
        assert found is not None
        return found

    assert ((await now()).state, (await now()).percent, (await now()).current_step) == (
        "queued",
        0,
        "waiting",
    )
    offer = await claimed(client)
    assert ((await now()).state, (await now()).current_step) == ("running", "inspect")
    await client.release(offer.lease)
    await inspect(client, info=info, grid=grid)
    seen = [(await now()).percent]
    assert seen[0] >= 2
    offer = await claimed(client)
    await client.renew(offer.lease, Progress(frames=900, speed=4.0))
    half = await now()
    assert (half.current_step, half.percent > seen[0]) == ("audio", True)
    await deliver(client, offer, grid=grid, numbers=range(5))
    # Half of the pictures, half of the cells: said twice, counted once.
    assert (await now()).percent == half.percent
    by_name = {each.name: each for each in (await now()).renditions}
    assert (by_name["audio"].percent, by_name["audio"].status) == (50, "in_progress")
    assert (by_name["360p"].percent, by_name["360p"].status) == (0, "pending")


async def test_when_it_can_be_watched_is_foreseen_from_what_was_made(ctx: Context) -> None:
    video_id = (await upload(ctx)).video_id
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    sound, pictures = await claimed(client), await claimed(client)

    async def figures() -> tuple[float | None, float | None]:
        found = await progress.of_video(ctx, video_id)
        assert found is not None
        return found.playable_seconds, found.eta_seconds

    assert await figures() == (None, None)
    await client.renew(sound.lease, Progress(frames=900, speed=4.0))
    await client.renew(pictures.lease, Progress(frames=900, speed=4.0))
    assert await figures() == (None, None), "a moment is no basis"
    await shift_clock(ctx.db, "20 seconds")
    playable, whole = await figures()
    assert playable is not None
    assert whole is not None
    assert 0 < playable < whole


async def test_many_videos_are_read_together(ctx: Context) -> None:
    ids = [(await upload(ctx, f"Video {n}")).video_id for n in range(3)]
    found = await progress.of_videos(ctx, [*ids, 999])
    assert sorted(found) == ids


async def test_hints_go_out_with_progress(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    offer = await claimed(client)

    async def renew_often() -> None:
        # The bus may still be connecting.
        while True:
            await client.renew(offer.lease, Progress())
            await asyncio.sleep(0.1)

    async with ctx.bus.subscribe() as subscription:
        renewing = asyncio.create_task(renew_often())
        while (message := await subscription.get()).topic != "progress":
            pass
        renewing.cancel()
    assert message.payload["video_id"] == accepted.video_id


async def test_the_record_tells_attempts_and_commands(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    offer = await claimed(client)
    await client.release(offer.lease)
    offer = await claimed(client)
    found = await timeline(ctx.db, accepted.video_id)
    assert found is not None
    (task,) = found.tasks
    assert (task.kind, task.state, task.worker) == ("inspect", "leased", "tester")
    assert [(attempt.number, attempt.outcome) for attempt in task.attempts] == [(1, "released")]
