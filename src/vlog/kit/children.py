"""Child processes of one parent: apart from its terminal, restarted when they die, never left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog

from vlog.kit import launch
from vlog.kit.clock import monotonic_seconds
from vlog.kit.lines import LineSplitter

_READ_BYTES = 64 * 1024
_REMEMBERED_LINES = 20
# A grandchild may hold the pipe open for ever; what it says after its parent's end is not waited for.
_LAST_WORDS_SECONDS = 0.5


_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom a child of root becomes: ``namespace_id`` in a user namespace of its own, or another user.

    ``reach`` lets that user into folders which only root may enter. Empty: the parent's own identity.
    """

    namespace_id: int | None = None
    user_id: int | None = None
    group_id: int | None = None
    reach: bool = False


SAME = Identity()


async def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: int | IO[bytes] = asyncio.subprocess.PIPE,
    identity: Identity = SAME,
    death_signal: signal.Signals = signal.SIGKILL,
) -> asyncio.subprocess.Process:
    """Start ``command`` (absolute path first) in a session of its own, with ``output`` for stdout and stderr.

    The session keeps the terminal's Ctrl-C and hang-up away: the parent decides when a child ends. Should the
    parent die first, the kernel sends ``death_signal`` (PR_SET_PDEATHSIG, bound to the *thread* that spawns:
    call from one that lives as long as the child). Exit codes 124 and 125 are the launcher's (``launch.py``).
    """
    spec = {
        "parent": os.getpid(),
        "death_signal": int(death_signal),
        "namespace_id": identity.namespace_id,
        "user_id": identity.user_id,
        "group_id": identity.group_id,
        "reach": identity.reach,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", launch.__file__, json.dumps(spec), "--"),
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(environment),
        cwd=Path.cwd().root,
        start_new_session=True,
    )


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """One child: what it is called in logs, what runs, in which environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A child ended without having been asked to: the ``count``-th time, with its last lines."""

    name: str
    exit_code: int
    count: int
    last_lines: tuple[str, ...]

    @property
    def how(self) -> str:
        """The end in words: an exit code, or the name of the signal."""
        if self.exit_code < 0:
            return f"killed by {signal.Signals(-self.exit_code).name}"
        return f"exit code {self.exit_code}"


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Seconds to wait before a restart: doubling, and from the start again after a time in good health."""

    first_seconds: float = 0.5
    longest_seconds: float = 5.0
    healthy_seconds: float = 20.0

    def seconds(self, failures: int) -> float:
        """The wait before the restart that follows the ``failures``-th end in a row, counted from 1."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))


class ProcessGroup:
    """Children that live and end together: restarted with back-off when they die, stopped as one.

    ``on_line(name, line)`` gets each line of output without its line end; ``on_end`` hears of every end that
    nobody asked for.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        on_line: Callable[[str, str], None],
        on_end: Callable[[Ended], None],
        backoff: Backoff | None = None,
    ) -> None:
        self._specs = tuple(specs)
        self._on_line = on_line
        self._on_end = on_end
        self._backoff = backoff or Backoff()
        self._stopping = asyncio.Event()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def process_ids(self) -> dict[str, int]:
        """The process id of each child that runs now."""
        return {name: process.pid for name, process in self._running.items()}

    def start(self) -> None:
        """Start all children, and keep each alive from now on."""
        self._keepers = [asyncio.create_task(self._keep_alive(spec), name=spec.name) for spec in self._specs]

    async def stop(self, *, seconds: float) -> None:
        """SIGTERM to each in order, SIGKILL to what runs after ``seconds``; returns when none is left."""
        self._stopping.set()
        for spec in self._specs:
            self._signal(spec.name, signal.SIGTERM)
        if self._keepers:
            _, late = await asyncio.wait(self._keepers, timeout=seconds)
            if late:
                _log.warning("children killed", children=sorted(self._running))
            self.kill()
            await asyncio.gather(*self._keepers)

    def kill(self) -> None:
        """SIGKILL to every child and its group, now."""
        self._stopping.set()
        for name in tuple(self._running):
            self._signal(name, signal.SIGKILL)

    async def _keep_alive(self, spec: ChildSpec) -> None:
        ends = failures = 0
        while not self._stopping.is_set():
            started = monotonic_seconds()
            try:
                exit_code, last_lines = await self._run(spec)
            except OSError as error:
                # No process, memory or file handle left for it: a reason to wait, not to leave the others
                # alone.
                exit_code, last_lines = launch.FAILED, (str(error),)
            if self._stopping.is_set():
                return
            ends += 1
            failures = 1 if monotonic_seconds() - started > self._backoff.healthy_seconds else failures + 1
            delay = self._backoff.seconds(failures)
            ended = Ended(name=spec.name, exit_code=exit_code, count=ends, last_lines=last_lines)
            _log.error("child ended", child=spec.name, how=ended.how, restart_seconds=delay)
            self._on_end(ended)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _run(self, spec: ChildSpec) -> tuple[int, tuple[str, ...]]:
        """One life of a child: exit code and last lines."""
        process = await spawn(spec.command, environment=spec.environment)
        self._running[spec.name] = process
        if self._stopping.is_set():
            self._signal(spec.name, signal.SIGTERM)
        last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)

        def on_line(line: str) -> None:
            last_lines.append(line)
            self._on_line(spec.name, line)

        reading = asyncio.create_task(_read_lines(process, on_line))
        exit_code = await process.wait()
        # What it started itself and forgot; nothing is left in the group as a rule.
        self._signal(spec.name, signal.SIGKILL)
        del self._running[spec.name]
        await asyncio.wait([reading], timeout=_LAST_WORDS_SECONDS)
        reading.cancel()
        return exit_code, tuple(last_lines)

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._running.get(name)
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if number is signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)


async def _read_lines(process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
    lines = LineSplitter()
    if process.stdout is not None:
        while block := await process.stdout.read(_READ_BYTES):
            for line in lines.feed(block):
                on_line(line)
    for line in lines.finish():
        on_line(line)
