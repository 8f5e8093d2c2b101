"""Where frames of sound go: no gap, no overlap, never further from their place than half a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.cutting import Cut
from vlog.media.fmp4 import Defaults, Fragment, Samples, parse_fragment
from vlog.media.grid import Cell, Grid
from vlog.media.sound import (
    Frames,
    Placer,
    Silence,
    SoundCutter,
    borders,
    frames_of,
    mp3_frame_samples,
    total_frames,
)

FRAME = 1024


def grid(ends: Sequence[int], timescale: int = 30_000) -> Grid:
    starts = [0, *ends[:-1]]
    cells = [
        Cell(start=start, end=end, frames=1, first_pts=start, end_pts=end, key_pts=0)
        for start, end in zip(starts, ends, strict=True)
    ]
    return Grid(
        timescale=timescale,
        frame_duration=None,
        time_base=Fraction(1, timescale),
        origin_pts=0,
        lead=0,
        start_seconds=Fraction(0),
        decimation=0,
        key_frames_aligned=False,
        seekable=True,
        frame_rate=Fraction(30),
        cells=tuple(cells),
    )


def frames(count: int, first: int = 0) -> Frames:
    """Frames that each say their number in four bytes."""
    payload = b"".join(b"%04d" % (first + index) for index in range(count))
    return Frames([4] * count, payload)


def test_borders_are_in_samples() -> None:
    assert borders(grid([180_180, 360_360]), 48_000) == [288_288, 576_576]


def test_frames_cover_the_presentation_to_its_end() -> None:
    assert total_frames(grid([30_000]), 48_000, FRAME) == 47  # 46.875
    assert total_frames(grid([1, 2, 3]), 48_000, FRAME) == 3


def test_low_rates_of_mp3_have_shorter_frames() -> None:
    assert [mp3_frame_samples(rate) for rate in (22_050, 24_000, 32_000, 44_100)] == [576, 576, 1152, 1152]


def test_a_fragment_s_frames_are_found_without_the_run_up() -> None:
    samples = Samples([FRAME] * 3, [1, 2, 3], [True] * 3, [0] * 3)
    found = frames_of(Fragment(0, samples, 0), memoryview(b"abbccc"), skip=1)
    assert (list(found.sizes), bytes(found.payload)) == ([2, 3], b"bbccc")
    with pytest.raises(Invalid):
        frames_of(Fragment(0, samples, 0), memoryview(b"abbcc"))


def placed(times: Sequence[int], *, end: int = 100 * FRAME) -> tuple[int, list[int | None]]:
    """Where the first frame begins, then each frame's number, ``None`` for silence."""
    placer = Placer(frame_samples=FRAME, end=end)

    def parts() -> Iterator[Frames | Silence]:
        # In two portions: a fragment's border is no border of sound.
        half = len(times) // 2
        yield from placer.place(times[:half], frames(half))
        yield from placer.place(times[half:], frames(len(times) - half, first=half))
        yield from placer.finish()

    order: list[int | None] = []
    for part in parts():
        if isinstance(part, Silence):
            order += [None] * part.count
        else:
            data = bytes(part.payload)
            order += [int(data[at : at + 4]) for at in range(0, len(data), 4)]
    return placer.start, order


def test_frames_that_follow_each_other_stay_as_they_are() -> None:
    times = [index * FRAME for index in range(100)]
    assert placed(times) == (0, list(range(100)))


def test_rounded_timestamps_make_no_gap() -> None:
    times = [round(index * FRAME / 48) * 48 for index in range(100)]
    assert placed(times) == (0, list(range(100)))


def test_the_run_up_before_the_start_is_left_out() -> None:
    assert placed([-1024, 0, 1024], end=2048) == (0, [1, 2])
    assert placed([-1524, -500, 524, 1548], end=2572) == (524, [2, 3])


def test_a_frame_that_starts_a_moment_too_early_starts_at_the_start() -> None:
    assert placed([-2112, -1088, -64, 960, 1984], end=3008) == (0, [2, 3, 4])


def test_a_late_start_is_filled_with_silence() -> None:
    start, order = placed([2500, 3524], end=4548)
    assert (start, order) == (2500 - 2 * FRAME, [None, None, 0, 1])


def test_a_gap_is_filled_with_silence() -> None:
    assert placed([0, FRAME, 4 * FRAME], end=5 * FRAME) == (0, [0, 1, None, None, 2])


def test_a_frame_that_comes_twice_is_left_out() -> None:
    assert placed([0, FRAME, FRAME, 2 * FRAME], end=3 * FRAME) == (0, [0, 1, 3])


def test_sound_ends_with_the_presentation() -> None:
    assert placed([0, FRAME, 2 * FRAME], end=2 * FRAME) == (0, [0, 1])
    assert placed([0], end=2 * FRAME + 1) == (0, [0, None, None])
    assert placed([], end=2 * FRAME) == (0, [None, None])


@given(st.lists(st.integers(-300, 4000), min_size=1, max_size=60), st.integers(0, 5000))
def test_no_sound_is_far_from_its_place(steps: list[int], first: int) -> None:
    times, now = [], first
    for step in steps:
        times.append(now)
        now += FRAME + step - 300
    start, order = placed(times, end=1 << 20)
    for index, number in enumerate(order):
        if number is not None:
            assert 2 * abs(start + index * FRAME - times[number]) <= FRAME
    numbers = [number for number in order if number is not None]
    assert all(earlier < later for earlier, later in pairwise(numbers))


def cut(ends: Sequence[int], count: int, *, portions: int = 7, start: int = 0) -> list[Cut]:
    cutter = SoundCutter(ends, frame_samples=FRAME)
    made: list[Cut] = []
    for first in range(0, count, portions):
        made += cutter.push(frames(min(portions, count - first), first), start=start)
    return made + list(cutter.finish())


@given(
    st.lists(st.integers(2 * FRAME, 20_000), min_size=1, max_size=12),
    st.integers(1, 40),
    st.integers(0, FRAME - 1),
)
def test_each_cell_gets_the_frames_that_are_nearest(lengths: list[int], portions: int, start: int) -> None:
    ends = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    count = -(-(ends[-1] - start) // FRAME)
    made = cut(ends, count, portions=portions, start=start)
    assert [each.number for each in made] == list(range(len(ends)))
    assert made[0].start == start
    for before, after in pairwise(made):
        assert before.start + before.duration == after.start
    for each, end in zip(made[:-1], ends, strict=False):
        assert 2 * abs(each.start + each.duration - end) <= FRAME
    whole = b"".join(each.data[parse_fragment(each.data, Defaults()).data_offset :] for each in made)
    assert whole == frames(count).payload


def test_a_segment_of_sound_says_what_it_holds() -> None:
    made = cut([10 * FRAME, 20 * FRAME], 20)
    read = parse_fragment(made[1].data, Defaults())
    assert read.decode_time == made[1].start == 10 * FRAME
    assert list(read.samples.durations) == [FRAME] * 10
    assert all(read.samples.syncs)


def test_the_shortest_cell_gets_a_frame() -> None:
    made = cut([10, 20, 3 * FRAME], 3)
    assert [each.duration for each in made] == [FRAME] * 3


def test_too_little_sound_is_an_error() -> None:
    with pytest.raises(Invalid, match="1 of 2 segments"):
        cut([10 * FRAME, 20 * FRAME], 5)
