"""Runs single steps of the pipeline on a source and judges what they made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.recording_client import RecordingClient
from vlog.media.fmp4 import find, parse_fragment
from vlog.media.fmp4_init import parse_init
from vlog.media.grid import Grid
from vlog.media.plan import VideoRendition
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.encode import encode
from vlog.pipeline.holding import Holding
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected, InspectWork, Lease, Made, ThumbnailWork, VideoWork

LEASE = Lease(task_id=1, epoch=1)


def rung(name: str, width: int, height: int, *, preset: str = "ultrafast") -> VideoRendition:
    """A rung that costs little to encode."""
    return VideoRendition(
        name=name,
        width=width,
        height=height,
        encoder="libx264",
        preset=preset,
        crf=23,
        max_bit_rate=2_000_000,
        buffer_bits=4_000_000,
        profile="high",
        level="3.0",
    )


async def inspected(jail: Jail, source: Path, *, segment_seconds: int = 1, remux: bool = False) -> Inspected:
    """The source as the pipeline's first step sees it, with short segments."""
    work = InspectWork(
        segment_seconds=segment_seconds, max_frame_rate=60, max_duration_seconds=7200, remux=remux
    )
    return await inspect(jail, source, work, on_run=lambda _: None)


def thumbnail_work(
    found: Inspected, *, widths: tuple[int, ...] = (640,), formats: tuple[str, ...] = ("jpeg",)
) -> ThumbnailWork:
    """The task that chooses a picture of this source."""
    return ThumbnailWork(
        info=found.info,
        start_seconds=found.grid.start_seconds,
        duration_seconds=found.grid.duration_seconds,
        widths=widths,
        formats=formats,
    )


def assignment(jail: Jail, source: Path, client: RecordingClient) -> Assignment:
    """A task on ``source`` whose lease lasts."""
    return Assignment(holding=Holding(client, LEASE, 60.0), jail=jail, source=source)


async def encode_chunk(
    task: Assignment,
    found: Inspected,
    cells: range,
    *,
    rungs: Sequence[VideoRendition],
    durable: Mapping[str, tuple[int, ...]] | None = None,
) -> Made:
    """Encode the cells with these numbers."""
    grid = found.grid.between(cells.start, cells.stop)
    work = VideoWork(
        info=found.info,
        grid=grid,
        first_cell=cells.start,
        last=cells.stop == len(found.grid.cells),
        rungs=tuple(rungs),
        durable=dict(durable or {}),
    )
    return await encode(task, work)


def chunks(grid: Grid, size: int) -> list[range]:
    """Runs of ``size`` cells, the last one first: nothing may depend on the order."""
    count = len(grid.cells)
    return [range(start, min(start + size, count)) for start in range(0, count, size)][::-1]


@dataclass(frozen=True)
class Shown:
    """A rendition as its bytes say: presentation and decode ticks of each sample, in decode order."""

    media: bytes
    ticks: tuple[int, ...]
    decode_ticks: tuple[int, ...]
    end: int


def shown(client: RecordingClient, name: str) -> Shown:
    """Put a rendition together as a player does, and check that its segments fit each other exactly."""
    init = client.inits[name]
    segments = [client.segments[name][number] for number in sorted(client.segments[name])]
    assert [segment.number for segment in segments] == list(range(len(segments)))
    delay, track, clock = edit_start(init), parse_init(init), segments[0].start
    ticks: list[int] = []
    decode_ticks: list[int] = []
    for segment in segments:
        fragment = parse_fragment(segment.data, track.defaults)
        assert fragment.decode_time == clock == segment.start
        samples = fragment.samples
        assert samples.syncs[0]
        assert min(samples.durations) > 0
        ticks_before = len(ticks)
        for duration, offset in zip(samples.durations, samples.offsets, strict=True):
            ticks.append(clock + offset - delay)
            decode_ticks.append(clock)
            clock += duration
        assert clock - segment.start == segment.duration
        assert min(ticks[ticks_before:]) == segment.start
        assert len(segment.data) == fragment.data_offset + sum(samples.sizes)
    media = init + b"".join(segment.data for segment in segments)
    return Shown(media, tuple(ticks), tuple(decode_ticks), clock)


def edit_start(init: bytes) -> int:
    """Where the edit list of an initialisation segment begins; 0 without one."""
    elst = find(init, b"moov", b"trak", b"edts", b"elst")
    return 0 if elst is None else int.from_bytes(init[elst.body + 12 : elst.body + 16], "big")
