"""The only place that runs ffmpeg and ffprobe on a media file: always in the jail, always with limits."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from types import TracebackType

import structlog

from vlog.kit.errors import Unavailable
from vlog.media import hardening
from vlog.media.progress import Progress, ProgressParser
from vlog.pipeline import failures
from vlog.pipeline.child import Child, CountingReader, Exit, Feed, Pipe, Tail, input_file, spawn
from vlog.pipeline.failures import Completed, OutputTooBig, Stalled, TimedOut, ToolFailure
from vlog.pipeline.jail import Jail, JailSpec, Mode

__all__ = ["Completed", "Process", "run", "start"]

_STDERR_BYTES = 64 << 10
_PROGRESS_SECONDS = "0.5"
_LAST_WORDS_SECONDS = 2.0
_LONGEST_WATCH_SECONDS = 5.0

_log = structlog.get_logger(__name__)


async def run(jail: Jail, argv: Sequence[str], *, spec: JailSpec, stdin: bytes | None = None) -> Completed:
    """Run one tool to its end and give back all that it wrote to stdout.

    ``argv[0]`` is ``str(jail.tools.ffmpeg)`` or ``str(jail.tools.ffprobe)``; the source is named by
    ``jail.source_url(spec.source)``. Any exit status is returned; raises ``DecoderCrashed``, ``TimedOut``,
    ``OutputTooBig`` (stdout beyond ``spec.limits.output_bytes``), ``SandboxBroken``, ``NotFound`` (no such
    source). Cancelling kills the tool.
    """
    process = Process(jail, argv, spec=spec)
    async with process:
        await process.open(stdin=stdin)
        return await process.wait()


async def start(
    jail: Jail,
    argv: Sequence[str],
    *,
    spec: JailSpec,
    outputs: int,
    on_progress: Callable[[Progress], None] | None = None,
) -> Process:
    """Start an encoder that writes to ``outputs`` pipes, in ``argv`` named by ``hardening.output_url(0 …)``.

    The options for ``-progress`` are added here. The caller uses the process as an async context manager,
    reads every pipe to its end (a pipe that nobody reads holds the encoder up) and then awaits
    ``Process.wait``.
    """
    process = Process(jail, argv, spec=spec)
    async with contextlib.AsyncExitStack() as opening:
        # Whatever stops it half way, being cancelled too, leaves no process and no pipe.
        opening.push_async_callback(process.close)
        await process.open_encoder(outputs, on_progress)
        opening.pop_all()
    return process


class Process:
    """A running media tool; leaving its ``async with`` block kills what still runs and closes every pipe."""

    def __init__(self, jail: Jail, argv: Sequence[str], *, spec: JailSpec) -> None:
        self.command = shlex.join(jail.shown(argv, spec.source))
        self.outputs: tuple[asyncio.StreamReader, ...] = ()
        self.progress: Progress | None = None
        self._jail = jail
        self._argv = list(argv)
        self._spec = spec
        self._child: Child | None = None
        self._loop = asyncio.get_running_loop()
        self._timers: list[asyncio.TimerHandle] = []
        self._pipes: list[Pipe] = []
        self._feeds: list[Feed] = []
        self._stdout = bytearray()
        self._stderr = Tail(_STDERR_BYTES)
        self._written_bytes = 0
        self._verdict: type[ToolFailure] | None = None
        self._is_stopped = False
        self._started_at = self._moved_at = self._loop.time()

    @property
    def pid(self) -> int:
        """The process id of the jail's outermost process."""
        return self._running.pid

    @property
    def stderr_tail(self) -> str:
        """The last 64 KB of what the tool wrote to stderr, so far."""
        return self._stderr.text()

    async def wait(self) -> Completed:
        """The end of the tool with its CPU time and peak memory.

        Any exit status is returned, also the one that ``stop`` and ``kill`` lead to. Raises
        ``DecoderCrashed``, ``TimedOut``, ``Stalled``, ``OutputTooBig``, ``SandboxBroken``.
        """
        ended = await self._running.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                for feed in self._feeds:
                    await feed.ended.wait()
        completed = self._completed(ended)
        _log.debug(
            "media tool ended",
            command=self.command,
            returncode=completed.returncode,
            cpu_seconds=round(completed.cpu_seconds, 3),
        )
        if self._is_stopped and self._verdict is None:
            return completed
        return failures.judged(completed, self._verdict, cpu_limit_seconds=self._spec.limits.cpu_seconds)

    async def stop(self, *, grace_seconds: float = 2.0) -> None:
        """Ask the tool to end, then kill its whole process group; returns when it is gone."""
        self._is_stopped = True
        self._running.signal_group(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._running.wait()
        self.kill()
        await self._running.wait()

    def kill(self) -> None:
        """Kill the whole process group at once; ``wait`` tells when it is gone."""
        self._is_stopped = True
        self._running.signal_group(signal.SIGKILL)

    async def open(self, *, stdin: bytes | None) -> None:
        """Start a tool whose stdout is collected; for ``run``."""
        stdout = self._pipe()
        with input_file(stdin) as source:
            await self._spawn(stdin=source, stdout=stdout.writer, outputs=[])
        await self._feed(stdout, self._collect)
        await self._feed(self._pipes[-1], self._stderr.feed)

    async def open_encoder(self, outputs: int, on_progress: Callable[[Progress], None] | None) -> None:
        """Start a tool that writes to pipes and tells its progress; for ``start``."""
        pipes = [self._pipe() for _ in range(outputs + 1)]
        told = hardening.output_url(outputs)
        self._argv[1:1] = ["-progress", told, "-stats_period", _PROGRESS_SECONDS]
        await self._spawn(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, outputs=pipes)
        readers = [CountingReader(self._count) for _ in range(outputs)]
        for pipe, reader in zip(pipes, readers, strict=False):
            await pipe.connect(asyncio.StreamReaderProtocol(reader))
        parser = ProgressParser()
        await self._feed(pipes[-1], lambda data: self._tell(parser.feed(data), on_progress))
        await self._feed(self._pipes[-1], self._stderr.feed)
        self.outputs = tuple(readers)
        self._watch()

    async def close(self) -> None:
        """Kill the tool if it still runs, wait for its end, close every pipe."""
        for timer in self._timers:
            timer.cancel()
        try:
            if self._child is not None and self._child.is_running:
                self.kill()
                await self._child.wait()
        finally:
            for pipe in self._pipes:
                pipe.close()

    async def __aenter__(self) -> Process:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("The media tool has not been started.")
        return self._child

    def _pipe(self) -> Pipe:
        pipe = Pipe()
        self._pipes.append(pipe)
        return pipe

    async def _feed(self, pipe: Pipe, take: Callable[[bytes], None]) -> None:
        feed = Feed(take)
        self._feeds.append(feed)
        await pipe.connect(feed)

    async def _spawn(self, *, stdin: int, stdout: int, outputs: list[Pipe]) -> None:
        stderr = self._pipe()
        files = [(pipe.writer, hardening.FIRST_OUTPUT_FD + index) for index, pipe in enumerate(outputs)]
        # In a thread, because it looks at the source, and a storage that hangs must not stop the event loop.
        command = await asyncio.to_thread(self._jail.command, self._spec, self._argv, files=files)
        # Probes and self-tests come in swarms; what makes segments is worth a line.
        tell = _log.info if self.outputs else _log.debug
        tell("media tool starts", command=self.command)
        try:
            self._child = spawn(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr.writer,
                files=[pipe.writer for pipe in outputs],
            )
        except OSError as error:
            raise Unavailable(f"The media tool could not be started: {error}", code="cannot_start") from error
        finally:
            for pipe in self._pipes:
                pipe.close_writer()
        self._timers.append(self._loop.call_later(self._spec.limits.wall_seconds, self._end, TimedOut))

    def _collect(self, data: bytes) -> None:
        self._count(len(data))
        # Beyond the limit the tool is being killed, and what it still says is not kept.
        if self._verdict is None:
            self._stdout += data

    def _count(self, size_bytes: int) -> None:
        self._moved_at = self._loop.time()
        self._written_bytes += size_bytes
        if self._written_bytes > self._spec.limits.output_bytes:
            self._end(OutputTooBig)

    def _tell(self, reports: list[Progress], on_progress: Callable[[Progress], None] | None) -> None:
        for report in reports:
            if _position(report) != _position(self.progress):
                self._moved_at = self._loop.time()
            self.progress = report
            if on_progress is not None:
                on_progress(report)

    def _watch(self) -> None:
        """End a tool that has not moved for too long; one that waits for its reader is not to blame."""
        limit = self._spec.limits.stall_seconds
        now = self._loop.time()
        if any(pipe.is_held_up for pipe in self._pipes):
            self._moved_at = now
        if now - self._moved_at >= limit:
            self._end(Stalled)
            return
        pause = min(_LONGEST_WATCH_SECONDS, limit / 4)
        self._timers = [timer for timer in self._timers if timer.when() > now]
        self._timers.append(self._loop.call_later(pause, self._watch))

    def _end(self, verdict: type[ToolFailure]) -> None:
        if self._verdict is None and self._running.is_running:
            self._verdict = verdict
            self._running.signal_group(signal.SIGKILL)

    def _completed(self, ended: Exit) -> Completed:
        inside_another = self._jail.mode is Mode.BUBBLEWRAP
        return Completed(
            command=self.command,
            returncode=failures.unwrapped(ended.returncode) if inside_another else ended.returncode,
            stdout=bytes(self._stdout),
            stderr_tail=self.stderr_tail,
            cpu_seconds=ended.cpu_seconds,
            max_rss_bytes=ended.max_rss_bytes,
            wall_seconds=self._loop.time() - self._started_at,
        )


def _position(report: Progress | None) -> tuple[object, ...]:
    if report is None:
        return ()
    return (report.frame, report.out_time_seconds, report.total_size_bytes, report.finished)
