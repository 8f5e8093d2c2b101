"""Levels by the table of the standard."""

from __future__ import annotations

from fractions import Fraction

import pytest

from vlog.media.h264_levels import is_encodable, level_for

MEGABIT = 1_000_000


@pytest.mark.parametrize(
    ("size", "rate", "bit_rate", "level"),
    [
        ((640, 360), 30, MEGABIT, "3.0"),
        ((854, 480), 30, MEGABIT, "3.1"),
        ((1280, 720), 30, 2 * MEGABIT, "3.1"),
        ((1280, 720), 60, 2 * MEGABIT, "3.2"),
        ((1920, 1080), 30, 5 * MEGABIT, "4.0"),
        ((1080, 1920), 30, 5 * MEGABIT, "4.0"),
        ((1920, 1080), 60, 7 * MEGABIT, "4.2"),
        ((2560, 1440), 30, 8 * MEGABIT, "5.0"),
        ((3840, 2160), 30, 15 * MEGABIT, "5.1"),
        ((3840, 2160), 60, 22 * MEGABIT, "5.2"),
        ((1280, 720), 30, 30 * MEGABIT, "4.2"),
        ((176, 144), 15, 100_000, "1.1"),
    ],
)
def test_level(size: tuple[int, int], rate: int, bit_rate: int, level: str) -> None:
    assert level_for(size, Fraction(rate), bit_rate=bit_rate, buffer_bits=2 * bit_rate) == level


def test_sizes_beyond_the_levels() -> None:
    assert is_encodable(4096, 2304)
    assert not is_encodable(7680, 2160)
    assert not is_encodable(8704, 64)
