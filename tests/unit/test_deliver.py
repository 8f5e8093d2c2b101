"""How segments reach the server: in order, in batches, bounded, and not after the lease."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Conflict, LeaseLost, Unavailable
from vlog.pipeline import deliver
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.holding import Holding
from vlog.pipeline.together import together
from vlog.wire.work import Lease, Segment

LEASE = Lease(task_id=1, epoch=1)


def segment(number: int, size: int = 10) -> Segment:
    data = bytes([number % 256]) * size
    return Segment(
        number=number, start=number, duration=1, data=data, sha256=hashlib.sha256(data).hexdigest()
    )


class SlowClient(RecordingClient):
    """Stores one batch whenever it is let."""

    def __init__(self) -> None:
        super().__init__(Path("source"))
        self.may = asyncio.Semaphore(0)

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        await self.may.acquire()
        await super().put_segments(lease, rendition, segments)


class AbsentClient(RecordingClient):
    """Is away for some calls."""

    def __init__(self, away: int) -> None:
        super().__init__(Path("source"))
        self.away = away

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        if self.away > 0:
            self.away -= 1
            raise Unavailable
        await super().put_segments(lease, rendition, segments)


def delivery_to(client: RecordingClient, *, lease_seconds: float = 60) -> Delivery:
    return Delivery(Holding(client, LEASE, lease_seconds), {"360p": (0, 2)})


async def test_what_is_durable_is_not_wanted() -> None:
    delivery = delivery_to(RecordingClient(Path("source")))
    assert [delivery.wants("360p", number) for number in range(4)] == [False, True, False, True]
    assert delivery.wants("720p", 0)


async def test_segments_that_wait_go_together_and_renditions_apart() -> None:
    client = SlowClient()
    delivery = delivery_to(client)

    async def make() -> None:
        for number in range(3):
            await delivery.put("720p", segment(number))
            await delivery.put("360p", segment(number))
        # Nothing has been let through yet: all of them wait.
        for _ in range(10):
            client.may.release()
        await delivery.close()

    await together(delivery.run(), make())
    assert {rendition for rendition, _ in client.batches} == {"720p", "360p"}
    assert ("360p", (0, 1, 2)) in client.batches
    assert len(client.batches) <= 3
    assert sorted(client.segments["720p"]) == [0, 1, 2]


async def test_batches_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "MAX_BATCH_SEGMENTS", 4)
    monkeypatch.setattr(deliver, "MAX_BATCH_BYTES", 25)
    client = RecordingClient(Path("source"))
    delivery = delivery_to(client)
    for number in range(6):
        await delivery.put("720p", segment(number, size=1))
    for number in range(6, 12):
        await delivery.put("720p", segment(number, size=10))
    # One that is larger than a batch goes alone.
    await delivery.put("720p", segment(12, size=30))
    await delivery.close()
    await delivery.run()
    numbers = [numbers for _, numbers in client.batches]
    assert numbers == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9), (10, 11), (12,)]


async def test_a_slow_server_holds_up_whoever_makes_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "MAX_WAITING_BYTES", 30)
    client = SlowClient()
    delivery = delivery_to(client)
    made: list[int] = []

    async def make() -> None:
        for number in range(20):
            await delivery.put("720p", segment(number))
            made.append(number)
        await delivery.close()

    async def let_through() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        # One batch is on its way, and not more than the limit waits.
        assert len(made) <= 3 + 3
        for _ in range(20):
            client.may.release()

    await together(delivery.run(), make(), let_through())
    assert sorted(client.segments["720p"]) == list(range(20))


async def test_a_short_absence_is_waited_for() -> None:
    client = AbsentClient(away=1)
    delivery = delivery_to(client)
    await delivery.put("720p", segment(0))
    await delivery.close()
    await delivery.run()
    assert list(client.segments["720p"]) == [0]


async def test_an_absence_longer_than_the_lease_is_a_lost_lease() -> None:
    client = AbsentClient(away=1000)
    delivery = delivery_to(client, lease_seconds=0.3)
    await delivery.put("720p", segment(0))
    with pytest.raises(LeaseLost):
        await delivery.run()


async def test_each_answer_keeps_the_lease() -> None:
    client = RecordingClient(Path("source"))
    holding = Holding(client, LEASE, 0.4)
    for _ in range(4):
        await asyncio.sleep(0.15)
        await holding.say(lambda: client.source(LEASE))
    assert holding.remaining_seconds > 0.2


async def test_a_lost_lease_ends_the_making() -> None:
    client = RecordingClient(Path("source"))
    client.lost.add(LEASE.task_id)
    delivery = delivery_to(client)
    ended: list[str] = []

    async def make() -> None:
        try:
            number = 0
            while True:
                await delivery.put("720p", segment(number))
                await asyncio.sleep(0)
                number += 1
        finally:
            ended.append("stopped")

    with pytest.raises(LeaseLost):
        await together(delivery.run(), make())
    assert ended == ["stopped"]


async def test_the_first_error_stops_the_others_and_is_raised_as_it_is() -> None:
    cancelled: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append("wait")
            raise

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        await together(wait(), fail())
    assert cancelled == ["wait"]


async def test_cancelling_the_whole_cancels_the_parts() -> None:
    before = asyncio.all_tasks()
    parts = asyncio.ensure_future(together(asyncio.sleep(60), asyncio.sleep(60)))
    await asyncio.sleep(0)
    parts.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parts
    assert asyncio.all_tasks() == before


async def test_a_delivery_that_was_stopped_while_closing_delivers_again() -> None:
    """The refusal and the last word of whoever made the segments may come in one moment."""
    client = RecordingClient(Path("source"))
    client.taken_from = 4
    delivery = delivery_to(client)
    delivery.open()
    await delivery.put("360p", segment(3))
    await delivery.put("720p", segment(4))
    with pytest.raises(Conflict):
        await delivery.run()
    await delivery.close()
    client.taken_from = None
    delivery.open()
    running = asyncio.create_task(delivery.run())
    await asyncio.sleep(0)
    await delivery.put("720p", segment(3))
    await delivery.close()
    await running
    assert sorted(client.segments["720p"]) == [3]
