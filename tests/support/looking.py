"""Looking at a file in a jail, as the steps of the pipeline do, and hearing whether it calls anybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vlog.media.hardening import ffmpeg_input_args, ffprobe_input_args
from vlog.pipeline import ffmpeg
from vlog.pipeline.failures import Completed
from vlog.pipeline.jail import Jail, JailSpec, Limits

QUICKLY_SECONDS = 5.0
_LIMITS = Limits(wall_seconds=20.0, cpu_seconds=20)


@dataclass
class Listener:
    """A server on this machine that nobody should ever call."""

    port: int
    calls: int = 0


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    heard = Listener(0)

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.calls += 1
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        heard.port = server.sockets[0].getsockname()[1]
        yield heard


async def decoded(jail: Jail, source: Path, *options: str, frames: int = 3) -> Completed:
    """Pictures of ``source`` on stdout, as a thumbnail step would take them."""
    argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", *options, "-i", jail.source_url(source)]
    argv += ["-map", "0:v:0", "-frames:v", str(frames), "-vf", "scale=64:36", "-f", "rawvideo", "pipe:1"]
    return await ffmpeg.run(jail, argv, spec=JailSpec(source=source, limits=_LIMITS))


async def probed(jail: Jail, source: Path, *options: str, show: str = "stream=width") -> Completed:
    """What ffprobe says of ``source``."""
    argv = [str(jail.tools.ffprobe), "-v", "error", *options, "-show_entries", show, "-of", "csv=p=0"]
    argv.append(jail.source_url(source))
    return await ffmpeg.run(jail, argv, spec=JailSpec(source=source, limits=_LIMITS))


async def assert_refused(jail: Jail, source: Path) -> None:
    """Neither tool makes anything of the file, and both say so soon."""
    started = time.monotonic()
    for done in await asyncio.gather(
        probed(jail, source, *ffprobe_input_args()), decoded(jail, source, *ffmpeg_input_args())
    ):
        assert done.returncode != 0, done.command
        assert done.stdout == b""
        assert done.stderr_tail
    assert time.monotonic() - started < QUICKLY_SECONDS
