"""The only place that starts ffmpeg and ffprobe on a media file; always inside the jail, always with limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vlog.media.progress import Progress
from vlog.pipeline.jail import Jail, JailSpec


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A tool that ended by itself. ``command`` can be pasted into a shell (the jail's own prefix is left out)."""

    command: str
    returncode: int
    stdout: bytes
    stderr_tail: str
    cpu_seconds: float
    max_rss_bytes: int
    wall_seconds: float

    def checked(self) -> Completed:
        """This value, or ``ExitedWithError`` when the tool's exit status is not 0."""
        raise NotImplementedError


async def run(
    jail: Jail, argv: Sequence[str], *, spec: JailSpec, stdin: bytes | None = None
) -> Completed:
    """Run one short tool to its end and give back all that it wrote to stdout.

    ``argv[0]`` is ``str(jail.tools.ffmpeg)`` or ``str(jail.tools.ffprobe)``; the source is named by
    ``jail.source_url(spec.source)``. Any exit status is returned; raises ``DecoderCrashed``, ``TimedOut``,
    ``OutputTooBig`` (stdout beyond ``spec.limits.output_bytes``) or ``SandboxBroken``. Cancelling kills the tool.
    """
    raise NotImplementedError


async def start(
    jail: Jail,
    argv: Sequence[str],
    *,
    spec: JailSpec,
    outputs: int,
    on_progress: Callable[[Progress], None] | None = None,
) -> Process:
    """Start an encoder that writes to ``outputs`` pipes, named in ``argv`` by ``hardening.output_url(0 … n-1)``.

    The options for ``-progress`` are added here. The caller reads every pipe to its end (a pipe that nobody reads
    holds the encoder up) and then awaits ``Process.wait``.
    """
    raise NotImplementedError


class Process:
    """A running encoder. Use it as an async context manager: leaving the block kills what still runs."""

    command: str
    pid: int
    outputs: tuple[asyncio.StreamReader, ...]
    progress: Progress | None

    async def wait(self) -> Completed:
        """The end of the encoder with its CPU time and peak memory; raises as ``run`` does, and ``Stalled``."""
        raise NotImplementedError

    async def stop(self, *, grace_seconds: float = 2.0) -> None:
        """Ask the encoder to end, then kill its whole process group; returns when it is gone."""
        raise NotImplementedError

    def kill(self) -> None:
        """Kill the whole process group at once; ``wait`` still has to be awaited."""
        raise NotImplementedError

    @property
    def stderr_tail(self) -> str:
        """The last 64 KB of what the encoder wrote to stderr, so far."""
        raise NotImplementedError
