"""What every ``JobClient`` promises to workers; each implementation is a world of its own below."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Protocol

import pytest
from msgspec.structs import replace

from tests.contract.worlds import FakeWorld, LocalWorld
from tests.support.deliveries import EVERYTHING, JPEG, audio_init, segment, video_init
from vlog.context import Context
from vlog.kit.errors import Conflict, Invalid, LeaseLost
from vlog.media.grid import Grid
from vlog.pipeline.client import JobClient
from vlog.wire.work import Capabilities, Failure, Made, Offer, Pictured, Progress, VideoWork

RETRYABLE = Failure(code="decoder_crash", message="It crashed.", retryable=True)
FINAL = Failure(code="not_media", message="This is no video.", retryable=False)


class World(Protocol):
    """A server with a client, and what tests must be able to do behind its back."""

    grid: Grid

    @property
    def client(self) -> JobClient:
        """All workers of the test speak through it."""

    async def add_video(self, first: int, end: int) -> int:
        """Queue a task for these cells of the rendition ``360p``; the value is its id."""

    async def add_thumbnail(self) -> int:
        """Queue a thumbnail task."""

    async def pass_time(self, seconds: float) -> None:
        """Let the server's clock be later by this much (not added up)."""

    async def sweep(self) -> None:
        """What the background process does every few seconds."""

    async def state(self, task_id: int) -> tuple[str, int]:
        """The state and the counted attempts of a task."""

    async def stored(self, name: str) -> bytes | None:
        """A file of the rendition ``360p``."""


@pytest.fixture
def fake_world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
async def local_world(ctx: Context) -> LocalWorld:
    return await LocalWorld.create(ctx)


@pytest.fixture(params=["fake", "local"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found


async def claimed(world: World) -> Offer:
    offer = await world.client.claim(EVERYTHING)
    assert offer is not None
    return offer


async def begun(world: World, first: int = 0, end: int = 4) -> Offer:
    """A claimed task whose init is there."""
    await world.add_video(first, end)
    offer = await claimed(world)
    await world.client.put_init(offer.lease, "360p", video_init())
    return offer


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
        await world.client.put_thumbnail(offer.lease, JPEG)
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
    with pytest.raises(Invalid) as caught:
        await world.client.finish(offer.lease, Pictured(at_seconds=Fraction(5)), ())
    assert caught.value.code == "incomplete"
    with pytest.raises(Invalid) as caught:
        await world.client.put_thumbnail(offer.lease, b"<svg/>")
    assert caught.value.code == "not_a_jpeg"
    await world.client.put_thumbnail(offer.lease, JPEG)
    await world.client.finish(offer.lease, Pictured(at_seconds=Fraction(5)), ())
    assert await world.state(task_id) == ("done", 1)


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
        await world.client.finish(offer.lease, Pictured(at_seconds=Fraction(1)), ())
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
    for attempt in (1, 2, 3):
        assert (await claimed(world)).attempt == attempt
        await world.pass_time(61 * attempt)
        await world.sweep()
    assert await world.state(task_id) == ("failed", 3)


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
