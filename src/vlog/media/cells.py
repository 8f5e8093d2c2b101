"""Cuts a timeline of pictures into the cells of a grid."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlog.media.grid import Cell

_SHORTEST_END = 4
_LONGEST_HELD = 5
"""In quarters of the wished length: shorter last cells are joined to the one before, pauses are cut above
this.
"""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Pictures in shown order and where they stand.

    ``pts`` are source timestamps and ``ticks`` (both ascending, of one length, the first tick 0) their
    places; the presentation ends at tick ``end`` and cells shall be ``wish`` ticks long. ``keys`` are the
    source timestamps (ascending, the first not after the first picture) at which decoding can begin.
    ``run_up`` is how many pictures before the first one of a cell must be decoded with it.
    """

    pts: Sequence[int]
    ticks: Sequence[int]
    end: int
    wish: int
    keys: Sequence[int]
    run_up: int = 0


def encoded_cells(line: Timeline) -> tuple[Cell, ...]:
    """Cells for pictures that are encoded anew: a key frame can be had wherever there is a picture.

    A cell begins with the first picture at or after each multiple of the wished length. Where no picture
    comes for longer than that, cells without pictures hold the last one.
    """
    cells: list[Cell] = []
    start = 0
    while start < line.end:
        following = bisect_left(line.ticks, start)
        has_picture = following < len(line.ticks) and line.ticks[following] == start
        stop = _stop(line, start) if has_picture else _held_stop(line, start, following)
        cells.append(_cell(line, start, stop))
        start = stop
    return _without_short_end(cells, line.wish)


def copied_cells(line: Timeline, starts: Sequence[int], *, longest: int) -> tuple[Cell, ...]:
    """Cells for pictures that are copied: each begins at one of the source's own pictures, ``starts`` (pts,
    ascending).

    The first of them at or after each multiple of the wished length is taken. Empty when the first picture
    is none of them, or a cell would be longer than ``longest`` ticks.
    """
    if not starts or starts[0] != line.pts[0]:
        return ()
    places = [line.ticks[bisect_left(line.pts, pts)] for pts in starts]
    cells: list[Cell] = []
    start = 0
    while start < line.end:
        following = bisect_left(places, _border(line, start))
        stop = places[following] if following < len(places) else line.end
        cells.append(_cell(line, start, stop))
        start = stop
    joined = _without_short_end(cells, line.wish)
    return joined if all(cell.duration <= longest for cell in joined) else ()


def _border(line: Timeline, start: int) -> int:
    """The next multiple of the wished length that is not nearer than half of it."""
    return line.wish * ((start + line.wish // 2) // line.wish + 1)


def _stop(line: Timeline, start: int) -> int:
    """The end of a cell that begins with a picture."""
    border = _border(line, start)
    if border >= line.end:
        return line.end
    following = bisect_left(line.ticks, border)
    if following == len(line.ticks) or line.ticks[following] - border > line.wish:
        return border
    return line.ticks[following]


def _held_stop(line: Timeline, start: int, following: int) -> int:
    """The end of a cell that holds a picture: not beyond the next one, which begins a cell of its own."""
    next_start = line.ticks[following] if following < len(line.ticks) else line.end
    return next_start if 4 * (next_start - start) <= _LONGEST_HELD * line.wish else start + line.wish


def _cell(line: Timeline, start: int, stop: int) -> Cell:
    first, after = bisect_left(line.ticks, start), bisect_left(line.ticks, stop)
    frames = after - first
    first_pts = line.pts[first] if frames else line.pts[first - 1]
    # A held picture is named by the range as well, so that whoever decodes the range has it.
    end_pts = line.pts[after] if frames and after < len(line.pts) else line.pts[after - 1] + 1
    needed = line.pts[max(first - (not frames) - line.run_up, 0)]
    key = line.keys[max(bisect_right(line.keys, needed) - 1, 0)]
    return Cell(start=start, end=stop, frames=frames, first_pts=first_pts, end_pts=end_pts, key_pts=key)


def _without_short_end(cells: list[Cell], wish: int) -> tuple[Cell, ...]:
    if len(cells) < 2 or _SHORTEST_END * cells[-1].duration >= wish:
        return tuple(cells)
    *head, before, last = cells
    if last.frames and not before.frames:
        # A cell that holds a picture holds no others.
        return tuple(cells)
    end_pts = last.end_pts if last.frames else before.end_pts
    return (*head, replace(before, end=last.end, frames=before.frames + last.frames, end_pts=end_pts))
