"""Lays the grid over a source: where its segments begin and end, and which pictures each of them holds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media.cadence import Cadence, cadence, decimation, last_duration, rounded_division, thinned
from vlog.media.cells import Timeline, copied_cells, encoded_cells
from vlog.media.grid import Cell, Grid
from vlog.media.packets import AudioExtent, VideoIndex, closed_keys, ends_late, is_cut_clean

MAX_COPIED_CELL_SECONDS = 24
"""A source whose key frames are farther apart is encoded: such segments would make starting and seeking
slow.
"""

_LEAST_LEAD_SECONDS = Fraction(1, 20)
_LEAST_TAIL_SECONDS = Fraction(1, 2)
_PAUSE_PICTURES = 3
_LEAST_GAP_SECONDS = Fraction(1, 4)
"""Shorter gaps in a copied source are passed over by players."""
_PAUSE_SECONDS = Fraction(1, 10)


@dataclass(frozen=True, kw_only=True)
class GridWish:
    """What the grid is to be like, and how long it may become.

    ``nominal_rate`` is the header's picture rate, used where the pictures themselves tell none. ``remux``
    asks for cells that start at the source's own key frames; they are laid so if those allow it. ``run_up``
    is how many pictures before a cell its encoding looks at.
    """

    segment_seconds: int
    max_frame_rate: int
    max_duration_seconds: int
    max_cells: int
    remux: bool
    nominal_rate: Fraction | None = None
    run_up: int = 0


def build_grid(index: VideoIndex, wish: GridWish, audio: AudioExtent | None) -> Grid:
    """The grid of a source with these pictures and, if it has sound, this extent of it.

    Raises ``Invalid``: ``implausible_timing`` when pictures can't be told apart by their timestamps or when
    there would be more than ``max_cells`` segments, ``too_long`` beyond ``max_duration_seconds``.
    """
    if not index.is_exact:
        raise Invalid("The pictures of this file have no usable timestamps.", code="implausible_timing")
    shown = index.shown_pts
    step = decimation(shown, index.time_base, wish.max_frame_rate)
    kept = thinned(shown, step)
    beat = cadence(kept, index.time_base, wish.nominal_rate)
    grid = _placed(_bare(index, beat, origin_pts=kept[0], step=step), audio)
    line = _timeline(grid, index, kept, audio=audio, wish=wish)
    refuse_endless(line, grid.timescale, wish)
    still = int(max(_PAUSE_PICTURES / grid.frame_rate, _LEAST_GAP_SECONDS) / index.time_base)
    if wish.remux and not step and is_cut_clean(index) and not ends_late(index, still):
        longest = MAX_COPIED_CELL_SECONDS * grid.timescale
        if cells := copied_cells(line, closed_keys(index), longest=longest):
            return _filled(replace(grid, key_frames_aligned=True), line, cells)
    return _filled(grid, line, encoded_cells(line))


def _filled(grid: Grid, line: Timeline, cells: tuple[Cell, ...]) -> Grid:
    """The grid with its cells, and whether any of them ends with a picture that stands still."""
    longest = max(_PAUSE_PICTURES / grid.frame_rate, _PAUSE_SECONDS) * grid.timescale
    ends = (cell.end - line.ticks[bisect_left(line.ticks, cell.end) - 1] for cell in cells if cell.frames)
    return replace(grid, cells=cells, has_pauses=any(end > longest for end in ends))


def _bare(index: VideoIndex, beat: Cadence, *, origin_pts: int, step: int) -> Grid:
    return Grid(
        timescale=beat.timescale,
        frame_duration=beat.frame_duration,
        time_base=index.time_base,
        origin_pts=origin_pts,
        lead=0,
        start_seconds=origin_pts * index.time_base,
        decimation=step,
        key_frames_aligned=False,
        seekable=index.seekable,
        frame_rate=beat.rate,
        cells=(),
    )


def _placed(grid: Grid, audio: AudioExtent | None) -> Grid:
    """Sound that starts before the pictures is kept; less than a blink of it is not worth a held picture."""
    if audio is None or grid.start_seconds - audio.start_seconds < _LEAST_LEAD_SECONDS:
        return grid
    lead = round((grid.start_seconds - audio.start_seconds) * grid.timescale)
    return replace(grid, lead=lead, start_seconds=grid.start_seconds - Fraction(lead, grid.timescale))


def _timeline(
    grid: Grid, index: VideoIndex, kept: Sequence[int], *, audio: AudioExtent | None, wish: GridWish
) -> Timeline:
    ticks = all_ticks(grid, kept)
    duration = last_duration(kept, index.last_duration, grid.time_base)
    return Timeline(
        pts=kept,
        ticks=ticks,
        end=_end(grid, ticks[-1], last_pts_duration=duration, audio=audio),
        wish=_wished_cell(grid, wish.segment_seconds),
        keys=_decoding_starts(index),
        run_up=wish.run_up,
    )


def all_ticks(grid: Grid, pts: Sequence[int]) -> list[int]:
    """``grid.ticks`` of each of ``pts``, in whole numbers only: a long video has a million of them."""
    unit = grid.frame_duration or 1
    per_place = grid.time_base * grid.timescale / unit
    number, of = per_place.numerator, per_place.denominator
    places = (rounded_division((value - grid.origin_pts) * number, of) for value in pts)
    return [place * unit + grid.lead if place > 0 else 0 for place in places]


def _end(grid: Grid, last_tick: int, *, last_pts_duration: int, audio: AudioExtent | None) -> int:
    """Where the presentation ends: with the last picture, or with the sound when that goes on much longer."""
    duration = grid.frame_duration or round(last_pts_duration * grid.time_base * grid.timescale)
    # The first picture is held for the lead and then seen for its own time.
    video_end = max(last_tick, grid.lead) + max(duration, 1)
    if audio is None:
        return video_end
    more = audio.end_seconds - grid.start_seconds - Fraction(video_end, grid.timescale)
    return video_end + round(more * grid.timescale) if more > _LEAST_TAIL_SECONDS else video_end


def _wished_cell(grid: Grid, segment_seconds: int) -> int:
    """Ticks: a whole number of pictures where they are evenly spaced."""
    if grid.frame_duration is None:
        return segment_seconds * grid.timescale
    return max(1, round(segment_seconds * grid.frame_rate)) * grid.frame_duration


def _decoding_starts(index: VideoIndex) -> list[int]:
    first = min(index.pts)
    keys = sorted(pts for pts, key in zip(index.pts, index.keys, strict=True) if key)
    # Some containers flag no key at all before the first picture that decodes.
    return keys if keys and keys[0] <= index.shown_pts[0] else [first, *keys]


def refuse_endless(line: Timeline, timescale: int, wish: GridWish) -> None:
    """Raises ``Invalid``: ``too_long``, or ``implausible_timing`` where there would be too many segments."""
    if line.end > wish.max_duration_seconds * timescale:
        hours = Fraction(wish.max_duration_seconds, 3600)
        raise Invalid(
            f"This video is {float(Fraction(line.end, timescale) / 3600):.1f} hours long; "
            f"at most {float(hours):g} hours are allowed.",
            code="too_long",
        )
    if line.end > wish.max_cells * line.wish:
        raise Invalid(
            "This file claims to last far longer than the little that it holds.", code="implausible_timing"
        )
