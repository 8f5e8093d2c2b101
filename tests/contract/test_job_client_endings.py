"""How leases and tasks end, for every ``JobClient``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fractions import Fraction

import pytest

from tests.contract.worlds import World, begun, claimed
from tests.support.deliveries import EVERYTHING, segment, video_init
from vlog.jobs.queue import VANISHINGS_PER_ATTEMPT
from vlog.kit.errors import Invalid, LeaseLost
from vlog.wire.work import Failure, Made, Pictured, Progress

RETRYABLE = Failure(code="decoder_crash", message="It crashed.", retryable=True)
FINAL = Failure(code="not_media", message="This is no video.", retryable=False)


# ---------------------------------------------------------------- endings


async def test_a_task_is_not_done_before_all_of_it_is_durable(world: World) -> None:
    offer = await begun(world)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, n) for n in (0, 1, 3)])
    with pytest.raises(Invalid) as caught:
        await world.client.finish(offer.lease, Made(), ())
    assert caught.value.code == "incomplete"
    assert (await world.state(offer.lease.task_id))[0] == "leased"


async def test_a_result_of_another_kind_is_refused(world: World) -> None:
    offer = await begun(world)
    with pytest.raises(Invalid) as caught:
        await world.client.finish(offer.lease, Pictured(at_seconds=Fraction(1), files=()), ())
    assert caught.value.code == "wrong_result"


async def test_finishing_twice_is_finishing_once(world: World) -> None:
    offer = await begun(world)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, n) for n in range(4)])
    await asyncio.gather(*(world.client.finish(offer.lease, Made(), ()) for _ in range(5)))
    await world.client.finish(offer.lease, Made(), ())
    assert await world.state(offer.lease.task_id) == ("done", 1)


async def test_after_the_end_nothing_more_is_taken(world: World) -> None:
    offer = await begun(world)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, n) for n in range(4)])
    await world.client.finish(offer.lease, Made(), ())
    for word in (
        world.client.renew(offer.lease, Progress()),
        world.client.put_init(offer.lease, "360p", video_init()),
        world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)]),
        world.client.source(offer.lease),
        world.client.fail(offer.lease, FINAL, ()),
        world.client.release(offer.lease),
    ):
        with pytest.raises(LeaseLost):
            await word


async def test_finish_and_fail_at_once_have_one_outcome(world: World) -> None:
    offer = await begun(world, 0, 1)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)])
    answers = await asyncio.gather(
        world.client.finish(offer.lease, Made(), ()),
        world.client.fail(offer.lease, FINAL, ()),
        return_exceptions=True,
    )
    assert sorted(isinstance(answer, LeaseLost) for answer in answers) == [False, True]
    assert (await world.state(offer.lease.task_id))[0] in ("done", "failed")


async def test_failing_counts_and_waits(world: World) -> None:
    task_id = await world.add_video(0, 4)
    for attempt in (1, 2):
        offer = await claimed(world)
        assert offer.attempt == attempt
        await world.client.fail(offer.lease, RETRYABLE, ())
        await world.client.fail(offer.lease, RETRYABLE, ())
        assert await world.state(task_id) == ("queued", attempt)
        assert await world.client.claim(EVERYTHING) is None
        await world.pass_time(3600 * attempt)
    offer = await claimed(world)
    await world.client.fail(offer.lease, RETRYABLE, ())
    assert await world.state(task_id) == ("failed", 3)
    await world.pass_time(36_000)
    assert await world.client.claim(EVERYTHING) is None


async def test_a_final_failure_ends_the_task_at_once(world: World) -> None:
    task_id = await world.add_video(0, 4)
    offer = await claimed(world)
    await world.client.fail(offer.lease, FINAL, ())
    assert await world.state(task_id) == ("failed", 1)


async def test_progress_makes_earlier_attempts_count_no_more(world: World) -> None:
    task_id = await world.add_video(0, 4)
    for round_ in range(4):
        offer = await claimed(world)
        await world.client.put_init(offer.lease, "360p", video_init())
        await world.client.put_segments(offer.lease, "360p", [segment(world.grid, round_)])
        assert await world.state(task_id) == ("leased", 1)
        await world.client.fail(offer.lease, RETRYABLE, ())
        await world.pass_time(3600 * (round_ + 1))
    offer = await claimed(world)
    await world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)])
    assert await world.state(task_id) == ("leased", 2)


async def test_releasing_costs_no_attempt(world: World) -> None:
    task_id = await world.add_video(0, 4)
    for _ in range(5):
        offer = await claimed(world)
        await world.client.release(offer.lease)
        await world.client.release(offer.lease)
        assert await world.state(task_id) == ("queued", 0)


# ---------------------------------------------------------------- leases


async def test_a_lease_ends_by_itself(world: World) -> None:
    task_id = await world.add_video(0, 4)
    first = await claimed(world)
    await world.pass_time(61)
    with pytest.raises(LeaseLost):
        await world.client.renew(first.lease, Progress())
    assert await world.client.claim(EVERYTHING) is None
    await world.sweep()
    second = await claimed(world)
    assert second.lease.task_id == task_id
    assert second.lease.epoch > first.lease.epoch
    assert second.attempt == 2


async def test_each_word_renews(world: World) -> None:
    offer = await begun(world)
    words: tuple[Callable[[], Awaitable[None]], ...] = (
        lambda: world.client.renew(offer.lease, Progress(frames=5)),
        lambda: world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)]),
        lambda: world.client.put_segments(offer.lease, "360p", [segment(world.grid, 0)]),
        lambda: world.client.put_init(offer.lease, "360p", video_init()),
        lambda: world.client.renew(offer.lease, Progress()),
    )
    for number, word in enumerate(words, start=1):
        await world.pass_time(50 * number)
        await world.sweep()
        await word()


async def test_vanishing_counts_until_the_task_has_failed(world: World) -> None:
    task_id = await world.add_video(0, 4)
    last = 3 * VANISHINGS_PER_ATTEMPT
    for attempt in range(1, last + 1):
        assert (await claimed(world)).attempt == attempt
        await world.pass_time(61 * attempt)
        await world.sweep()
    assert await world.state(task_id) == ("failed", last)


async def test_a_zombie_changes_nothing(world: World) -> None:
    """A claims and is stopped; B does the work; A goes on: every word is refused, B's bytes stay."""
    a = await begun(world)
    await world.pass_time(61)
    await world.sweep()
    b = await claimed(world)
    of_b = [segment(world.grid, number, content="B") for number in range(4)]
    await world.client.put_segments(b.lease, "360p", of_b[:2])
    of_a = [segment(world.grid, number, content="A") for number in range(4)]
    for word in (
        world.client.put_segments(a.lease, "360p", of_a),
        world.client.put_init(a.lease, "360p", video_init(level=31)),
        world.client.renew(a.lease, Progress()),
        world.client.finish(a.lease, Made(), ()),
        world.client.fail(a.lease, FINAL, ()),
        world.client.release(a.lease),
    ):
        with pytest.raises(LeaseLost):
            await word
    assert await world.stored("segment_2.m4s") is None
    await world.client.put_segments(b.lease, "360p", of_b[2:])
    await world.client.finish(b.lease, Made(), ())
    with pytest.raises(LeaseLost):
        await world.client.put_segments(a.lease, "360p", of_a)
    assert [await world.stored(f"segment_{n}.m4s") for n in range(4)] == [each.data for each in of_b]


async def test_the_same_worker_is_a_zombie_too(world: World) -> None:
    """The epoch counts, not the worker's name."""
    old = await begun(world)
    await world.pass_time(61)
    await world.sweep()
    new = await claimed(world)
    with pytest.raises(LeaseLost):
        await world.client.put_segments(old.lease, "360p", [segment(world.grid, 0)])
    await world.client.put_segments(new.lease, "360p", [segment(world.grid, 0)])


async def test_waiting_ends(world: World) -> None:
    async with asyncio.timeout(5):
        await world.client.wait(0.05)
