"""The jail, tried for real before any task is taken: each way out that has worked elsewhere must be shut.

Formats and protocols are deliberately unrestricted in these runs, so that the jail itself is what is tested
and not the list of formats in front of it.
"""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import structlog

from vlog.pipeline import ffmpeg
from vlog.pipeline.failures import Completed, SandboxBroken
from vlog.pipeline.jail import Jail, JailSpec, Limits, Mode
from vlog.pipeline.workfolders import work_folder

_LIMITS = Limits(cpu_seconds=10, wall_seconds=10.0)
_MARK = b"VLog jail self-test secret. " * 64
_ANY_PROTOCOL = ("-protocol_whitelist", "file,pipe,fd,data,crypto,http,tcp,udp,concat,subfile")
_STRANGER = Path("/etc/passwd")

_log = structlog.get_logger(__name__)


async def self_test(jail: Jail) -> None:
    """Raise ``SandboxBroken``, saying what was possible, unless every attempt to leave the jail fails.

    A machine that is told to work without a jail is not tested.
    """
    if jail.mode is Mode.NONE:
        return
    found = await escapes(jail)
    if found:
        raise SandboxBroken(f"The {jail.mode} jail does not hold: {'; '.join(found)}.")
    _log.info("the jail holds", mode=str(jail.mode), landlock_abi=jail.landlock_abi)


async def escapes(jail: Jail) -> list[str]:
    """What a tool in this jail can do and must not, or must do and can't; empty when the jail is sound."""
    async with work_folder() as folder:
        trial = _Trial(jail, folder)
        results = await asyncio.gather(
            trial.works(), trial.probes(), trial.steals(), trial.reads(), trial.connects(), trial.writes()
        )
    return [result for result in results if result is not None]


class _Trial:
    """The attempts, each telling what went wrong; a secret lies beside the one allowed source."""

    def __init__(self, jail: Jail, folder: Path) -> None:
        self._jail = jail
        self._folder = folder.resolve()
        self._secret = self._folder / "secret.wav"
        self._secret.write_bytes(_wav(_MARK))

    async def works(self) -> str | None:
        source = self._folder / "own.wav"
        source.write_bytes(_wav(_MARK))
        done = await self._ffmpeg(source, "-f", "wav")
        return None if _MARK in done.stdout else f"ffmpeg can't read its own source ({_last_words(done)})"

    async def probes(self) -> str | None:
        source = self._folder / "probed.wav"
        source.write_bytes(_wav(_MARK))
        asked = ("-show_entries", "format=format_name", "-of", "csv=p=0", self._jail.source_url(source))
        done = await self._run([str(self._jail.tools.ffprobe), "-v", "error", *asked], source)
        return (
            None if done.stdout.strip() == b"wav" else f"ffprobe can't read its source ({_last_words(done)})"
        )

    async def steals(self) -> str | None:
        """A text in the clothes of a video that names its neighbour."""
        source = self._folder / "list.mp4"
        source.write_text(f"ffconcat version 1.0\nfile '{self._secret}'\n")
        done = await self._ffmpeg(source, "-f", "concat", "-safe", "0")
        return "a disguised list reads a neighbour" if done.stdout else None

    async def reads(self) -> str | None:
        source = self._folder / "any.mp4"
        source.write_bytes(b"any")
        copy = ("-map", "0", "-c", "copy", "-f", "data", "pipe:1")
        argv = [*self._begin(), "-f", "data", "-i", f"file:{_STRANGER}", *copy]
        done = await self._run(argv, source)
        return f"{_STRANGER} can be read" if done.stdout else None

    async def connects(self) -> str | None:
        """A playlist whose segment lies on a server of our own."""
        calls: list[object] = []

        def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            calls.append(writer)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            source = self._folder / "hls.mp4"
            source.write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/0.ts\n#EXT-X-ENDLIST\n")
            await self._ffmpeg(source, "-f", "hls")
        return "a playlist opens network connections" if calls else None

    async def writes(self) -> str | None:
        source = self._folder / "copied.wav"
        source.write_bytes(_wav(_MARK))
        target = self._folder / "written.wav"
        await self._run([*self._begin(), "-i", self._jail.source_url(source), f"file:{target}"], source)
        return "a file can be written" if target.exists() else None

    def _begin(self) -> list[str]:
        return [str(self._jail.tools.ffmpeg), "-nostdin", "-v", "error", "-y", *_ANY_PROTOCOL]

    async def _ffmpeg(self, source: Path, *options: str) -> Completed:
        """Decode ``source`` to samples on stdout; ``options`` stand before its name."""
        url = self._jail.source_url(source)
        return await self._run([*self._begin(), *options, "-i", url, "-f", "s16le", "pipe:1"], source)

    async def _run(self, argv: list[str], source: Path) -> Completed:
        return await ffmpeg.run(self._jail, argv, spec=JailSpec(source=source, limits=_LIMITS))


def _wav(samples: bytes) -> bytes:
    """A minimal WAV file: 16-bit mono at 8 kHz."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


def _last_words(done: Completed) -> str:
    return done.stderr_tail.strip().rsplit("\n", 1)[-1] or f"status {done.returncode}"
