"""Children of a process group: what reaches them, and that none outlives its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.processes import alive, command_line, descendants, left_after
from vlog.kit import launch
from vlog.kit.children import Backoff, ChildSpec, Ended, ProcessGroup, spawn

CALM = "import time, signal; print('up', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + CALM
NESTED = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('up', flush=True); time.sleep(600)"
)
# A parent whose only business is a group, so that a test may kill it.
PARENT = """
import asyncio, sys
from vlog.kit.children import ChildSpec, ProcessGroup

async def main():
    command = (sys.executable, "-c", sys.argv[1])
    specs = [ChildSpec(name=name, command=command, environment={}) for name in "ab"]
    group = ProcessGroup(specs, on_line=lambda name, line: print(name, line, flush=True), on_end=print)
    group.start()
    await asyncio.sleep(600)

asyncio.run(main())
"""


def script(name: str, code: str) -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-c", code), environment={"LANG": "C.UTF-8"})


class Log:
    """What a group reported, and a way to wait for it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.ends: list[Ended] = []

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.lines) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(*specs: ChildSpec) -> AsyncIterator[tuple[ProcessGroup, Log]]:
    log = Log()
    group = ProcessGroup(
        specs,
        on_line=lambda name, line: log.lines.append((name, line)),
        on_end=log.ends.append,
        backoff=Backoff(first_seconds=0.05, longest_seconds=0.2),
    )
    group.start()
    try:
        yield group, log
    finally:
        await group.stop(seconds=0.2)


async def test_lines_come_with_the_name_of_their_child() -> None:
    async with running(script("one", "print('hello'); " + CALM), script("two", CALM)) as (_, log):
        await log.until(3)
    assert sorted(log.lines) == [("one", "hello"), ("one", "up"), ("two", "up")]
    assert log.ends == []


async def test_stop_is_quick_when_children_obey() -> None:
    async with running(script("one", CALM), script("two", CALM)) as (group, log):
        await log.until(2)
        children = list(group.process_ids.values())
        started = time.monotonic()
        await group.stop(seconds=5)
        assert time.monotonic() - started < 2
    assert not left_after(children, 0)


async def test_a_child_that_ignores_the_stop_is_killed_with_all_it_started() -> None:
    nested = NESTED.replace(
        "import", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); import", 1
    )
    async with running(script("deaf", DEAF), script("nested", nested)) as (group, log):
        await log.until(2)
        children = set(group.process_ids.values())
        below = {found for child in children for found in descendants(child)}
        assert len(below) == 1
        await group.stop(seconds=0.3)
    assert not left_after(children | below, 0.5)


async def test_a_child_that_dies_comes_back_and_is_reported() -> None:
    async with running(script("one", CALM)) as (group, log):
        await log.until(1)
        first = group.process_ids["one"]
        os.kill(first, signal.SIGKILL)
        await log.until(2)
        assert group.process_ids["one"] != first
    assert [(ended.name, ended.how, ended.last_lines) for ended in log.ends] == [
        ("one", "killed by SIGKILL", ("up",))
    ]


async def test_a_child_that_never_starts_is_retried_with_patience() -> None:
    broken = ChildSpec(name="broken", command=("/nonexistent/program",), environment={})
    async with running(broken) as (_, log):
        await log.until(3)
    assert [ended.count for ended in log.ends[:2]] == [1, 2]
    assert "No such file" in log.lines[0][1]


async def test_stopping_while_a_child_starts_leaves_nothing() -> None:
    for delay in (0, 0.005, 0.02, 0.05):
        before = descendants(os.getpid())
        async with running(script("one", CALM)):
            await asyncio.sleep(delay)
        assert not left_after(descendants(os.getpid()) - before, 0.5)


async def test_the_terminal_does_not_reach_a_child() -> None:
    async with running(script("one", CALM)) as (group, log):
        await log.until(1)
        child = group.process_ids["one"]
        assert os.getsid(child) == child != os.getsid(0)


async def test_signals_that_the_parent_ignores_still_work_in_a_child() -> None:
    """A shell's ``&`` starts programs with SIGINT ignored, and Python ignores SIGPIPE."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = await spawn([sys.executable, "-c", CALM], environment={})
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 5) == -signal.SIGINT


@pytest.mark.parametrize("code", [CALM, DEAF], ids=["calm", "deaf"])
async def test_children_die_with_a_killed_parent(code: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, code), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    for _ in range(2):
        await asyncio.wait_for(parent.stdout.readline(), 10)
    children = descendants(parent.pid)
    assert len(children) == 2, [command_line(child) for child in children]
    parent.kill()
    await parent.wait()
    assert not left_after(children, 1)


async def test_a_parent_that_is_gone_before_its_child_begins() -> None:
    """The launcher compares parents: a child must not outlive one that died while it started."""
    shell = await asyncio.create_subprocess_exec("/bin/true")
    await shell.wait()
    launched = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", launch.__file__, f'{{"parent": {shell.pid}, "death_signal": 9}}', "--"),
        *("/bin/echo", "still here"),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await launched.communicate()
    assert (launched.returncode, output) == (125, b"")
    assert not alive(launched.pid)
