"""Watches the system calls of a running process with strace, and tells in which order they happened."""

from __future__ import annotations

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_UNFINISHED = " <unfinished ...>"


@dataclass
class Call:
    """One system call, its arguments as strace writes them, and the lines on which it begins and ends."""

    name: str
    arguments: str
    begins: int
    ends: int


@asynccontextmanager
async def watching(pid: int, log: Path, *calls: str) -> AsyncIterator[None]:
    """strace beside a process and its threads, for as long as the block lasts; skips where that can't be."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    options = ["-f", "-y", "-s", "300", "-e", f"trace={','.join(calls)}", "-o", str(log), "-p", str(pid)]
    tracer = await asyncio.create_subprocess_exec("strace", *options, stdout=DEVNULL, stderr=PIPE)
    try:
        assert tracer.stderr is not None
        async with asyncio.timeout(60):
            said = await tracer.stderr.readline()
        if b"attached" not in said:
            pytest.skip(f"processes may not be traced here: {said.decode().strip()}")
        yield
    finally:
        if tracer.returncode is None:
            tracer.terminate()
        await tracer.communicate()


def calls_of(log: Path) -> list[Call]:
    """The calls that succeeded, in the order in which they began."""
    found: list[Call] = []
    waiting: dict[tuple[str, str], Call] = {}
    for number, line in enumerate(log.read_text(errors="replace").splitlines()):
        if resumed := _RESUMED.match(line):
            call = waiting.pop((resumed["pid"], resumed["name"]), None)
            if call is not None:
                call.arguments += resumed["rest"]
                call.ends = number
        elif begun := _CALL.match(line):
            call = Call(begun["name"], begun["rest"].removesuffix(_UNFINISHED), number, number)
            found.append(call)
            if line.endswith(_UNFINISHED):
                waiting[begun["pid"], begun["name"]] = call
    return [call for call in found if ") = -1 " not in call.arguments]
