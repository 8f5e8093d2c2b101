"""Sample tables, read right or not at all. That ffmpeg reads them so too is shown with real files."""

from __future__ import annotations

import random
import struct
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mp4_boxes import box, full_box, movie, sample_table, table
from vlog.media.mp4_index import has_even_sound, is_encrypted, parse
from vlog.media.packets import VideoIndex

SIZE = 1 << 20


def read(moov: bytes, *, track: int = 1, size: int = SIZE) -> VideoIndex | None:
    return parse(moov, track, file_size_bytes=size)


def found(moov: bytes) -> VideoIndex:
    index = read(moov)
    assert index is not None
    return index


# I0 P3 B1 B2, twice, at 100 ticks a picture and one picture of delay.
REORDERED = sample_table([(8, 100)], ctts=[(1, 100), (1, 300), (2, 0)] * 2, keys=[1, 5])


def test_times_and_keys() -> None:
    index = found(movie(REORDERED))
    assert index.pts == (100, 400, 200, 300, 500, 800, 600, 700)
    assert index.keys == bytes([1, 0, 0, 0, 1, 0, 0, 0])
    assert index.shown == bytes([1] * 8)
    assert index.time_base == Fraction(1, 1000)
    assert (index.size_bytes, index.last_duration) == (80, 100)


def test_an_edit_takes_the_delay_back() -> None:
    assert found(movie(REORDERED, edits=[(800, 100)])).shown_pts == list(range(0, 800, 100))


def test_an_empty_edit_delays_the_track() -> None:
    moov = movie(REORDERED, edits=[(50, -1), (80, 100)], movie_scale=100)
    assert found(moov).shown_pts == list(range(500, 1300, 100))


def test_what_an_edit_leaves_out_is_not_shown() -> None:
    plain = sample_table([(10, 100)], keys=[1, 6])
    index = found(movie(plain, edits=[(200, 600)]))
    assert index.shown_pts == [0, 100]
    # From the key before the edit to the key after it; none follows here.
    assert index.pts == (-100, 0, 100, 200, 300)
    assert index.keys[0] == 1


def test_negative_shifts_are_signed() -> None:
    moov = movie(sample_table([(3, 100)], ctts=[(1, 0), (1, 100), (1, -100)], keys=[1]))
    assert found(moov).pts == (0, 200, 100)


def test_without_a_list_of_keys_every_picture_is_one() -> None:
    assert found(movie(sample_table([(3, 100)]))).keys == b"\1\1\1"


UNUSUAL = {
    "fragmented": movie(REORDERED) + box(b"mvex"),
    "compressed": movie(REORDERED) + box(b"cmov"),
    "several edits": movie(REORDERED, edits=[(100, 0), (100, 300)]),
    "three edits": movie(REORDERED, edits=[(1, -1), (1, -1), (100, 0)]),
    "endless edit": movie(REORDERED, edits=[(0, 0)]),
    "edit beyond the end": movie(REORDERED, edits=[(100, 5000)]),
    "edit without a key before": movie(sample_table([(4, 100)], keys=[3]), edits=[(100, 100)]),
    "no track": box(b"mvhd", bytes(100)),
    "no clock": movie(REORDERED, scale=0),
    "partial keys": movie(sample_table([(2, 100)], extra=box(b"stps", bytes(8)))),
    "random access groups": movie(sample_table([(2, 100)], extra=full_box(b"sbgp", b"rap "))),
    "key beyond the end": movie(sample_table([(2, 100)], keys=[3])),
    "no key": movie(sample_table([(2, 100)], keys=[])),
    "shifts for fewer": movie(sample_table([(3, 100)], ctts=[(2, 0)])),
    "going back": movie(sample_table([(1, 100), (1, 1 << 31)])),
    "encrypted": movie(sample_table([(2, 100)], extra=box(b"senc"))),
    "two tables": movie(sample_table([(2, 100)], extra=table(b"stts", [(2, 100)]))),
    "wide and narrow": movie(sample_table([(2, 100)], extra=table(b"co64", [(0, 0)]))),
}


@pytest.mark.parametrize("moov", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_anything_unusual_is_left_to_a_demuxer(moov: bytes) -> None:
    assert read(moov) is None


def test_other_groups_of_samples_do_no_harm() -> None:
    assert read(movie(sample_table([(2, 100)], extra=full_box(b"sbgp", b"roll")))) is not None


@pytest.mark.parametrize(
    ("steps", "rate", "expected"),
    [
        ([(100, 1024)], 1000, True),
        ([(99, 1024), (1, 300)], 1000, True),
        ([(50, 1024), (1, 2048), (49, 1024)], 1000, False),
        ([(98, 1024), (2, 300)], 1000, False),
        ([(99, 1024), (1, 4096)], 1000, False),
        ([(100, 1024)], 48_000, False),
        ([(100, 0)], 1000, False),
    ],
)
def test_sound_without_gaps_on_a_clock_of_samples_is_even(
    steps: list[tuple[int, int]], rate: int, *, expected: bool
) -> None:
    moov = movie(sample_table(steps), edits=[(50_000, 1024)])
    assert has_even_sound(moov, 1, sample_rate=rate, file_size_bytes=SIZE) is expected
    assert not has_even_sound(moov, 2, sample_rate=rate, file_size_bytes=SIZE)
    assert not has_even_sound(moov[:-9], 1, sample_rate=rate, file_size_bytes=SIZE)


def test_another_track_is_another() -> None:
    assert read(movie(REORDERED), track=2) is None


def test_tables_that_point_beyond_the_file_are_not_believed() -> None:
    assert read(movie(REORDERED), size=0) is None


def test_a_claim_of_a_billion_samples_costs_nothing() -> None:
    moov = bytearray(movie(REORDERED))
    at = moov.index(b"stsz")
    moov[at + 12 : at + 16] = struct.pack(">I", 1 << 30)
    assert read(bytes(moov)) is None
    moov = bytearray(movie(REORDERED))
    at = moov.index(b"stts")
    moov[at + 12 : at + 16] = struct.pack(">I", 1 << 30)
    assert read(bytes(moov)) is None


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 1 << 32))
def test_damaged_tables_never_raise(seed: int) -> None:
    dice = random.Random(seed)
    moov = bytearray(movie(REORDERED, edits=[(50, -1), (700, 100)]))
    for _ in range(dice.randint(1, 8)):
        moov[dice.randrange(len(moov))] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
    del moov[dice.randint(1, 2 * len(moov)) :]
    index = read(bytes(moov))
    is_encrypted(bytes(moov), 1)
    if index is not None:
        assert len(index.pts) == len(index.keys) == len(index.shown)
        assert any(index.shown)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    assert read(data) is None
    assert not is_encrypted(data, 1)


@pytest.mark.parametrize(("entry", "expected"), [(b"avc1", False), (b"encv", True), (b"drmi", True)])
def test_protected_tracks_are_told(entry: bytes, *, expected: bool) -> None:
    assert is_encrypted(movie(sample_table([(1, 1)], entry=entry)), 1) is expected
