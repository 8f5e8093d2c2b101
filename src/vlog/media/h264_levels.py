"""The limits of H.264's levels: what a decoder that claims a level can play."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

_MACROBLOCK = 16
_HIGH_PROFILE_RATE = Fraction(5, 4)


@dataclass(frozen=True)
class Level:
    """Source: ITU-T H.264 table A-1: macroblocks per second and per picture, kb/s and kb of buffer.

    The last two are those of the main profile; the high profile allows 1.25 times as much.
    """

    name: str
    macroblocks_per_second: int
    macroblocks: int
    kilobits_per_second: int
    buffer_kilobits: int

    def holds(self, width: int, height: int) -> bool:
        """Whether a picture of this size is allowed (A.3.1: no side beyond the root of eight times the
        area).
        """
        columns, rows = ceil(width / _MACROBLOCK), ceil(height / _MACROBLOCK)
        return columns * rows <= self.macroblocks and max(columns, rows) ** 2 <= 8 * self.macroblocks


LEVELS = (
    Level("1.1", 3_000, 396, 192, 500),
    Level("1.2", 6_000, 396, 384, 1_000),
    Level("1.3", 11_880, 396, 768, 2_000),
    Level("2.1", 19_800, 792, 4_000, 4_000),
    Level("2.2", 20_250, 1_620, 4_000, 4_000),
    Level("3.0", 40_500, 1_620, 10_000, 10_000),
    Level("3.1", 108_000, 3_600, 14_000, 14_000),
    Level("3.2", 216_000, 5_120, 20_000, 20_000),
    Level("4.0", 245_760, 8_192, 20_000, 25_000),
    Level("4.2", 522_240, 8_704, 50_000, 62_500),
    Level("5.0", 589_824, 22_080, 135_000, 135_000),
    Level("5.1", 983_040, 36_864, 240_000, 240_000),
    Level("5.2", 2_073_600, 36_864, 240_000, 240_000),
)
"""The levels that players know; 6 and above are left to other codecs."""


def is_encodable(width: int, height: int) -> bool:
    """Whether any level holds a picture of this size."""
    return LEVELS[-1].holds(width, height)


def level_for(size: tuple[int, int], frame_rate: Fraction, *, bit_rate: int, buffer_bits: int) -> str:
    """The lowest level of the high profile for this stream; the highest one if none is enough."""
    width, height = size
    macroblocks = ceil(width / _MACROBLOCK) * ceil(height / _MACROBLOCK)
    for level in LEVELS:
        if (
            level.holds(width, height)
            and macroblocks * frame_rate <= level.macroblocks_per_second
            and bit_rate <= level.kilobits_per_second * 1000 * _HIGH_PROFILE_RATE
            and buffer_bits <= level.buffer_kilobits * 1000 * _HIGH_PROFILE_RATE
        ):
            return level.name
    return LEVELS[-1].name
