"""From the pictures that ffmpeg writes to segments on the grid, exact to the tick and checked one by one.

ffmpeg's own fragments carry times that depend on where it began and on its guesses of durations. Here only
the order of the samples and their presentation times are believed. Decode times are made anew: the j-th
picture to be decoded is decoded when the j-th picture is shown, and the constant ``delay`` keeps every
composition offset from being negative. So a segment's decode times fill its cell exactly, whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

from vlog.kit.errors import Invalid
from vlog.media.fmp4 import Buffer, Fragment, Samples, bad, build_segment
from vlog.media.grid import Cell, Grid

TickFunction = Callable[[Sequence[int]], list[int]]
"""From presentation times of a track to ticks of the grid."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A finished segment. ``missing`` pictures of the cell did not come; others are held in their place."""

    number: int
    start: int
    duration: int
    data: bytes
    missing: int


@dataclass(slots=True)
class _Open:
    """What has come so far of one cell."""

    ticks: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    syncs: list[bool] = field(default_factory=list)
    payload: list[Buffer] = field(default_factory=list)


def grid_ticks(grid: Grid, timescale: int) -> TickFunction:
    """For times that are on the grid already, counted from its first picture in ``1 / timescale`` seconds."""
    return _mapping(Fraction(grid.timescale, timescale), Fraction(0), step=1, lead=grid.lead)


def source_ticks(grid: Grid, timescale: int, *, is_relative: bool = False) -> TickFunction:
    """For times in the source file, or counted from its first picture if ``is_relative``.

    The same function as ``Grid.ticks``, for many at once; a time before the first picture stays negative.
    """
    step = grid.frame_duration or 1
    origin = 0 if is_relative else grid.origin_pts
    scale = Fraction(grid.timescale, timescale * step)
    return _mapping(scale, origin * grid.time_base * grid.timescale / step, step=step, lead=grid.lead)


def _mapping(scale: Fraction, origin: Fraction, *, step: int, lead: int) -> TickFunction:
    # In whole numbers: an hour holds 200 000 pictures, and fractions take ten times as long.
    unit = scale.denominator * origin.denominator
    factor = 2 * int(scale * unit)
    term = 2 * int(origin * unit) - unit
    unit *= 2

    def ticks(times: Sequence[int]) -> list[int]:
        parts = [divmod(time * factor - term, unit) for time in times]
        # Rounded to the nearest, halves to even, as Python's `round` does.
        steps = [count - (count & 1) if rest == 0 else count for count, rest in parts]
        return [count * step + lead if count > 0 else count * step for count in steps]

    return ticks


def delay_ticks(grid: Grid, reorder_frames: int) -> int:
    """How long after its decode time the first picture of a segment is shown, so that others can come
    before.
    """
    step = grid.frame_duration or round(grid.timescale / grid.frame_rate)
    return reorder_frames * step


class VideoCutter:
    """Cuts one rendition's stream of fragments into the segments of ``cells`` (with their numbers,
    ascending).

    ``check`` judges the first picture of a segment and raises. ``exact`` asks for all pictures of a
    cell; else the picture before a missing one is held, as long as at least one has come. Raises
    ``Invalid`` with the code ``bad_segment``.
    """

    def __init__(
        self,
        cells: Sequence[tuple[int, Cell]],
        *,
        ticks: TickFunction,
        delay: int,
        exact: bool,
        check: Callable[[Buffer], None],
    ) -> None:
        self._cells = list(cells)
        self._ticks = ticks
        self._delay = delay
        self._exact = exact
        self._check = check
        self._at = 0
        self._open = _Open()
        self._shift: int | None = None

    def push(self, fragment: Fragment, payload: memoryview) -> Iterator[Cut]:
        """Take the next fragment, ``payload`` being its samples' bytes, and give the segments it
        completes.
        """
        samples = fragment.samples
        ends = list(accumulate(samples.sizes, initial=0))
        if ends[-1] > len(payload):
            raise bad("samples go beyond their data")
        ticks = self._ticks(self._presentation_times(fragment))
        start = 0
        while start < len(ticks):
            if self._at == len(self._cells):
                self._refuse_before_end(ticks[start:])
                return
            stop = self._border(ticks, start)
            self._take(samples, ticks, part=slice(start, stop))
            self._open.payload.append(payload[ends[start] : ends[stop]])
            if stop < len(ticks):
                yield self._close()
            start = stop

    def finish(self) -> Iterator[Cut]:
        """The last segment, once the encoder has ended well."""
        if self._open.ticks:
            yield self._close()
        if self._at < len(self._cells):
            number, _ = self._cells[self._at]
            raise Invalid(f"No picture of segment {number} could be decoded.", code="no_pictures")

    def _presentation_times(self, fragment: Fragment) -> list[int]:
        samples = fragment.samples
        if self._shift is None:
            # ffmpeg's `frag_discont` sets the first decode time to the first sample's presentation time.
            self._shift = samples.offsets[0] if len(samples) else 0
        decode = accumulate(samples.durations, initial=fragment.decode_time - self._shift)
        return [time + offset for time, offset in zip(decode, samples.offsets, strict=False)]

    def _border(self, ticks: Sequence[int], start: int) -> int:
        """The index of the first sample from ``start`` on that belongs to the next cell."""
        end = self._cells[self._at][1].end
        return next((index for index in range(start, len(ticks)) if ticks[index] >= end), len(ticks))

    def _refuse_before_end(self, ticks: Sequence[int]) -> None:
        """Pictures that an edit list hides at the end, or broken ones, are left out if no other needs
        them.
        """
        if min(ticks) < self._cells[-1][1].end:
            raise bad("pictures come back after the end")

    def _take(self, samples: Samples, ticks: Sequence[int], *, part: slice) -> None:
        self._open.ticks += ticks[part]
        self._open.sizes += samples.sizes[part]
        self._open.syncs += samples.syncs[part]

    def _close(self) -> Cut:
        number, cell = self._cells[self._at]
        taken, self._open = self._open, _Open()
        self._at += 1
        if not taken.ticks:
            raise Invalid(f"No picture of segment {number} could be decoded.", code="no_pictures")
        missing = self._judge(number, cell, taken)
        samples = _placed(cell, taken, self._delay)
        return Cut(
            number=number,
            start=cell.start,
            duration=sum(samples.durations),
            data=build_segment(samples, taken.payload, sequence=number + 1, decode_time=cell.start),
            missing=missing,
        )

    def _judge(self, number: int, cell: Cell, taken: _Open) -> int:
        first = taken.payload[0][: taken.sizes[0]]
        if not taken.syncs[0]:
            raise bad(f"segment {number} does not begin with a key frame")
        self._check(first)
        if min(taken.ticks) != taken.ticks[0] or taken.ticks[0] < cell.start:
            raise bad(f"segment {number} has pictures before its first one")
        if len(set(taken.ticks)) != len(taken.ticks):
            raise bad(f"segment {number} has two pictures at the same time")
        missing = cell.frames - len(taken.ticks)
        if missing < 0 or (self._exact and missing):
            raise bad(f"segment {number} has {len(taken.ticks)} pictures instead of {cell.frames}")
        if self._exact and taken.ticks[0] != cell.start:
            raise bad(f"segment {number} begins at {taken.ticks[0]} instead of {cell.start}")
        return missing


def held_segment(number: int, cell: Cell, *, sample: Buffer, delay: int) -> Cut:
    """A cell without pictures of its own: one key frame, ``sample``, is shown for the whole of it."""
    samples = Samples(durations=[cell.duration], sizes=[len(sample)], syncs=[True], offsets=[delay])
    data = build_segment(samples, [sample], sequence=number + 1, decode_time=cell.start)
    return Cut(number=number, start=cell.start, duration=cell.duration, data=data, missing=0)


def _placed(cell: Cell, taken: _Open, delay: int) -> Samples:
    """The samples with the times that they get in their cell."""
    ticks = taken.ticks
    # Where the cell's first picture is missing, the next one is shown in its place too.
    ticks[0] = cell.start
    decode = decode_times(ticks, delay)
    ends = [*decode[1:], cell.end]
    return Samples(
        durations=[end - start for start, end in zip(decode, ends, strict=True)],
        sizes=taken.sizes,
        syncs=taken.syncs,
        offsets=[shown + delay - decoded for shown, decoded in zip(ticks, decode, strict=True)],
    )


def decode_times(ticks: Sequence[int], delay: int) -> list[int]:
    """When to decode pictures that are shown at ``ticks`` (in decode order), each at least ``delay`` earlier.

    Evenly spaced like the times of showing wherever ``delay`` allows it; elsewhere as late as possible.
    """
    even = sorted(ticks)
    if all(decoded <= shown + delay for decoded, shown in zip(even, ticks, strict=True)):
        return even
    times = even[:]
    latest = times[-1] + 1
    for index in range(len(times) - 1, -1, -1):
        times[index] = latest = min(even[index], ticks[index] + delay, latest - 1)
    if times[0] != ticks[0]:
        raise bad("pictures are too close to each other to be put in order")
    return times
