"""Where segments begin and end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.media_values import every
from vlog.media.cells import Timeline, copied_cells, encoded_cells
from vlog.media.grid import Cell

WISH = 600


def line(ticks: list[int], end: int, *, keys: list[int] | None = None, wish: int = WISH) -> Timeline:
    """Pictures whose timestamps are their ticks."""
    return Timeline(pts=ticks, ticks=ticks, end=end, wish=wish, keys=keys or [ticks[0]])


def spans(cells: tuple[Cell, ...]) -> list[tuple[int, int, int]]:
    return [(cell.start, cell.end, cell.frames) for cell in cells]


def test_even_pictures_give_even_cells() -> None:
    assert spans(encoded_cells(line(every(10, 150), 1500))) == [
        (0, 600, 60),
        (600, 1200, 60),
        (1200, 1500, 30),
    ]


def test_a_short_end_belongs_to_the_cell_before() -> None:
    assert spans(encoded_cells(line(every(10, 70), 700))) == [(0, 700, 70)]
    assert spans(encoded_cells(line(every(10, 75), 750))) == [(0, 600, 60), (600, 750, 15)]


def test_a_cell_waits_for_a_picture() -> None:
    ticks = [*every(10, 59), 640, *every(10, 60, start=650)]
    assert spans(encoded_cells(line(ticks, 1250)))[0] == (0, 640, 59)


def test_after_a_late_picture_the_next_border_is_a_multiple_again() -> None:
    ticks = [0, 900, *every(10, 120, start=910)]
    assert [cell.start for cell in encoded_cells(line(ticks, 2110))] == [0, 900, 1800]


def test_a_long_pause_is_held_in_cells_without_pictures() -> None:
    ticks = [*every(10, 60), *every(10, 60, start=3000)]
    cells = encoded_cells(line(ticks, 3600, keys=[0, 3000]))
    assert spans(cells) == [
        (0, 600, 60),
        (600, 1200, 0),
        (1200, 1800, 0),
        (1800, 2400, 0),
        (2400, 3000, 0),
        (3000, 3600, 60),
    ]
    held = cells[2]
    assert (held.first_pts, held.end_pts, held.key_pts) == (590, 591, 0)
    assert cells[5].key_pts == 3000


def test_a_held_cell_reaches_to_the_next_picture_rather_than_leave_a_sliver() -> None:
    ticks = [*every(10, 60), *every(10, 60, start=1900)]
    assert spans(encoded_cells(line(ticks, 2500)))[:4] == [
        (0, 600, 60),
        (600, 1200, 0),
        (1200, 1900, 0),
        (1900, 2500, 60),
    ]


def test_the_last_picture_is_held_until_the_sound_ends() -> None:
    assert spans(encoded_cells(line(every(10, 60), 1900))) == [
        (0, 600, 60),
        (600, 1200, 0),
        (1200, 1900, 0),
    ]


def test_one_picture_is_one_cell() -> None:
    assert spans(encoded_cells(line([0], 40))) == [(0, 40, 1)]


def test_decoding_begins_at_the_last_key_that_is_not_shown_later() -> None:
    cells = encoded_cells(line(every(10, 180), 1800, keys=[-50, 590, 605]))
    assert [cell.key_pts for cell in cells] == [-50, 590, 605]


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    steps = draw(st.lists(st.integers(1, 4000), max_size=60))
    ticks = [0]
    for step in steps:
        ticks.append(ticks[-1] + step)
    end = ticks[-1] + draw(st.integers(1, 5000))
    wish = draw(st.integers(2, 900))
    keys = sorted({0, *draw(st.lists(st.sampled_from(ticks), max_size=5))})
    return line(ticks, end, keys=keys, wish=wish)


def check(cells: tuple[Cell, ...], whole: Timeline) -> None:
    """What any grid must keep to, whatever the pictures do."""
    assert cells[0].start == 0
    assert cells[-1].end == whole.end
    for before, after in pairwise(cells):
        assert before.end == after.start
    seen: list[int] = []
    for cell in cells:
        assert cell.start < cell.end
        assert cell.key_pts <= cell.first_pts < cell.end_pts
        inside = [tick for tick in whole.ticks if cell.start <= tick < cell.end]
        assert len(inside) == cell.frames
        if cell.frames:
            assert inside == [pts for pts in whole.pts if cell.first_pts <= pts < cell.end_pts]
            assert inside[0] == cell.start
        else:
            assert cell.first_pts == max(tick for tick in whole.ticks if tick < cell.start)
        seen += inside
    assert seen == whole.ticks


@settings(deadline=None)
@given(timelines())
def test_every_picture_is_in_one_cell_and_every_cell_begins_with_one(whole: Timeline) -> None:
    cells = encoded_cells(whole)
    check(cells, whole)
    assert all(cell.duration <= 3 * whole.wish for cell in cells)
    assert all(4 * cell.duration >= whole.wish for cell in cells[:-1])


@settings(deadline=None)
@given(timelines(), st.data())
def test_copied_cells_begin_only_where_they_may(whole: Timeline, data: st.DataObject) -> None:
    starts = sorted({0, *data.draw(st.lists(st.sampled_from(whole.ticks), max_size=20))})
    cells = copied_cells(whole, starts, longest=whole.end)
    check(cells, whole)
    assert {cell.start for cell in cells} <= set(starts)


def test_copied_cells_take_the_first_key_at_or_after_each_border() -> None:
    cells = copied_cells(line(every(10, 300), 3000), every(250, 12), longest=2400)
    assert [cell.start for cell in cells] == [0, 750, 1250, 2000, 2500]


def test_keys_too_far_apart_can_not_be_copied() -> None:
    whole = line(every(10, 300), 3000)
    assert copied_cells(whole, [0, 2500], longest=2400) == ()
    assert copied_cells(whole, [0, 2400], longest=2400) != ()


def test_copying_needs_a_key_at_the_first_picture() -> None:
    whole = line(every(10, 300), 3000)
    assert copied_cells(whole, [20, 600], longest=3000) == ()
    assert copied_cells(whole, [], longest=3000) == ()
