"""From encoded sound to segments along the grid: each frame at its place in time, each cell its nearest
frames.

Times are samples, which are also the ticks of a sound rendition's timescale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

from vlog.media.cutting import Cut
from vlog.media.fmp4 import Buffer, Fragment, Samples, bad, build_segment
from vlog.media.grid import Grid
from vlog.media.presentation import Span

AAC_FRAME_SAMPLES = 1024
"""Samples of one AAC-LC frame (14496-3, 4.5.2.1; the 960 variant is broadcast radio's)."""

_MP3_FRAME_SAMPLES = 1152
_MP3_LOW_RATE_FRAME_SAMPLES = 576
_MP3_LOWEST_FULL_RATE = 32_000


def mp3_frame_samples(sample_rate: int) -> int:
    """Samples of one MP3 frame (11172-3, 13818-3): the low rates of MPEG-2 have half as many."""
    return _MP3_FRAME_SAMPLES if sample_rate >= _MP3_LOWEST_FULL_RATE else _MP3_LOW_RATE_FRAME_SAMPLES


def borders(grid: Grid, sample_rate: int) -> list[int]:
    """The ends of the cells in samples."""
    return [round(Fraction(cell.end * sample_rate, grid.timescale)) for cell in grid.cells]


def total_frames(grid: Grid, sample_rate: int, frame_samples: int) -> int:
    """How many frames of sound cover the presentation, with at least one for each cell."""
    return max(-(-borders(grid, sample_rate)[-1] // frame_samples), len(grid.cells))


def first_frame_of(ends: Sequence[int], cell: int, *, frame_samples: int) -> int:
    """The number of the frame with which a cell begins, where frames are counted from the presentation's
    start; ``ends`` as in ``SoundCutter``.
    """
    return (2 * ends[cell - 1] + frame_samples) // (2 * frame_samples) if cell else 0


def spans(ends: Sequence[int], *, frame_samples: int, start: int = 0) -> list[Span]:
    """What ``SoundCutter`` will make of sound from ``start`` until the presentation's end.

    ``ends`` as in ``SoundCutter``. Known before a frame is encoded: so complete playlists can be.
    """
    total = max(-((start - ends[-1]) // frame_samples), len(ends))
    found: list[Span] = []
    cursor, left = start, total
    for end in ends[:-1]:
        count = max((2 * (end - cursor) + frame_samples) // (2 * frame_samples), 1)
        found.append(Span(cursor, count * frame_samples))
        cursor, left = found[-1].end, left - count
    return [*found, Span(cursor, max(left, 1) * frame_samples)]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of sound that follow each other: the size of each, and their bytes without anything between."""

    sizes: Sequence[int]
    payload: Buffer


@dataclass(frozen=True, slots=True)
class Silence:
    """So many frames without sound."""

    count: int


def frames_of(fragment: Fragment, payload: memoryview, *, skip: int = 0) -> Frames:
    """The frames in a fragment, without the first ``skip``."""
    sizes = fragment.samples.sizes
    start, end = sum(sizes[:skip]), sum(sizes)
    if end > len(payload):
        raise bad("samples go beyond their data")
    return Frames(sizes[skip:], payload[start:end])


class Placer:
    """Puts a source's own frames of sound on the timeline, without gap or overlap from the first one to
    the end.

    A frame follows the one before unless its timestamp is more than half a frame off: then silence fills the
    gap, or the frame is left out. So no sound is further from its place than half a frame, and none at all
    where the source's own frames follow each other. All times are samples from the presentation's start.
    """

    def __init__(self, *, frame_samples: int, end: int) -> None:
        self.start = 0
        self._frame = frame_samples
        self._end = end
        self._cursor: int | None = None

    def place(self, times: Sequence[int], frames: Frames) -> Iterator[Frames | Silence]:
        """The frames that begin at ``times``, with the silence that comes before and between them."""
        ends = list(accumulate(frames.sizes, initial=0))
        index = 0
        while index < len(times) and times[index] < self._end:
            before = self._silence_before(times[index])
            if before is None:
                index += 1
                continue
            if before.count:
                yield before
            if (self._cursor or 0) >= self._end:
                # Silence that was rounded up has reached the end already.
                return
            stop = self._run(times, index)
            yield Frames(frames.sizes[index:stop], memoryview(frames.payload)[ends[index] : ends[stop]])
            index = stop

    def finish(self) -> Iterator[Silence]:
        """What is missing at the end."""
        cursor = self._cursor or 0
        if cursor < self._end:
            yield Silence(-((cursor - self._end) // self._frame))

    def _silence_before(self, time: int) -> Silence | None:
        """What comes before a frame; ``None`` when the frame itself has no place."""
        if self._cursor is None:
            if time < -self._frame // 8:
                # Begins before the presentation does; the least bit before is a rounded timestamp.
                return None
            count, self.start = divmod(max(time, 0), self._frame)
            self._cursor = max(time, 0)
            return Silence(count)
        late = time - self._cursor
        if 2 * late < -self._frame:
            return None
        count = max(0, (2 * late + self._frame) // (2 * self._frame))
        self._cursor += count * self._frame
        return Silence(count)

    def _run(self, times: Sequence[int], start: int) -> int:
        """Where the frames end that follow each other from ``start`` on; the first always does."""
        cursor, index = (self._cursor or 0) + self._frame, start + 1
        while index < len(times) and cursor < self._end and 2 * abs(times[index] - cursor) <= self._frame:
            cursor += self._frame
            index += 1
        self._cursor = cursor
        return index


@dataclass(slots=True)
class _Open:
    sizes: list[int] = field(default_factory=list)
    payload: list[Buffer] = field(default_factory=list)


class SoundCutter:
    """Cuts frames that follow each other into one segment per cell.

    ``ends`` are the ends of the cells in samples. A border is the edge between two frames that is nearest to
    a cell's end; each segment gets at least one frame. ``first_cell`` is the cell of the first frame.
    """

    def __init__(self, ends: Sequence[int], *, frame_samples: int, first_cell: int = 0) -> None:
        self._ends = ends
        self._frame = frame_samples
        self._at = first_cell
        self._start: int | None = None
        self._open = _Open()

    def push(self, frames: Frames, *, start: int) -> Iterator[Cut]:
        """Take the next frames and give the segments that end before or among them.

        ``start`` is where the first of all frames begins; later it is not looked at.
        """
        if self._start is None:
            self._start = start
        ends = list(accumulate(frames.sizes, initial=0))
        payload, index = memoryview(frames.payload), 0
        while index < len(frames.sizes):
            room = self._room()
            if room == 0:
                yield self._close()
                continue
            stop = len(frames.sizes) if room is None else min(index + room, len(frames.sizes))
            self._open.sizes += frames.sizes[index:stop]
            self._open.payload.append(payload[ends[index] : ends[stop]])
            index = stop

    def finish(self) -> Iterator[Cut]:
        """The last segment."""
        if self._open.sizes:
            yield self._close()
        if self._at != len(self._ends):
            raise bad(f"sound for {self._at} of {len(self._ends)} segments")

    def _room(self) -> int | None:
        """How many more frames the open segment takes; ``None`` for the last segment, which takes all."""
        if self._at + 1 >= len(self._ends):
            return None
        cursor = (self._start or 0) + len(self._open.sizes) * self._frame
        wanted = (2 * (self._ends[self._at] - cursor) + self._frame) // (2 * self._frame)
        return max(wanted, 0 if self._open.sizes else 1)

    def _close(self) -> Cut:
        taken, self._open = self._open, _Open()
        count, number, start = len(taken.sizes), self._at, self._start or 0
        samples = Samples([self._frame] * count, taken.sizes, [True] * count, [0] * count)
        self._at += 1
        self._start = start + count * self._frame
        return Cut(
            number=number,
            start=start,
            duration=count * self._frame,
            data=build_segment(samples, taken.payload, sequence=number + 1, decode_time=start),
            missing=0,
        )
