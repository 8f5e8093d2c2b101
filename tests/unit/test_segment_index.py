"""The compact list of a rendition's segments, and the bit rates that are announced from it."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Fault
from vlog.processing.segment_index import Indexed, SegmentIndex, pack, unpack

HASH = hashlib.sha256(b"").digest()
segments = st.builds(
    Indexed, st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1), st.binary(min_size=32, max_size=32)
)
indexes = st.builds(
    SegmentIndex,
    st.integers(1, 2**31),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(segments, min_size=1, max_size=30).map(tuple),
)


def index_of(*sizes_and_seconds: tuple[int, int], timescale: int = 1000) -> SegmentIndex:
    made = (Indexed(seconds * timescale, size, HASH) for size, seconds in sizes_and_seconds)
    return SegmentIndex(timescale, 0, tuple(made))


@given(indexes)
def test_what_is_packed_comes_back(index: SegmentIndex) -> None:
    assert unpack(pack(index), timescale=index.timescale) == index


def test_a_year_of_segments_is_small() -> None:
    index = index_of(*[(500_000, 6)] * 1000)
    assert len(pack(index)) < 3000


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", zlib.compress(b"junk"), zlib.compress(b"VSI1" + bytes(100)), pack(index_of((1, 1)))[:-3]],
)
def test_damage_is_noticed(data: bytes) -> None:
    with pytest.raises(Fault):
        unpack(data, timescale=1)


def test_segments_begin_where_their_predecessors_end() -> None:
    index = SegmentIndex(10, 7, tuple(Indexed(d, 1, HASH) for d in (5, 6, 7)))
    assert index.starts == [7, 12, 18]
    assert index.duration == 18


def test_the_average_is_over_all() -> None:
    assert index_of((1000, 1), (3000, 1)).average_bit_rate == 16_000


def test_rates_are_rounded_up() -> None:
    assert index_of((1, 3)).average_bit_rate == 3


def test_the_peak_is_the_hardest_stretch_of_about_the_target_duration() -> None:
    index = index_of((6000, 6), (60_000, 6), (6000, 6))
    assert index.peak_bit_rate == 80_000


def test_a_short_last_segment_is_no_peak_of_its_own() -> None:
    """A second says little about what a network must bear: it counts with its neighbour."""
    index = index_of((6000, 6), (6000, 6), (5000, 1))
    assert index.peak_bit_rate == 11_000 * 8 // 7 + 1


def test_a_run_longer_than_one_and_a_half_targets_does_not_count() -> None:
    index = index_of((6000, 4), (6000, 4))
    assert index.peak_bit_rate == 12_000


def test_the_peak_of_a_single_short_segment_is_its_average() -> None:
    index = SegmentIndex(1000, 0, (Indexed(200, 100, HASH),))
    assert index.peak_bit_rate == index.average_bit_rate == 4000


@given(indexes)
def test_the_peak_is_never_below_the_average(index: SegmentIndex) -> None:
    assert index.peak_bit_rate >= index.average_bit_rate
