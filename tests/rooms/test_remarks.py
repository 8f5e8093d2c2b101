"""What is wrong with a source is said at its video: what inspecting showed, what could not be decoded."""

from __future__ import annotations

from dataclasses import replace

from tests.support.deliveries import EVERYTHING, deliver, inspect
from tests.support.uploaded import claimed, source_values, upload, video_of
from vlog.context import Context
from vlog.wire.work import Failure, Made, ThumbnailWork, VideoWork
from vlog.workers.local_client import LocalClient

EARLY = "The file ends early: 4:12 of 7:30 could be read."


async def test_remarks_of_the_inspection_and_of_encoders(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=replace(info, warnings=(EARLY,)), grid=grid)
    assert (await video_of(ctx, accepted.video_id)).warnings == [EARLY]
    counts: dict[tuple[str, ...], int] = {}
    while (offer := await client.claim(EVERYTHING)) is not None:
        if isinstance(offer.work, ThumbnailWork):
            await client.fail(offer.lease, Failure(code="x", message="No.", retryable=False), ())
            continue
        await deliver(client, offer, grid=grid)
        missing = 0
        if isinstance(offer.work, VideoWork):
            names = tuple(rung.name for rung in offer.work.rungs)
            # The lowest rung comes alone and lacks one more than the others, in each of its chunks.
            missing = 3 if len(names) == 1 else 2
            counts[names] = counts.get(names, 0) + missing
        await client.finish(offer.lease, Made(missing_frames=missing), ())
    told = (await video_of(ctx, accepted.video_id)).warnings
    most = max(counts.values())
    held = f"Pictures that could not be decoded: {most}. The ones before them are shown longer."
    assert told == [EARLY, held]


async def test_one_lost_picture(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    while not isinstance((offer := await claimed(client)).work, VideoWork):
        await deliver(client, offer, grid=grid)
        await client.finish(offer.lease, Made(), ())
    await deliver(client, offer, grid=grid)
    await client.finish(offer.lease, Made(missing_frames=1), ())
    (told,) = (await video_of(ctx, accepted.video_id)).warnings
    assert told == "One picture could not be decoded; the one before it is shown longer."
