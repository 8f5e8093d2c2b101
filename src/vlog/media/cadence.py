"""How a source's pictures follow each other: at a constant rate or not, and how to thin them out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

_NTSC = [Fraction(nominal * 1000, 1001) for nominal in (12, 15, 24, 30, 48, 60, 120, 240)]
_WHOLE = [Fraction(rate) for rate in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30)]
_FAST = [Fraction(rate) for rate in (48, 50, 60, 72, 75, 90, 100, 120, 144, 200, 240)]
STANDARD_RATES = tuple(sorted([*_NTSC, *_WHOLE, *_FAST, Fraction(15, 2), Fraction(25, 2)]))
"""Rates that cameras, films, screens and editors use, in pictures per second."""

VARIABLE_TIMESCALE = 90_000
"""Ticks per second where pictures are not evenly spaced: MPEG's clock, finer than any of them."""

_TOLERANCE_TICKS = Fraction(3, 2)
_WIDEST_TOLERANCE = Fraction(9, 20)
_LEAST_SINGLE_STEPS = Fraction(9, 10)
_RATE_SLACK = Fraction(21, 20)
_SHORTEST_STEP_SECONDS = Fraction(1, 1000)
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """The rate of a source's pictures, and the grid of ticks that holds each of them.

    ``frame_duration`` is in ticks, ``None`` when the pictures are not evenly spaced. ``rate`` is constant
    or average.
    """

    timescale: int
    frame_duration: int | None
    rate: Fraction


def measured_rate(pts: Sequence[int], time_base: Fraction, nominal: Fraction | None) -> Fraction:
    """Pictures per second over the whole of ``pts`` (ascending); the header's word for a single one."""
    if len(pts) > 1:
        return Fraction(len(pts) - 1) / ((pts[-1] - pts[0]) * time_base)
    return nominal if nominal and nominal <= STANDARD_RATES[-1] else _FALLBACK_RATE


def cadence(pts: Sequence[int], time_base: Fraction, nominal: Fraction | None) -> Cadence:
    """Find the constant standard rate on which all of ``pts`` (ascending, distinct) lie, or that there is
    none.

    A picture may be missing here and there, but not more than every tenth; each must lie within 1.5 units
    of the source's clock of its place.
    """
    average = measured_rate(pts, time_base, nominal)
    likely = [
        rate for rate in STANDARD_RATES if average * Fraction(49, 50) <= rate <= average * Fraction(10, 9)
    ]
    for rate in sorted(likely, key=lambda rate: abs(rate - average)):
        if _is_constant(pts, time_base, rate):
            scale = 1 if rate.denominator > 1 else 1000
            return Cadence(
                timescale=rate.numerator * scale, frame_duration=rate.denominator * scale, rate=rate
            )
    rounded = max(average.limit_denominator(1001), Fraction(1, 1001))
    return Cadence(timescale=VARIABLE_TIMESCALE, frame_duration=None, rate=rounded)


def decimation(pts: Sequence[int], time_base: Fraction, max_rate: int) -> int:
    """The least distance in ``time_base`` units between two kept pictures; 0 when all of ``pts`` are kept.

    Sources faster than ``max_rate`` are thinned to it; pictures less than a millisecond after another are
    dropped.
    """
    if len(pts) < 2:
        return 0
    if measured_rate(pts, time_base, None) > max_rate * _RATE_SLACK:
        # Somewhat less than the wished step, or jitter would drop a picture that is due.
        return max(1, int(1 / (max_rate * _RATE_SLACK * time_base)))
    shortest = min(later - earlier for earlier, later in pairwise(pts))
    if shortest * time_base < _SHORTEST_STEP_SECONDS:
        return math.ceil(_SHORTEST_STEP_SECONDS / time_base)
    return 0


def thinned(pts: Sequence[int], step: int) -> list[int]:
    """The pictures that are kept: the first, and each at least ``step`` after the one before."""
    if not step:
        return list(pts)
    kept = list(pts[:1])
    for value in pts[1:]:
        if value - kept[-1] >= step:
            kept.append(value)
    return kept


def last_duration(pts: Sequence[int], told: int, time_base: Fraction) -> int:
    """How long the last picture is seen, in ``time_base`` units: as the source tells where that is
    believable.
    """
    steps = [later - earlier for earlier, later in pairwise(pts)]
    longest_believable = max(2 * max(steps, default=0), int(10 / time_base))
    if 0 < told <= longest_believable:
        return told
    return median_low(steps) if steps else max(1, int(1 / (_FALLBACK_RATE * time_base)))


def rounded_division(dividend: int, divisor: int) -> int:
    """``round(Fraction(dividend, divisor))`` (halves to even) without the cost of a Fraction; ``divisor`` >
    0.
    """
    quotient, rest = divmod(dividend, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient % 2 == 1))


def _is_constant(pts: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    per_unit = time_base * rate
    tolerance = min(_TOLERANCE_TICKS * per_unit, _WIDEST_TOLERANCE)
    number, of = per_unit.numerator, per_unit.denominator
    most_off = int(tolerance * of)
    previous, singles = -1, 0
    for value in pts:
        scaled = (value - pts[0]) * number
        place = rounded_division(scaled, of)
        if abs(scaled - place * of) > most_off or place <= previous:
            return False
        singles += place == previous + 1
        previous = place
    return singles >= _LEAST_SINGLE_STEPS * len(pts)
