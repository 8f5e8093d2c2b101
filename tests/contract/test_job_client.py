"""What every ``JobClient`` promises to workers; each implementation is a world of its own below."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from msgspec.structs import replace

from tests.contract.worlds import World, begun, claimed
from tests.support.deliveries import EVERYTHING, JPEG, PICTURES, audio_init, segment, video_init
from vlog.kit.errors import Conflict, Invalid, LeaseLost
from vlog.media.loudness import Loudness
from vlog.wire.work import AudioWork, Capabilities, Made, Pictured, VideoWork

# ---------------------------------------------------------------- claiming


async def test_there_is_nothing_to_claim_in_an_empty_queue(world: World) -> None:
    assert await world.client.claim(EVERYTHING) is None


async def test_an_offer_says_what_to_do(world: World) -> None:
    task_id = await world.add_video(2, 5)
    offer = await claimed(world)
    assert offer.lease.task_id == task_id
    assert (offer.attempt, offer.lease_seconds) == (1, 60)
    work = offer.work
    assert isinstance(work, VideoWork)
    assert (work.first_cell, work.last) == (2, False)
    assert work.grid.cells == world.grid.cells[2:5]
    assert [rung.name for rung in work.rungs] == ["360p"]
    assert work.durable == {"360p": ()}


async def test_only_the_run_at_the_end_is_the_last(world: World) -> None:
    await world.add_video(5, len(world.grid.cells))
    work = (await claimed(world)).work
    assert isinstance(work, VideoWork)
    assert work.last


async def test_a_task_is_claimed_once(world: World) -> None:
    await world.add_video(0, 4)
    await claimed(world)
    assert await world.client.claim(EVERYTHING) is None


async def test_two_hundred_claims_at_once_never_share_a_task(world: World) -> None:
    ids = {await world.add_video(0, 2) for _ in range(20)}
    offers = await asyncio.gather(*(world.client.claim(EVERYTHING) for _ in range(200)))
    got = [offer.lease.task_id for offer in offers if offer is not None]
    assert sorted(got) == sorted(ids)


async def test_a_worker_gets_only_what_it_can_do(world: World) -> None:
    await world.add_video(0, 4)
    other_kind = Capabilities(worker="w", kinds=("thumbnail",), encoders=("libx264",))
    other_encoder = Capabilities(worker="w", kinds=("video",), encoders=("aac",))
    assert await world.client.claim(other_kind) is None
    assert await world.client.claim(other_encoder) is None
    assert await world.client.claim(EVERYTHING) is not None


async def test_what_is_durable_is_offered_as_durable(world: World) -> None:
    offer = await begun(world)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 2), segment(world.grid, 0)])
    await world.client.release(offer.lease)
    work = (await claimed(world)).work
    assert isinstance(work, VideoWork)
    assert work.durable == {"360p": (0, 2)}


# ---------------------------------------------------------------- delivering


async def test_delivered_bytes_are_stored(world: World) -> None:
    offer = await begun(world)
    made = segment(world.grid, 1)
    await world.client.put_segments(offer.lease, "360p", [made])
    assert await world.stored("segment_1.m4s") == made.data
    assert await world.stored("init.mp4") == video_init()


async def test_the_same_bytes_again_change_nothing(world: World) -> None:
    offer = await begun(world)
    made = [segment(world.grid, number) for number in range(4)]
    await world.client.put_segments(offer.lease, "360p", made[:2])
    await world.client.put_segments(offer.lease, "360p", made)
    await world.client.put_segments(offer.lease, "360p", made)
    await world.client.put_init(offer.lease, "360p", video_init())
    await world.client.finish(offer.lease, Made(), ())


async def test_other_bytes_are_refused_and_not_stored(world: World) -> None:
    offer = await begun(world)
    made = segment(world.grid, 1)
    await world.client.put_segments(offer.lease, "360p", [made])
    other = segment(world.grid, 1, content="other")
    with pytest.raises(Conflict) as caught:
        await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0), other])
    assert caught.value.code == "different_segment"
    assert await world.stored("segment_1.m4s") == made.data
    assert await world.stored("segment_0.m4s") is None


async def test_the_first_init_is_pinned(world: World) -> None:
    offer = await begun(world)
    with pytest.raises(Conflict) as caught:
        await world.client.put_init(offer.lease, "360p", video_init(level=31))
    assert caught.value.code == "different_init"
    assert await world.stored("init.mp4") == video_init()


async def test_the_init_comes_first(world: World) -> None:
    await world.add_video(0, 4)
    offer = await claimed(world)
    with pytest.raises(Invalid) as caught:
        await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)])
    assert caught.value.code == "init_missing"


async def test_a_damaged_segment_is_refused(world: World) -> None:
    offer = await begun(world)
    damaged = replace(segment(world.grid, 0), data=segment(world.grid, 0, content="x").data)
    with pytest.raises(Invalid) as caught:
        await world.client.put_segments(offer.lease, "360p", [damaged])
    assert caught.value.code == "wrong_hash"
    assert await world.stored("segment_0.m4s") is None


async def test_a_task_delivers_only_its_own(world: World) -> None:
    offer = await begun(world, 1, 3)
    with pytest.raises(Invalid) as caught:
        await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 3)])
    assert caught.value.code == "wrong_cell"
    with pytest.raises(Invalid) as caught:
        await world.client.put_init(offer.lease, "audio", audio_init())
    assert caught.value.code == "wrong_rendition"
    with pytest.raises(Invalid) as caught:
        await world.client.put_thumbnail(offer.lease, PICTURES)
    assert caught.value.code == "wrong_task"


async def test_two_workers_make_one_rendition_together(world: World) -> None:
    one, two = await begun(world, 0, 2), await begun(world, 2, 4)
    await asyncio.gather(
        world.client.put_segments(one.lease, "360p", [segment(world.grid, n) for n in (0, 1)]),
        world.client.put_segments(two.lease, "360p", [segment(world.grid, n) for n in (2, 3)]),
    )
    await asyncio.gather(
        world.client.finish(one.lease, Made(), ()), world.client.finish(two.lease, Made(), ())
    )
    assert (await world.state(one.lease.task_id), await world.state(two.lease.task_id)) == (
        ("done", 1),
        ("done", 1),
    )


# ---------------------------------------------------------------- thumbnails


async def test_a_thumbnail_is_made(world: World) -> None:
    task_id = await world.add_thumbnail()
    offer = await claimed(world)
    made = Pictured(at_seconds=Fraction(5), files=tuple(each.file for each in PICTURES))
    with pytest.raises(Invalid) as caught:
        await world.client.finish(offer.lease, made, ())
    assert caught.value.code == "incomplete"
    for bad in (replace(PICTURES[0], data=b"<svg/>"), replace(PICTURES[2], data=JPEG)):
        with pytest.raises(Invalid) as caught:
            await world.client.put_thumbnail(offer.lease, [bad])
        assert caught.value.code == "bad_picture"
    with pytest.raises(Invalid) as caught:
        await world.client.put_thumbnail(offer.lease, PICTURES[2:])
    assert caught.value.code == "bad_picture"
    await world.client.put_thumbnail(offer.lease, PICTURES)
    await world.client.finish(offer.lease, made, ())
    assert await world.state(task_id) == ("done", 1)


# ---------------------------------------------------------------- loudness


async def test_the_loudness_that_was_heard_first_counts_for_all_attempts(world: World) -> None:
    await world.add_sound()
    offer = await claimed(world)
    assert isinstance(offer.work, AudioWork)
    assert offer.work.loudness is None
    first = Loudness(integrated_lufs=-23.4, true_peak_dbtp=-3.1)
    assert await world.client.put_loudness(offer.lease, "audio", first) == first
    other = Loudness(integrated_lufs=-23.5, true_peak_dbtp=-3.1)
    assert await world.client.put_loudness(offer.lease, "audio", other) == first
    await world.client.release(offer.lease)
    again = await claimed(world)
    assert isinstance(again.work, AudioWork)
    assert await world.client.put_loudness(again.lease, "audio", other) == first
    with pytest.raises(LeaseLost):
        await world.client.put_loudness(offer.lease, "audio", other)


async def test_only_the_task_s_own_sound_has_a_loudness(world: World) -> None:
    await world.add_sound()
    offer = await claimed(world)
    with pytest.raises(Invalid):
        await world.client.put_loudness(offer.lease, "360p", Loudness())
