"""From an index of pictures to a grid."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.media_values import (
    MILLISECONDS,
    MPEG_CLOCK,
    WISH,
    every,
    grid_of,
    held_places,
    index,
    sound,
)
from vlog.kit.errors import Invalid
from vlog.media.grid_build import all_ticks, build_grid

# 20 s at 30 pictures a second on MPEG's clock, with a key every 2 s.
EVEN = every(3000, 600, start=126_000)
KEYS = every(180_000, 10, start=126_000)


def test_constant_pictures_have_constant_cells() -> None:
    grid = grid_of(index(EVEN, keys=KEYS))
    assert (grid.timescale, grid.frame_duration, grid.frame_rate) == (30_000, 1000, Fraction(30))
    assert grid.start_seconds == Fraction(126_000, 90_000)
    assert [cell.frames for cell in grid.cells] == [180, 180, 180, 60]
    assert grid.duration_seconds == 20
    assert (grid.lead, grid.decimation, grid.key_frames_aligned) == (0, 0, False)


def test_ntsc_cells_are_whole_pictures() -> None:
    stamps = [round(n * Fraction(1001, 24_000) * 1000) for n in range(1000)]
    grid = grid_of(index(stamps, time_base=MILLISECONDS))
    assert (grid.timescale, grid.frame_duration) == (24_000, 1001)
    assert {cell.duration for cell in grid.cells[:-1]} == {144 * 1001}
    assert grid.duration == 1000 * 1001


def test_uneven_pictures_keep_their_times() -> None:
    dice = random.Random(1)
    stamps = sorted({value + dice.randint(-600, 600) for value in every(3000, 900)})
    grid = grid_of(index(stamps, last_duration=3300))
    assert grid.frame_duration is None
    assert grid.timescale == 90_000
    assert all_ticks(grid, stamps) == [value - stamps[0] for value in stamps]
    assert grid.frames == 900
    assert grid.duration == stamps[-1] - stamps[0] + 3300


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 20_000), min_size=1, max_size=20), st.integers(10, 100_000), st.integers(-9, 9)
)
def test_ticks_are_those_that_workers_compute(steps: list[int], scale: int, start: int) -> None:
    stamps = [start]
    for step in steps:
        stamps.append(stamps[-1] + step)
    grid = replace(grid_of(index(stamps, time_base=Fraction(1, scale))), lead=7)
    assert all_ticks(grid, stamps) == [grid.ticks(value) for value in stamps]


@pytest.mark.parametrize(
    ("pause_at", "pause_seconds", "has_pauses"),
    [(0, 0, False), (179, 0.05, False), (179, 0.2, True), (90, 2, False)],
)
def test_a_pause_at_the_end_of_a_cell_is_told(pause_at: int, pause_seconds: float, has_pauses: bool) -> None:
    late = round(pause_seconds * 90_000)
    stamps = [value + (late if number > pause_at else 0) for number, value in enumerate(EVEN)]
    assert grid_of(index(stamps)).has_pauses is has_pauses


def test_sound_that_goes_on_is_a_pause_of_the_pictures() -> None:
    # The last picture is held to the end of its cell, and then in cells of its own.
    assert grid_of(index(EVEN), audio=sound(1.4, 31)).has_pauses
    assert not grid_of(index(EVEN), audio=sound(1.4, 21.5)).has_pauses


def test_sound_that_starts_earlier_holds_the_first_picture() -> None:
    grid = grid_of(index(EVEN), audio=sound("0.65", "21.4"))
    assert grid.lead == 22_500
    assert grid.start_seconds == Fraction("0.65")
    assert grid.ticks(126_000) == 0
    assert grid.ticks(129_000) == 23_500
    assert grid.duration_seconds == Fraction("20.75")


def test_a_blink_of_early_sound_is_cut() -> None:
    grid = grid_of(index(EVEN), audio=sound("1.36", "21.4"))
    assert (grid.lead, grid.start_seconds) == (0, Fraction("1.4"))


def test_late_sound_moves_nothing() -> None:
    grid = grid_of(index(EVEN), audio=sound("5", "21.4"))
    assert grid.lead == 0
    assert grid.duration_seconds == 20


def test_longer_sound_holds_the_last_picture() -> None:
    grid = grid_of(index(EVEN), audio=sound("1.4", "36.4"))
    assert grid.duration_seconds == 35
    assert held_places(grid) == [4, 5]
    assert all(cell.first_pts == EVEN[-1] for cell in grid.cells[4:])


def test_somewhat_longer_sound_is_cut() -> None:
    assert grid_of(index(EVEN), audio=sound("1.4", "21.8")).duration_seconds == 20


def test_a_long_lead_is_held_in_cells_of_its_own() -> None:
    grid = grid_of(index(every(3000, 300, start=90_000 * 20)), audio=sound("0", "30"))
    assert grid.lead == 600_000
    assert held_places(grid) == [1, 2, 3]
    assert grid.cells[4].start == grid.ticks(90_000 * 20 + 3000)
    assert grid.frames == 300


def test_fast_sources_are_thinned() -> None:
    grid = grid_of(index(every(750, 1200)))
    assert grid.frame_rate == 60
    assert grid.decimation > 750
    assert grid.frames == 600


def test_a_source_with_closed_keys_can_be_copied() -> None:
    grid = grid_of(index(EVEN, keys=KEYS), remux=True)
    assert grid.key_frames_aligned
    assert [cell.start for cell in grid.cells] == [0, 180_000, 360_000, 540_000]
    assert all(cell.key_pts == cell.first_pts for cell in grid.cells)


@pytest.mark.parametrize(
    "reason",
    [
        index(EVEN, keys=[EVEN[0]]).confirmed(EVEN[5:]),
        index(every(3000, 900), keys=[0, 3000 * 800]),
        index(every(750, 1200), keys=every(45_000, 20)),
        index(EVEN, keys=KEYS, hidden=EVEN[40:42]),
    ],
    ids=["no key first", "keys 26 s apart", "too fast", "hidden amid shown"],
)
def test_other_sources_are_encoded(reason: object) -> None:
    assert not grid_of(reason, remux=True).key_frames_aligned  # type: ignore[arg-type]


def test_nobody_copies_unasked() -> None:
    assert not grid_of(index(EVEN, keys=KEYS)).key_frames_aligned


def test_a_picture_from_before_the_first_key_is_decoded_from_the_start() -> None:
    grid = grid_of(index(EVEN, keys=EVEN[90:91]))
    assert grid.cells[0].key_pts == EVEN[0]
    assert grid.cells[1].key_pts == EVEN[90]


def refusal(pictures: object, **changes: int) -> str:
    with pytest.raises(Invalid) as refused:
        build_grid(pictures, replace(WISH, **changes), None)  # type: ignore[arg-type]
    return refused.value.code


def test_pictures_at_the_same_time_are_refused() -> None:
    assert refusal(index([0, 3000, 3000])) == "implausible_timing"


def test_longer_than_allowed_is_refused() -> None:
    assert refusal(index([0, 90_000 * 43_300])) == "too_long"
    assert refusal(index([0, 1 << 61])) == "too_long"


def test_a_few_pictures_over_hours_are_refused() -> None:
    two_days = index([0, 86_400], time_base=Fraction(1), last_duration=86_400)
    assert refusal(two_days, max_duration_seconds=400_000, max_cells=2000) == "implausible_timing"
    assert (
        len(build_grid(two_days, replace(WISH, max_duration_seconds=400_000, max_cells=40_000), None).cells)
        > 2
    )


def test_a_still_picture_is_one_segment() -> None:
    grid = grid_of(index([0], time_base=MPEG_CLOCK))
    assert len(grid.cells) == 1
    assert grid.duration_seconds == Fraction(1, 25)


@pytest.mark.parametrize(
    ("pictures", "copied"),
    [
        # In order, then a pause of half a second.
        ([0, 3000, 6000, 9000, 54_000, 57_000, 60_000], True),
        # The last before the pause is decoded before others that come earlier.
        ([0, 9000, 3000, 6000, 54_000, 57_000, 60_000], False),
        # No pause to speak of.
        ([0, 9000, 3000, 6000, 18_000, 21_000, 24_000], True),
    ],
)
def test_pictures_out_of_order_before_a_pause_are_not_copied(pictures: list[int], copied: bool) -> None:
    grid = grid_of(index(pictures, keys=[0, pictures[4]]), remux=True, segment_seconds=1)
    assert grid.key_frames_aligned is copied
