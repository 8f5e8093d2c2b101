"""One task in a worker's hands: what every step needs, and what is kept of its tool runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from vlog.kit.errors import Conflict, Invalid
from vlog.media import progress as tool_progress
from vlog.pipeline import ffmpeg
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.failures import Completed
from vlog.pipeline.holding import Holding
from vlog.pipeline.jail import ENCODE_LIMITS, Jail, JailSpec, Limits
from vlog.pipeline.segmenter import CutOff
from vlog.pipeline.together import together
from vlog.wire.work import CELLS_TAKEN, Progress, ToolRun

_STDERR_TAIL_CHARACTERS = 4000

Readers = Callable[[Sequence[asyncio.StreamReader]], Sequence[Awaitable[None]]]


@dataclass(kw_only=True)
class Assignment:
    """``runs`` are kept for the task's record; ``progress`` is what the next renewal tells. ``hurried`` work
    goes before other work of this machine.
    """

    holding: Holding
    jail: Jail
    source: Path
    hurried: bool = False
    runs: list[ToolRun] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

    @property
    def source_url(self) -> str:
        """The source's name in commands."""
        return self.jail.source_url(self.source)

    @property
    def ffmpeg_path(self) -> str:
        """The encoder's name in commands."""
        return str(self.jail.tools.ffmpeg)

    async def deliver(self, delivery: Delivery, making: Awaitable[None]) -> bool:
        """Run ``making``, which puts segments into ``delivery``; returns when all of them are durable.

        False when it was stopped because others have been given the last of them: ``delivery.wants`` then
        tells whether something before those is still to be made.
        """

        async def making_then_closing() -> None:
            await making
            await delivery.close()

        # Whoever was stopped the last time may just have said that nothing more would come.
        delivery.open()
        try:
            await together(delivery.run(), making_then_closing())
        except Conflict as error:
            if error.code != CELLS_TAKEN:
                raise
            return False
        return True

    async def stream(
        self, argv: Sequence[str], *, outputs: int, readers: Readers, frame_rate: Fraction = Fraction(0)
    ) -> Completed:
        """Run a tool whose pipes are read by ``readers`` (one awaitable each) until it has ended well.

        Returns what the tool said. ``frame_rate`` turns the count of pictures into a speed. Raises
        ``ToolFailure`` or what a reader raises.
        """
        begun_at = asyncio.get_running_loop().time()
        before = self.progress.frames

        def tell(report: tool_progress.Progress) -> None:
            elapsed = asyncio.get_running_loop().time() - begun_at
            frames = report.frame or 0
            # ffmpeg's own speed is wrong where it does not begin at the start of the file.
            speed = float(frames / frame_rate) / elapsed if frame_rate and elapsed > 0 else None
            self.progress = Progress(frames=before + frames, speed=speed)

        limits = await asyncio.to_thread(_limits, self.source)
        spec = JailSpec(source=self.source, limits=limits, hurried=self.hurried)
        process = await ffmpeg.start(self.jail, argv, spec=spec, outputs=outputs, on_progress=tell)
        async with process:
            try:
                await together(*readers(process.outputs))
            except CutOff:
                # The tool's end says why.
                (await self._ended(process)).checked()
                raise
            except Invalid:
                process.kill()
                await self._ended(process)
                raise
            return (await self._ended(process)).checked()

    async def _ended(self, process: ffmpeg.Process) -> Completed:
        completed = await process.wait()
        self.record(completed)
        return completed

    def record(self, completed: Completed) -> None:
        """Keep a run of a tool for the task's record; the same one twice is one."""
        run = ToolRun(
            command=completed.command,
            stderr_tail=completed.stderr_tail[-_STDERR_TAIL_CHARACTERS:],
            exit_status=completed.returncode,
            cpu_seconds=completed.cpu_seconds,
            max_rss_bytes=completed.max_rss_bytes,
        )
        if run not in self.runs:
            self.runs.append(run)


def _limits(source: Path) -> Limits:
    """What is copied is about as large as the source; what is encoded is never much larger."""
    with contextlib.suppress(OSError):
        size_bytes = source.stat().st_size
        return replace(ENCODE_LIMITS, output_bytes=max(ENCODE_LIMITS.output_bytes, 2 * size_bytes))
    return ENCODE_LIMITS
