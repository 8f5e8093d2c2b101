"""Whether a file says that it is longer than it is, and how that is told to people."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from vlog.media.truncation import is_cut_off, remark

EBML = b"\x1a\x45\xdf\xa3\x84abcd"
SEGMENT = b"\x18\x53\x80\x67"


def riff(size: int) -> bytes:
    return b"RIFF" + struct.pack("<I", size) + b"AVI LIST"


@pytest.mark.parametrize(
    ("head", "end"),
    [
        (riff(1000), 1008),
        (EBML + SEGMENT + b"\x10\x00\x07\xd0", 17 + 2000),
        (EBML + SEGMENT + b"\x01\x00\x00\x00\x00\x00\x07\xd0", 21 + 2000),
    ],
)
def test_a_file_must_be_as_long_as_it_says(head: bytes, end: int) -> None:
    assert is_cut_off(head, end - 1)
    assert not is_cut_off(head, end)


@pytest.mark.parametrize("before", [0, 4])
def test_a_transport_stream_ends_with_a_whole_packet(before: int) -> None:
    """Of 188 bytes, or of 192 where a time of four bytes stands before each."""
    packet = bytes(before) + b"\x47" + bytes(187)
    assert not is_cut_off(packet * 10, len(packet) * 1000)
    assert is_cut_off(packet * 10, len(packet) * 1000 + 1)
    # Something else that has this byte now and then.
    assert not is_cut_off(packet * 4 + bytes(len(packet)) * 4, len(packet) * 1000 + 1)


@pytest.mark.parametrize(
    "head",
    [
        # Recorded as it came: nobody went back to write the size.
        EBML + SEGMENT + b"\x01\xff\xff\xff\xff\xff\xff\xff",
        EBML + SEGMENT + b"\xff",
        riff(0),
        riff(0xFFFFFFFF),
        EBML + b"\xec\x81\x00" + SEGMENT,
        EBML + SEGMENT,
        EBML + SEGMENT + b"\x01\x00",
        EBML + SEGMENT + b"\x00",
        b"\x1a\x45\xdf\xa3",
        b"RIFF",
        b"\0\0\0\x18ftypmp42",
        b"",
    ],
)
def test_what_says_nothing_is_not_cut_off(head: bytes) -> None:
    assert not is_cut_off(head, 30)


@pytest.mark.parametrize(
    ("told", "found", "words"),
    [
        (450, 252, "The file ends early: 4:12 of 7:30 could be read."),
        (7325, 59, "The file ends early: 0:59 of 2:02:05 could be read."),
        (10, Fraction("9.5"), "The file is cut off; it plays as far as it goes."),
        (None, 10, "The file is cut off; it plays as far as it goes."),
    ],
)
def test_the_words_for_it(told: int | None, found: int | Fraction, words: str) -> None:
    assert remark(None if told is None else Fraction(told), Fraction(found)) == words
