"""The fixed grid of segments that every rendition of a generation shares.

One cell is one segment. Times on the grid are ticks of ``timescale`` on the presentation's own timeline,
which starts at 0 where the source's earlier of first picture and first sound stands. The time of a picture
is a pure function of its source timestamp, so no table of frames travels: a worker that decodes a picture
knows where it belongs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cell:
    """One segment of the grid.

    ``start`` and ``end`` are ticks. The cell's pictures are the ``frames`` source pictures whose timestamps
    ``pts`` satisfy ``first_pts <= pts < end_pts`` (source time base). ``key_pts`` is the timestamp of the
    key frame from which decoding must begin. A cell without pictures (``frames == 0``) repeats the picture
    at ``first_pts``: the sound goes on where the pictures have ended or pause.
    """

    start: int
    end: int
    frames: int
    first_pts: int
    end_pts: int
    key_pts: int

    @property
    def duration(self) -> int:
        """Ticks."""
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class Grid:
    """All cells, and the function from source timestamps to ticks.

    ``frame_duration`` is the constant number of ticks per picture, or ``None`` when the source's pictures
    are not evenly spaced; then ticks are the rescaled source times. ``origin_pts`` is the first picture's
    source timestamp, ``lead`` the ticks for which the first picture is held because sound starts earlier.
    ``start_seconds`` is the file time of tick 0: sound is placed by it. ``decimation`` is the least
    distance in source timestamps between two pictures that are kept (0: all are), for sources faster than
    the ladder's frame-rate cap. ``key_frames_aligned`` tells that each cell starts with a source key frame
    after which nothing refers back: the source can be remuxed on this grid. ``seekable`` tells that seeking
    by timestamp is exact in this container. ``has_pauses`` tells that some cell's last picture is seen for
    much longer than a picture lasts.
    """

    timescale: int
    frame_duration: int | None
    time_base: Fraction
    origin_pts: int
    lead: int
    start_seconds: Fraction
    decimation: int
    key_frames_aligned: bool
    seekable: bool
    frame_rate: Fraction
    cells: tuple[Cell, ...]
    has_pauses: bool = False

    @property
    def duration(self) -> int:
        """Ticks of the whole presentation."""
        return self.cells[-1].end

    @property
    def duration_seconds(self) -> Fraction:
        """Seconds of the whole presentation."""
        return Fraction(self.duration, self.timescale)

    @property
    def frames(self) -> int:
        """Pictures in the whole presentation; repeated ones are not counted."""
        return sum(cell.frames for cell in self.cells)

    def ticks(self, pts: int) -> int:
        """Where the picture with source timestamp ``pts`` belongs."""
        seconds = (pts - self.origin_pts) * self.time_base
        if self.frame_duration is None:
            ticks = round(seconds * self.timescale)
        else:
            ticks = round(seconds * self.timescale / self.frame_duration) * self.frame_duration
        return ticks + self.lead if ticks > 0 else 0

    def between(self, first: int, end: int) -> Grid:
        """The same grid with only the cells ``first`` to ``end`` (exclusive)."""
        return replace(self, cells=self.cells[first:end])
