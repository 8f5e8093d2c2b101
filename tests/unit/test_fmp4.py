"""Boxes, fragments and segments: what is written is read back, and no bytes lead anywhere but to
``Invalid``.
"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.fmp4 import (
    MAX_SAMPLES,
    Defaults,
    Samples,
    box,
    boxes,
    build_segment,
    find,
    full_box,
    need,
    parse_fragment,
)

NO_DEFAULTS = Defaults()


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    count = draw(st.integers(1, 30))

    def column(top: int) -> list[int]:
        return draw(st.lists(st.integers(0, top), min_size=count, max_size=count))

    syncs = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return Samples(column(1 << 20), column(50), syncs, column(1 << 20))


def segment(of: Samples, *, sequence: int = 1, decode_time: int = 0) -> bytes:
    payload = [bytes([index % 251] * size) for index, size in enumerate(of.sizes)]
    return build_segment(of, payload, sequence=sequence, decode_time=decode_time)


EVEN = Samples([10, 10, 10], [4, 5, 6], [True, False, False], [20, 40, 0])


@given(samples(), st.integers(1, 1 << 31), st.integers(0, 1 << 62))
def test_a_segment_is_read_back(written: Samples, sequence: int, decode_time: int) -> None:
    data = segment(written, sequence=sequence, decode_time=decode_time)
    fragment = parse_fragment(data, NO_DEFAULTS)
    assert fragment.decode_time == decode_time
    assert list(fragment.samples.durations) == written.durations
    assert list(fragment.samples.sizes) == written.sizes
    assert list(fragment.samples.syncs) == written.syncs
    assert list(fragment.samples.offsets) == written.offsets
    assert data[fragment.data_offset :] == b"".join(
        bytes([index % 251] * size) for index, size in enumerate(written.sizes)
    )
    assert [found.kind for found in boxes(data)] == [b"moof", b"mdat"]
    mfhd = need(data, b"moof", b"mfhd")
    assert int.from_bytes(data[mfhd.body + 4 : mfhd.end], "big") == sequence


def test_what_is_the_same_for_all_samples_is_said_once() -> None:
    # Sizes and composition offsets, and nothing else for each sample.
    trun = need(segment(EVEN), b"moof", b"traf", b"trun")
    assert trun.end - trun.body == 4 + 4 + 4 + 4 + 3 * 8


def test_negative_composition_offsets_are_never_written() -> None:
    with pytest.raises(Invalid, match="out of range"):
        segment(Samples([10], [1], [True], [-1]))


def test_the_payload_must_be_as_long_as_the_samples_say() -> None:
    with pytest.raises(Invalid, match="5 bytes for samples of 4"):
        build_segment(Samples([1], [4], [True], [0]), [b"12345"], sequence=1, decode_time=0)


def test_signed_times_are_read() -> None:
    # As ffmpeg writes a track whose first sample comes before the start, with a signed composition offset.
    trun = full_box(b"trun", 1, 0x000801, struct.pack(">Iii", 1, 0, -3))
    tfdt = full_box(b"tfdt", 1, 0, struct.pack(">q", -1024))
    tfhd = full_box(b"tfhd", 0, 0x020000, struct.pack(">I", 1))
    fragment = parse_fragment(box(b"moof", box(b"traf", tfhd, tfdt, trun)), Defaults(7, 8, 0x00010000))
    assert fragment.decode_time == -1024
    assert fragment.samples == Samples((7,), (8,), [False], (-3,))


def test_several_runs_are_one() -> None:
    run = full_box(b"trun", 0, 0x000201, struct.pack(">IiII", 2, 100, 5, 6))
    traf = box(
        b"traf",
        full_box(b"tfhd", 0, 0x020008, struct.pack(">II", 1, 9)),
        full_box(b"tfdt", 0, 0, struct.pack(">I", 3)),
        run,
        run,
    )
    fragment = parse_fragment(box(b"moof", traf), NO_DEFAULTS)
    assert (list(fragment.samples.sizes), list(fragment.samples.durations)) == ([5, 6, 5, 6], [9] * 4)


def test_a_claim_of_a_billion_samples_takes_no_memory() -> None:
    trun = full_box(b"trun", 0, 0, struct.pack(">I", MAX_SAMPLES + 1))
    tfdt = full_box(b"tfdt", 0, 0, bytes(4))
    tfhd = full_box(b"tfhd", 0, 0, struct.pack(">I", 1))
    with pytest.raises(Invalid, match="samples"):
        parse_fragment(box(b"moof", box(b"traf", tfhd, tfdt, trun)), NO_DEFAULTS)


def test_a_large_box_tells_its_size_in_64_bits() -> None:
    data = struct.pack(">I4sQ", 1, b"mdat", 20) + b"1234"
    assert list(boxes(data)) == [(b"mdat", 0, 16, 20)]


def test_the_last_box_may_go_on_to_the_end() -> None:
    assert list(boxes(struct.pack(">I4s", 0, b"mdat") + b"12")) == [(b"mdat", 0, 8, 10)]


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x08moo",
        struct.pack(">I4s", 9, b"moof"),
        struct.pack(">I4s", 7, b"moof"),
        struct.pack(">I4sI", 1, b"moof", 0),
        struct.pack(">I4sQ", 1, b"moof", 15),
        struct.pack(">I4sQ", 1, b"moof", 1 << 63),
    ],
)
def test_lengths_that_lie_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        list(boxes(data))
    assert refused.value.code == "bad_segment"


def test_a_missing_box_is_named() -> None:
    assert find(b"", b"moof") is None
    with pytest.raises(Invalid, match="no tfdt box"):
        parse_fragment(box(b"moof", box(b"traf", full_box(b"tfhd", 0, 0, bytes(4)))), NO_DEFAULTS)


@given(st.data())
def test_damaged_fragments_are_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(segment(EVEN))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = damaged[: data.draw(st.integers(0, len(damaged)))]
    for candidate in (damaged, cut):
        try:
            parse_fragment(candidate, NO_DEFAULTS)
        except Invalid as error:
            assert error.code == "bad_segment"  # noqa: PT017 - either outcome is right


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Invalid):
        parse_fragment(noise, NO_DEFAULTS)
