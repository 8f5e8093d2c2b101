"""A hung storage takes only its own threads, is refused at once, and is used again when it answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from vlog.kit.errors import NotFound, Unavailable
from vlog.storage import lanes
from vlog.storage.lanes import READING_THREADS, WRITING_THREADS, Lanes, Pace

FAST = Pace(suspect=0.05, life=0.1, answer=30)


class Disk:
    """Answers, or holds whoever asks until it answers again."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0

    def ask(self) -> str:
        self.asked += 1
        self.answers.wait(30)
        return "answer"


@asynccontextmanager
async def opened(disk: Disk, pace: Pace = FAST) -> AsyncIterator[Lanes]:
    found = Lanes.of(disk.ask, pace)
    try:
        yield found
    finally:
        disk.answers.set()
        found.close()


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Unavailable) as caught:
        yield
    assert caught.value.code == code


def storage_threads() -> int:
    return sum(each.name.startswith("storage-") for each in threading.enumerate())


async def until_closed(found: Lanes) -> None:
    async with asyncio.timeout(10):
        while found.circuit.is_open:
            await asyncio.sleep(0.01)


async def test_results_and_errors_reach_the_caller() -> None:
    async with opened(Disk()) as found:
        assert await found.reading.run(lambda: 7) == 7

        def fail() -> None:
            raise NotFound("no")

        with pytest.raises(NotFound):
            await found.reading.run(fail)


async def test_a_hung_disk_is_refused_and_takes_only_its_threads() -> None:
    disk = Disk()
    before = storage_threads()
    async with opened(disk) as found:
        disk.answers.clear()
        calls = [found.reading.run(disk.ask) for _ in range(3 * READING_THREADS)]
        calls += [found.writing.run(disk.ask) for _ in range(3 * WRITING_THREADS)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert {getattr(answer, "code", answer) for answer in answers} == {"storage_hung"}
        assert found.circuit.is_open
        asked = disk.asked
        for _ in range(1000):
            with refused("storage_hung"):
                await found.looking.run(disk.ask)
        assert disk.asked == asked, "nobody risks a thread while the storage hangs"
        assert storage_threads() - before <= READING_THREADS + WRITING_THREADS + 1
        disk.answers.set()
        await until_closed(found)
        assert await found.reading.run(lambda: "works again") == "works again"


async def test_what_nobody_waits_for_any_more_is_not_done_later() -> None:
    disk = Disk()
    done: list[str] = []

    def do() -> str:
        done.append("late")
        return "late"

    async with opened(disk) as found:
        disk.answers.clear()
        calls = [found.writing.run(disk.ask) for _ in range(WRITING_THREADS)]
        calls += [found.writing.run(do) for _ in range(5)]
        await asyncio.gather(*calls, return_exceptions=True)
        disk.answers.set()
        await until_closed(found)
        await asyncio.gather(*(found.writing.run(disk.ask) for _ in range(WRITING_THREADS)))
        assert done == []


async def test_a_slow_disk_is_not_taken_for_a_hung_one() -> None:
    disk = Disk()
    slow = threading.Event()
    async with opened(disk) as found:
        waiting = asyncio.create_task(found.writing.run(lambda: slow.wait(30)))
        while not disk.asked:
            await asyncio.sleep(0.01)
        assert not found.circuit.is_open
        slow.set()
        assert await waiting


async def test_one_call_waits_no_longer_than_its_limit() -> None:
    never = threading.Event()
    async with opened(Disk()) as found:
        with refused("storage_hung"):
            await found.reading.run(lambda: never.wait(30), seconds=0.2)
        assert not found.circuit.is_open
        never.set()


async def test_lanes_do_not_starve_each_other() -> None:
    held = threading.Event()
    async with opened(Disk(), Pace(suspect=5, life=5)) as found:
        writers = [asyncio.create_task(found.writing.run(lambda: held.wait(30))) for _ in range(50)]
        assert await found.reading.run(lambda: "read") == "read"
        assert await found.looking.run(lambda: "looked") == "looked"
        held.set()
        await asyncio.gather(*writers)


async def test_a_result_that_comes_too_late_is_given_away() -> None:
    held, given = threading.Event(), asyncio.Event()
    async with opened(Disk()) as found:
        late = found.reading.run(lambda: held.wait(30), unwanted=lambda _: given.set())
        task = asyncio.create_task(late)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        held.set()
        await asyncio.wait_for(given.wait(), 10)


async def test_a_queue_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MAX_WAITING", 3)
    held = threading.Event()
    async with opened(Disk(), Pace(suspect=5, life=5)) as found:
        tasks = [
            asyncio.create_task(found.writing.run(lambda: held.wait(30))) for _ in range(WRITING_THREADS + 20)
        ]
        done, waiting = await asyncio.wait(tasks, timeout=1)
        assert {task.exception().code for task in done} == {"storage_busy"}  # type: ignore[union-attr]
        held.set()
        await asyncio.gather(*waiting)
