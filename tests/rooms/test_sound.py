"""Sound on the road: a copy that plays at once, and a levelled rendition that takes its place or not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

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
from vlog.db.transaction import transaction
from vlog.kit.errors import Invalid
from vlog.media.loudness import Loudness
from vlog.processing import progress, rows
from vlog.settings.store import put
from vlog.wire.work import AudioWork, Made, Offer, RemuxWork
from vlog.workers.local_client import LocalClient

QUIET = Loudness(integrated_lufs=-23.4, true_peak_dbtp=-12.0)


async def at_the_levelling(ctx: Context) -> tuple[LocalClient, Offer]:
    """A remuxed video that plays, and the offer to level its sound."""
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    assert isinstance(offer.work, RemuxWork)
    await deliver(client, offer, grid=grid)
    await client.finish(offer.lease, Made(), ())
    levelling = await client.claim(replace(EVERYTHING, kinds=("audio",)))
    assert levelling is not None
    return client, levelling


async def test_levelled_sound_takes_the_copy_s_place(ctx: Context) -> None:
    client, offer = await at_the_levelling(ctx)
    assert isinstance(offer.work, AudioWork)
    assert offer.work.audio.levelling is not None
    assert (offer.work.audio.levelling.target_lufs, offer.work.audio.levelling.least_gain_db) == (-16, 1)
    assert variants(await master(ctx)) == {"original", "audio_source"}
    _, grid = source_values(remux=True)
    await client.put_loudness(offer.lease, "audio", QUIET)
    await deliver(client, offer, grid=grid)
    assert variants(await master(ctx)) == {"original", "audio"}
    await client.finish(offer.lease, Made(), ())
    await assert_all_is_there(ctx)
    found = await progress.of_video(ctx, (await video_of(ctx, 1)).id)
    assert found is not None
    [sound] = [each for each in found.renditions if each.name == "audio"]
    assert (sound.loudness, sound.gain_db) == (QUIET, 7.4)


async def test_a_copy_that_is_loud_enough_stays(ctx: Context) -> None:
    client, offer = await at_the_levelling(ctx)
    await client.put_loudness(offer.lease, "audio", Loudness(integrated_lufs=-16.2, true_peak_dbtp=-3.0))
    await client.finish(offer.lease, Made(unneeded=("audio",)), ())
    # Said twice, because the answer was lost.
    await client.finish(offer.lease, Made(unneeded=("audio",)), ())
    info, grid = source_values(remux=True)
    await work_off(client, info=info, grid=grid)
    assert variants(await master(ctx)) >= {"original", "audio_source"}
    assert "audio" not in variants(await master(ctx))
    found = await progress.of_video(ctx, 1)
    assert found is not None
    assert (found.state, found.percent) == ("done", 100.0)
    [sound] = [each for each in found.renditions if each.name == "audio"]
    assert (sound.status, sound.gain_db) == ("skipped", None)


async def test_sound_that_nothing_stands_in_for_must_be_made(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    assert isinstance(offer.work, AudioWork)
    with pytest.raises(Invalid) as refused:
        await client.finish(offer.lease, Made(unneeded=("audio",)), ())
    assert refused.value.code == "wrong_result"


async def test_without_levelling_a_copy_is_all_there_is(ctx: Context) -> None:
    await transaction(ctx.db, lambda tx: put(tx, "audio.normalize", False, actor="test"))
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True)
    await inspect(client, info=info, grid=grid)
    generation = await ctx.db.fetchval("SELECT id FROM generations")
    planned = await rows.planned(ctx.db, generation)
    assert [each.spec.encoder for each in planned.values() if each.kind == "audio"] == ["copy"]
