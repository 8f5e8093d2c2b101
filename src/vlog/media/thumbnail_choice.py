"""Which of a video's pictures stands for it: judged on small tiles, in whole numbers and plain bytes.

A picture is worth showing when it is lit, has many tones, is sharp and has colour; early ones are preferred,
but not those of the first seconds. Every term grows with what it measures, so that of two tiles that differ
in one thing the better one wins, and of two equal ones the earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from math import log2
from operator import sub

from vlog.kit.errors import Invalid

LIT = 28
"""The least ``light`` of a picture that is worth to be shown."""

_TONES = 32
_FEW_TONES_BITS = 2.6
_MOSTLY_PLAIN = 0.86
_PLAIN_STEP = 3
# Half of the most that sharpness can give is reached here: noise is not worth more than detail.
_SHARP_HALF = 8.0
_RICH_COLOUR = 24.0
_OPENING_SECONDS = 4.0
_SEVERAL = 4

_COARSE = bytes(value * _TONES // 256 for value in range(256))
_FROM_GREY = bytes(abs(value - 128) for value in range(256))


class Worth(IntEnum):
    """What kind of picture it is; one of a lesser kind is shown only when there is no other."""

    BLANK = 0
    """Black, white, or nearly so."""
    FLAT = 1
    """Few tones or large plain areas: a title card, a slide, a screen."""
    SCENE = 2
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture made small: full-range samples, ``luma`` row by row and both chroma planes in ``chroma``."""

    width: int
    luma: bytes
    chroma: bytes


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen in a tile.

    ``light`` is 0 for black, and for white counted from the other end; ``tones_bits`` the entropy of its
    tones (0 to 5); ``plain`` the share of neighbours that are alike; ``sharp`` the mean step between
    neighbours; ``colour`` the mean distance from grey. The last two are steps of 256.
    """

    light: float
    tones_bits: float
    plain: float
    sharp: float
    colour: float

    @property
    def worth(self) -> Worth:
        """Its kind."""
        if self.light < LIT:
            return Worth.BLANK
        if self.tones_bits < _FEW_TONES_BITS or self.plain > _MOSTLY_PLAIN:
            return Worth.FLAT
        return Worth.SCENE

    @property
    def appeal(self) -> float:
        """How good it is among its kind, 0 to 1."""
        sharp = self.sharp / (self.sharp + _SHARP_HALF)
        tones = self.tones_bits / log2(_TONES)
        colour = min(self.colour / _RICH_COLOUR, 1.0)
        return sharp * (0.6 + 0.4 * tones) * (0.75 + 0.25 * colour)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that could be shown: where it is (file time), and whether a decoder can begin with it."""

    at_seconds: Fraction
    look: Look
    is_key: bool


def tiles(raw: bytes, width: int, height: int) -> list[Tile]:
    """The tiles in what ffmpeg wrote as ``rawvideo`` in ``yuv420p`` (even sizes); an unfinished one is left
    out. Raises ``Invalid`` for odd sizes.
    """
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise Invalid("Tiles have even sizes.", code="odd_tile")
    area = width * height
    step = area * 3 // 2
    return [
        Tile(width, raw[start : start + area], raw[start + area : start + step])
        for start in range(0, len(raw) - step + 1, step)
    ]


def look(tile: Tile) -> Look:
    """Look at a tile."""
    luma, count = tile.luma, len(tile.luma)
    # Differences with the right and the lower neighbour; those across a row's end are one in hundreds.
    steps = bytes(map(abs, map(sub, luma[1:], luma))) + bytes(map(abs, map(sub, luma[tile.width :], luma)))
    coarse = luma.translate(_COARSE)
    shares = [found / count for tone in range(_TONES) if (found := coarse.count(tone))]
    return Look(
        light=light(luma),
        tones_bits=-sum(share * log2(share) for share in shares),
        plain=sum(steps.count(value) for value in range(_PLAIN_STEP)) / max(len(steps), 1),
        sharp=sum(steps) / max(len(steps), 1),
        colour=sum(tile.chroma.translate(_FROM_GREY)) / max(len(tile.chroma), 1),
    )


def light(luma: bytes) -> float:
    """How far from black, and from white: a bright thing in the night, or a dark one in the snow, counts."""
    if not luma:
        return 0.0
    mean = sum(luma) / len(luma)
    # Over the 256 values there are, not over the pixels.
    spread = sum(abs(value - mean) * luma.count(value) for value in range(256)) / len(luma)
    return min(mean, 255 - mean) + 2 * spread


def place_weight(into_seconds: float, duration_seconds: float) -> float:
    """What a picture's place adds: most in the first third after the opening, least in the last tenth."""
    share = into_seconds / duration_seconds if duration_seconds > 0 else 0.0
    if _is_opening(into_seconds, duration_seconds):
        return 0.8
    if share <= 1 / 3:
        return 1.0
    return 0.7 if share > 0.9 else 1.0 - 0.2 * (share - 1 / 3) / (2 / 3)


def best_first(
    candidates: Iterable[Candidate], *, start_seconds: Fraction, duration_seconds: Fraction
) -> list[Candidate]:
    """The candidates by what they are worth; equal ones in the order of their times."""

    def rank(candidate: Candidate) -> tuple[int, float, Fraction]:
        into = float(candidate.at_seconds - start_seconds)
        weight = place_weight(into, float(duration_seconds))
        return -candidate.look.worth, -candidate.look.appeal * weight, candidate.at_seconds

    return sorted(candidates, key=rank)


def is_enough(ranked: Sequence[Candidate], *, start_seconds: Fraction, duration_seconds: Fraction) -> bool:
    """Whether the best of them will do: a scene behind the opening, or a flat one of several."""
    if not ranked:
        return False
    best = ranked[0]
    opening = _is_opening(float(best.at_seconds - start_seconds), float(duration_seconds))
    return (best.look.worth is Worth.SCENE and not opening) or (
        best.look.worth is Worth.FLAT and len(ranked) >= _SEVERAL
    )


def _is_opening(into_seconds: float, duration_seconds: float) -> bool:
    return into_seconds < min(_OPENING_SECONDS, duration_seconds / 10)
