"""Loops live and end together."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from vlog.kit.errors import Fault
from vlog.kit.supervise import STOP_SIGNALS, Supervisor, run_until_signalled


async def until_stopped(stopping: asyncio.Event) -> None:
    await stopping.wait()


async def test_a_stop_lets_every_loop_end_by_itself() -> None:
    ended: list[str] = []

    async def tidy(stopping: asyncio.Event) -> None:
        await stopping.wait()
        await asyncio.sleep(0.01)
        ended.append("tidy")

    supervisor = Supervisor()
    supervisor.add("tidy", tidy)
    supervisor.add("other", until_stopped)
    asyncio.get_running_loop().call_later(0.01, supervisor.stop)
    await supervisor.run()
    assert ended == ["tidy"]


async def test_one_death_stops_the_others_and_surfaces() -> None:
    stopped = asyncio.Event()

    async def dying(stopping: asyncio.Event) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def healthy(stopping: asyncio.Event) -> None:
        await stopping.wait()
        stopped.set()

    supervisor = Supervisor()
    supervisor.add("healthy", healthy)
    supervisor.add("dying", dying)
    with pytest.raises(ZeroDivisionError):
        await supervisor.run()
    assert stopped.is_set()


async def test_the_first_death_is_the_one_reported() -> None:
    async def dying(stopping: asyncio.Event) -> None:
        raise ZeroDivisionError

    async def dragged_along(stopping: asyncio.Event) -> None:
        await stopping.wait()
        raise KeyError

    supervisor = Supervisor()
    supervisor.add("dragged along", dragged_along)
    supervisor.add("dying", dying)
    with pytest.raises(ZeroDivisionError):
        await supervisor.run()


async def test_a_loop_that_ends_unasked_is_a_fault() -> None:
    async def short(stopping: asyncio.Event) -> None:
        return

    supervisor = Supervisor()
    supervisor.add("short", short)
    with pytest.raises(Fault, match="short"):
        await supervisor.run()


async def test_a_loop_that_ignores_the_stop_is_cancelled_in_time() -> None:
    cleaned = asyncio.Event()

    async def deaf(stopping: asyncio.Event) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    supervisor = Supervisor(stop_seconds=0.05)
    supervisor.add("deaf", deaf)
    asyncio.get_running_loop().call_later(0.01, supervisor.stop)
    await asyncio.wait_for(supervisor.run(), 1)
    assert cleaned.is_set()


async def test_a_second_stop_does_not_wait() -> None:
    supervisor = Supervisor(stop_seconds=60)
    supervisor.add("deaf", lambda stopping: asyncio.sleep(60))
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, supervisor.stop)
    loop.call_later(0.05, supervisor.stop)
    await asyncio.wait_for(supervisor.run(), 1)


@pytest.mark.parametrize("number", STOP_SIGNALS)
async def test_signals_stop_and_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    supervisor = Supervisor()
    supervisor.add("loop", until_stopped)
    asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
    await asyncio.wait_for(supervisor.run(), 1)
    assert signal.getsignal(number) == before


async def test_names_are_unique() -> None:
    supervisor = Supervisor()
    supervisor.add("loop", until_stopped)
    with pytest.raises(Fault):
        supervisor.add("loop", until_stopped)


async def test_a_signal_cancels_work_once_and_lets_it_clean_up() -> None:
    repeats: list[int] = []
    cleaned = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            cleaned.set()

    loop = asyncio.get_running_loop()
    loop.call_later(0.01, os.kill, os.getpid(), signal.SIGTERM)
    loop.call_later(0.03, os.kill, os.getpid(), signal.SIGTERM)
    signalled = await run_until_signalled(
        work(), signals=[signal.SIGTERM], on_repeat=lambda: repeats.append(1)
    )
    assert signalled
    assert cleaned.is_set()
    assert repeats == [1]


async def test_work_that_ends_by_itself_was_not_signalled() -> None:
    assert not await run_until_signalled(asyncio.sleep(0), signals=[signal.SIGTERM], on_repeat=lambda: None)
