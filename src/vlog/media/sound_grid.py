"""The grid of a source of sound alone: cells of one length, since nothing decides where they may begin."""

from __future__ import annotations

from fractions import Fraction

from vlog.media.audio_command import COUNTED_RATE
from vlog.media.cells import Timeline
from vlog.media.grid import Cell, Grid
from vlog.media.grid_build import GridWish, refuse_endless

SAMPLE_RATE = COUNTED_RATE
"""Ticks per second: the rate at which the samples of all sources are counted."""

_SHORTEST_END = 4


def sound_grid(samples: int, wish: GridWish) -> Grid:
    """The grid of so many samples (at ``SAMPLE_RATE``, at least 1), without a picture in any cell.

    Raises ``Invalid``: ``too_long``, ``implausible_timing``.
    """
    length = wish.segment_seconds * SAMPLE_RATE
    refuse_endless(Timeline(pts=(), ticks=(), end=samples, wish=length, keys=()), SAMPLE_RATE, wish)
    ends = [*range(length, samples, length), samples]
    if len(ends) > 1 and _SHORTEST_END * (ends[-1] - ends[-2]) < length:
        del ends[-2]
    return Grid(
        timescale=SAMPLE_RATE,
        frame_duration=None,
        time_base=Fraction(1, SAMPLE_RATE),
        origin_pts=0,
        lead=0,
        start_seconds=Fraction(0),
        decimation=0,
        key_frames_aligned=False,
        seekable=False,
        frame_rate=Fraction(1),
        cells=tuple(
            Cell(start=start, end=end, frames=0, first_pts=0, end_pts=0, key_pts=0)
            for start, end in zip([0, *ends], ends, strict=False)
        ),
    )
