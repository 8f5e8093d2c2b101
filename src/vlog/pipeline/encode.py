"""Encodes a run of cells for several rungs from one decode, and hands each segment on as it is born."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import groupby

from vlog.kit.errors import Invalid
from vlog.media import avc, command
from vlog.media.command import VideoJob
from vlog.media.cutting import (
    TickFunction,
    VideoCutter,
    delay_ticks,
    grid_ticks,
    held_segment,
    source_ticks,
)
from vlog.media.encoders import ENCODERS
from vlog.media.fmp4 import Buffer, bad
from vlog.media.fmp4_init import Track, build_video_init
from vlog.media.grid import Cell, Grid
from vlog.media.plan import VideoRendition
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.segmenter import Segmenter, read_fragments, read_track
from vlog.wire.work import Made, VideoWork

Numbered = tuple[int, Cell]

# Each holds some pictures: more would not fit in memory at 8K, and help little.
_MOST_THREADS = 4


async def encode(assignment: Assignment, work: VideoWork) -> Made:
    """Make all cells of ``work`` durable that are not yet.

    Raises ``Invalid`` (``no_pictures``, ``bad_segment``), ``ToolFailure``, ``LeaseLost`` and what the server
    answers.
    """
    assignment.hurried = work.hurried
    delivery = Delivery(assignment.holding, work.durable)
    encoding = _Encoding(assignment, work, delivery)
    while not await assignment.deliver(delivery, encoding.run()):
        # One rung may have reached what is others' now before all of the cells before that were sent.
        if not encoding.lacks_any:
            break
    return Made(missing_frames=encoding.missing_frames)


class _Encoding:
    """One task: a run of ffmpeg for the cells that hold pictures, then one for each picture that is held."""

    def __init__(self, assignment: Assignment, work: VideoWork, delivery: Delivery) -> None:
        self._assignment = assignment
        self._work = work
        self._delivery = delivery
        self._segmenters = {rung.name: Segmenter(rung.name, delivery) for rung in work.rungs}
        self._numbered: list[Numbered] = list(enumerate(work.grid.cells, start=work.first_cell))

    @property
    def missing_frames(self) -> int:
        """Pictures that could not be decoded; the rungs share one decoder."""
        return max(segmenter.missing_frames for segmenter in self._segmenters.values())

    @property
    def lacks_any(self) -> bool:
        """Whether a cell is still to be made."""
        return any(self._is_wanted(number) for number, _ in self._numbered)

    async def run(self) -> None:
        numbered = self._numbered
        moving = [entry for entry in numbered if entry[1].frames]
        if wanted := _span([self._is_wanted(number) for number, _ in moving]):
            await self._encode(moving[wanted])
        held = [(number, cell) for number, cell in numbered if not cell.frames and self._is_wanted(number)]
        for _, cells in groupby(held, key=lambda entry: entry[1].first_pts):
            await self._hold(list(cells))

    def _is_wanted(self, number: int) -> bool:
        return any(self._delivery.wants(rung.name, number) for rung in self._work.rungs)

    def _rungs_for(self, cells: Sequence[Numbered]) -> list[VideoRendition]:
        """The rungs that lack one of these cells, the largest first."""
        rungs = [
            rung
            for rung in self._work.rungs
            if any(self._delivery.wants(rung.name, number) for number, _ in cells)
        ]
        return sorted(rungs, key=lambda rung: rung.width * rung.height, reverse=True)

    async def _encode(self, cells: Sequence[Numbered]) -> None:
        rungs = self._rungs_for(cells)
        cutters: list[VideoCutter | None] = [None] * len(rungs)

        async def read(index: int, reader: asyncio.StreamReader) -> None:
            track = await read_track(reader)
            if track is None:
                return
            await self._begin(rungs[index], track)
            cutters[index] = cutter = self._cutter(rungs[index], cells, track)
            async for fragment, payload in read_fragments(reader, track):
                await self._segmenters[rungs[index].name].hand_on(cutter.push(fragment, payload))

        await self._run(cells, rungs, read)
        for rung, cutter in zip(rungs, cutters, strict=True):
            if cutter is None:
                raise Invalid("No picture could be decoded.", code="no_pictures")
            await self._segmenters[rung.name].hand_on(cutter.finish())

    async def _hold(self, cells: Sequence[Numbered]) -> None:
        """Encode the one picture that these cells show, and give it to each of them."""
        rungs = self._rungs_for(cells)
        pictures: list[bytes | None] = [None] * len(rungs)

        async def read(index: int, reader: asyncio.StreamReader) -> None:
            track = await read_track(reader)
            if track is None:
                return
            await self._begin(rungs[index], track)
            async for fragment, payload in read_fragments(reader, track):
                if pictures[index] is None and len(fragment.samples):
                    pictures[index] = bytes(payload[: fragment.samples.sizes[0]])

        first = replace(cells[0][1], frames=1)
        await self._run([(cells[0][0], first)], rungs, read)
        for rung, picture in zip(rungs, pictures, strict=True):
            if picture is None:
                raise Invalid("The picture to be held could not be decoded.", code="no_pictures")
            delay = self._delay(rung)
            cuts = (held_segment(number, cell, sample=picture, delay=delay) for number, cell in cells)
            await self._segmenters[rung.name].hand_on(cuts)

    async def _run(
        self,
        cells: Sequence[Numbered],
        rungs: Sequence[VideoRendition],
        read: Callable[[int, asyncio.StreamReader], Awaitable[None]],
    ) -> None:
        grid = self._grid(cells)
        job = VideoJob(
            ffmpeg=self._assignment.ffmpeg_path,
            source_url=self._assignment.source_url,
            info=self._work.info,
            grid=grid,
            rungs=rungs,
            decoder_threads=min(os.cpu_count() or 1, _MOST_THREADS) if self._work.hurried else 1,
        )
        await self._assignment.stream(
            command.encode(job),
            outputs=len(rungs),
            readers=lambda outputs: [read(index, reader) for index, reader in enumerate(outputs)],
            frame_rate=grid.frame_rate,
        )

    async def _begin(self, rung: VideoRendition, track: Track) -> None:
        grid = self._work.grid
        init = build_video_init(
            track,
            timescale=grid.timescale,
            width=rung.width,
            height=rung.height,
            delay=self._delay(rung),
        )
        await self._segmenters[rung.name].begin(init)

    def _cutter(self, rung: VideoRendition, cells: Sequence[Numbered], track: Track) -> VideoCutter:
        return VideoCutter(
            cells,
            ticks=_ticks(self._grid(cells), track),
            delay=self._delay(rung),
            exact=False,
            check=idr_check(track),
        )

    def _delay(self, rung: VideoRendition) -> int:
        grid = self._work.grid
        frames = ENCODERS[rung.encoder].delay_frames(in_order=grid.has_pauses)
        return delay_ticks(grid, frames)

    def _grid(self, cells: Sequence[Numbered]) -> Grid:
        return replace(self._work.grid, cells=tuple(cell for _, cell in cells))


def idr_check(track: Track) -> Callable[[Buffer], None]:
    """A check that a segment's first picture needs nothing before it."""
    size = avc.length_size(track.config(b"avcC"))

    def check(sample: Buffer) -> None:
        if not avc.is_idr(sample, size):
            raise bad("a segment does not begin with an IDR picture")

    return check


def _ticks(grid: Grid, track: Track) -> TickFunction:
    if grid.frame_duration is not None:
        return grid_ticks(grid, track.timescale)
    return source_ticks(grid, track.timescale, is_relative=True)


def _span(wanted: Sequence[bool]) -> slice | None:
    """From the first to the last that is wanted."""
    indices = [index for index, is_wanted in enumerate(wanted) if is_wanted]
    return slice(indices[0], indices[-1] + 1) if indices else None
