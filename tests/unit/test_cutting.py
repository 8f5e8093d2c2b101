"""Times on the grid and the cutting of segments, on pictures that exist only as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.cutting import (
    Cut,
    VideoCutter,
    decode_times,
    delay_ticks,
    grid_ticks,
    held_segment,
    source_ticks,
)
from vlog.media.fmp4 import Buffer, Defaults, Fragment, Samples, parse_fragment
from vlog.media.grid import Cell, Grid

STEP = 1000
DELAY = 2 * STEP

time_bases = st.sampled_from(
    [Fraction(1, 1000), Fraction(1, 15360), Fraction(1, 90000), Fraction(1001, 30000), Fraction(1, 600)]
)


def grid(
    cells: Sequence[Cell] = (),
    *,
    frame_duration: int | None = STEP,
    time_base: Fraction = Fraction(1, 30),
    origin_pts: int = 0,
    lead: int = 0,
) -> Grid:
    return Grid(
        timescale=30_000,
        frame_duration=frame_duration,
        time_base=time_base,
        origin_pts=origin_pts,
        lead=lead,
        start_seconds=Fraction(0),
        decimation=0,
        key_frames_aligned=False,
        seekable=True,
        frame_rate=Fraction(30),
        cells=tuple(cells),
    )


@given(
    time_bases,
    st.sampled_from([None, 1000, 1001]),
    st.integers(-(10**6), 10**6),
    st.sampled_from([0, 4500]),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=50),
)
def test_many_times_are_mapped_as_one_is(
    time_base: Fraction, frame_duration: int | None, origin: int, lead: int, distances: list[int]
) -> None:
    on = grid(frame_duration=frame_duration, time_base=time_base, origin_pts=origin, lead=lead)
    wanted = [on.ticks(origin + distance) for distance in distances]
    unit, scale = time_base.numerator, time_base.denominator
    assert source_ticks(on, scale)([(origin + distance) * unit for distance in distances]) == wanted
    assert source_ticks(on, scale, is_relative=True)([distance * unit for distance in distances]) == wanted


def test_a_time_before_the_first_picture_stays_negative() -> None:
    assert source_ticks(grid(origin_pts=10), 30)([9, 10, 11]) == [-STEP, 0, STEP]


def test_the_encoder_counts_without_the_lead() -> None:
    assert grid_ticks(grid(lead=500), 30_000)([0, STEP]) == [0, STEP + 500]


def test_the_delay_is_counted_in_pictures() -> None:
    assert delay_ticks(grid(), 2) == 2 * STEP
    assert delay_ticks(grid(frame_duration=None), 2) == 2 * 1000


@st.composite
def decoding_orders(draw: st.DrawFn) -> list[int]:
    """Ascending times, put into an order in which a first picture is followed by any permutation of small
    groups.
    """
    gaps = draw(st.lists(st.integers(20, 3000), min_size=1, max_size=24))
    times = list(accumulate(gaps, initial=0))
    ordered = [times[0]]
    rest = times[1:]
    while rest:
        size = draw(st.integers(1, 5))
        ordered += draw(st.permutations(rest[:size]))
        rest = rest[size:]
    return ordered


@given(decoding_orders(), st.integers(0, 6000))
def test_pictures_are_decoded_before_they_are_shown(ticks: list[int], delay: int) -> None:
    times = decode_times(ticks, delay)
    assert times[0] == ticks[0]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert all(decoded <= shown + delay for decoded, shown in zip(times, ticks, strict=True))


def test_decoding_is_even_where_the_delay_allows_it() -> None:
    assert decode_times([0, 4000, 2000, 1000, 3000], DELAY) == [0, 1000, 2000, 3000, 4000]


def test_too_deep_a_reordering_is_squeezed_not_refused() -> None:
    assert decode_times([0, 4000, 2000, 1000, 3000], STEP) == [0, 1000, 1999, 2000, 4000]


def test_pictures_that_leave_no_room_are_refused() -> None:
    with pytest.raises(Invalid, match="too close"):
        decode_times([0, 4, 3, 2, 1], 0)


def cell(start: int, frames: int, *, end: int | None = None) -> Cell:
    return Cell(
        start=start * STEP,
        end=(start + frames if end is None else end) * STEP,
        frames=frames,
        first_pts=start,
        end_pts=start + frames,
        key_pts=0,
    )


def no_check(_sample: Buffer) -> None:
    """Every picture is as good as another."""


def cutter(cells: Sequence[Cell], *, exact: bool = False, first: int = 0) -> VideoCutter:
    on = grid(cells)
    numbered = list(enumerate(cells, start=first))
    return VideoCutter(numbered, ticks=grid_ticks(on, 30_000), delay=DELAY, exact=exact, check=no_check)


def fragment(shown: Sequence[int], *, syncs: Sequence[bool] | None = None) -> tuple[Fragment, memoryview]:
    """Pictures in decode order, given by when they are shown, as ffmpeg's muxer writes them."""
    decode = [min(shown) + index for index in range(len(shown))]
    late = 2
    samples = Samples(
        durations=[STEP] * len(shown),
        sizes=[3] * len(shown),
        syncs=syncs or [index == 0 for index in range(len(shown))],
        offsets=[(time + late - decoded) * STEP for time, decoded in zip(shown, decode, strict=True)],
    )
    payload = b"".join(b"%03d" % time for time in shown)
    # The muxer sets the first decode time to the first sample's presentation time.
    return Fragment(shown[0] * STEP, samples, 0), memoryview(payload)


def cut(into: VideoCutter, *parts: tuple[Fragment, memoryview]) -> list[Cut]:
    def all_cuts() -> Iterator[Cut]:
        for part, payload in parts:
            yield from into.push(part, payload)
        yield from into.finish()

    return list(all_cuts())


def times_of(made: Cut) -> list[int]:
    """When the pictures of a segment are shown, in decode order, in steps."""
    read = parse_fragment(made.data, Defaults())
    decode = accumulate(read.samples.durations, initial=read.decode_time)
    return [(at + offset - DELAY) // STEP for at, offset in zip(decode, read.samples.offsets, strict=False)]


def test_each_cell_becomes_a_segment() -> None:
    cells = [cell(0, 4), cell(4, 3)]
    made = cut(cutter(cells), fragment([0, 3, 1, 2]), fragment([4, 6, 5]))
    assert [(each.number, each.start, each.duration, each.missing) for each in made] == [
        (0, 0, 4000, 0),
        (1, 4000, 3000, 0),
    ]
    assert [times_of(each) for each in made] == [[0, 3, 1, 2], [4, 6, 5]]
    assert made[1].data.endswith(b"004006005")


def test_fragments_need_not_be_cells() -> None:
    cells = [cell(0, 4), cell(4, 4)]
    whole = fragment([0, 3, 1, 2, 4, 7, 5, 6], syncs=[True, False, False, False] * 2)
    one_by_one = cut(cutter(cells), fragment([0, 3, 1, 2]), fragment([4, 7, 5, 6]))
    assert cut(cutter(cells), whole) == one_by_one


def test_decode_times_fill_the_cell_to_its_end() -> None:
    [made] = cut(cutter([cell(0, 3, end=9)]), fragment([0, 2, 1]))
    read = parse_fragment(made.data, Defaults())
    assert sum(read.samples.durations) == made.duration == 9 * STEP


def test_a_missing_picture_is_held() -> None:
    [made] = cut(cutter([cell(0, 4)]), fragment([0, 1, 3]))
    assert made.missing == 1
    assert made.duration == 4 * STEP


def test_a_missing_first_picture_is_taken_over_by_the_next() -> None:
    made = cut(cutter([cell(0, 3), cell(3, 3)]), fragment([0, 1, 2]), fragment([4, 5]))
    assert (made[1].start, made[1].missing, times_of(made[1])) == (3 * STEP, 1, [3, 5])


def test_copying_misses_nothing() -> None:
    with pytest.raises(Invalid, match="3 pictures instead of 4"):
        cut(cutter([cell(0, 4)], exact=True), fragment([0, 1, 3]))


def test_a_cell_without_any_of_its_pictures_is_an_error() -> None:
    with pytest.raises(Invalid) as refused:
        cut(cutter([cell(0, 2), cell(2, 2), cell(4, 2)]), fragment([0, 1]), fragment([4, 5]))
    assert refused.value.code == "no_pictures"


def test_an_end_that_never_comes_is_an_error() -> None:
    with pytest.raises(Invalid) as refused:
        cut(cutter([cell(0, 2), cell(2, 2)]), fragment([0, 1]))
    assert refused.value.code == "no_pictures"


@pytest.mark.parametrize(
    ("shown", "syncs", "says"),
    [
        ([0, 1, 2, 3], [False, False, False, False], "key frame"),
        ([1, 0, 2, 3], None, "before its first"),
        ([0, 1, 1, 3], None, "same time"),
        ([0, 1, 2, 3, 4, 2], None, "back after the end"),
    ],
)
def test_what_is_no_proper_segment_is_refused(shown: list[int], syncs: list[bool] | None, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        cut(cutter([cell(0, 4)]), fragment(shown, syncs=syncs))
    assert refused.value.code == "bad_segment"


def test_too_many_pictures_are_refused() -> None:
    crowded = Cell(start=0, end=4000, frames=3, first_pts=0, end_pts=4, key_pts=0)
    with pytest.raises(Invalid, match="4 pictures instead of 3"):
        cut(cutter([crowded]), fragment([0, 1, 2, 3]))


def test_hidden_pictures_at_the_end_are_left_out() -> None:
    [made] = cut(cutter([cell(0, 3)], exact=True), fragment([0, 1, 2, 3, 4]))
    assert times_of(made) == [0, 1, 2]


def test_the_first_picture_is_judged() -> None:
    seen: list[bytes] = []
    cells = [cell(0, 2), cell(2, 2)]
    judging = VideoCutter(
        list(enumerate(cells)),
        ticks=grid_ticks(grid(cells), 30_000),
        delay=DELAY,
        exact=True,
        check=lambda sample: seen.append(bytes(sample)),
    )
    cut(judging, fragment([0, 1]), fragment([2, 3]))
    assert seen == [b"000", b"002"]


def test_samples_without_their_bytes_are_refused() -> None:
    part, payload = fragment([0, 1, 2, 3])
    with pytest.raises(Invalid, match="beyond their data"):
        cut(cutter([cell(0, 4)]), (part, payload[:-1]))


def test_a_held_cell_shows_one_picture() -> None:
    made = held_segment(7, cell(10, 0, end=16), sample=b"key", delay=DELAY)
    assert (made.number, made.start, made.duration, times_of(made)) == (7, 10_000, 6000, [10])
    read = parse_fragment(made.data, Defaults())
    assert read.samples.syncs == [True]
    assert made.data[read.data_offset :] == b"key"
