"""Finding a constant rate, refusing to see one where there is none, thinning out."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.media_values import MILLISECONDS, MPEG_CLOCK, every
from vlog.media.cadence import (
    STANDARD_RATES,
    cadence,
    decimation,
    last_duration,
    measured_rate,
    rounded_division,
    thinned,
)


def stamps(rate: Fraction, count: int, time_base: Fraction) -> list[int]:
    return [round(n / rate / time_base) for n in range(count)]


@pytest.mark.parametrize("rate", [rate for rate in STANDARD_RATES if rate <= 120])
@pytest.mark.parametrize("time_base", [MILLISECONDS, MPEG_CLOCK, Fraction(1, 600)])
def test_every_standard_rate_is_found_in_rounded_timestamps(rate: Fraction, time_base: Fraction) -> None:
    found = cadence(stamps(rate, 400, time_base), time_base, None)
    assert found.rate == rate
    assert found.frame_duration is not None
    assert Fraction(found.timescale, found.frame_duration) == rate


def test_ntsc_is_told_from_its_whole_neighbour() -> None:
    assert cadence(stamps(Fraction(30_000, 1001), 300, MILLISECONDS), MILLISECONDS, None).rate == Fraction(
        30_000, 1001
    )
    assert cadence(stamps(Fraction(30), 300, MILLISECONDS), MILLISECONDS, None).rate == 30


def test_a_missing_picture_here_and_there_keeps_the_rate() -> None:
    pts = [value for n, value in enumerate(every(3000, 300)) if n % 20 != 7]
    assert cadence(pts, MPEG_CLOCK, None).frame_duration == 1000


def test_a_hand_held_phone_is_not_bent_to_a_rate() -> None:
    dice = random.Random(4)
    pts = [value + dice.randint(-540, 540) for value in every(3000, 300)]
    found = cadence(pts, MPEG_CLOCK, None)
    assert found.frame_duration is None
    assert found.timescale == 90_000
    assert abs(found.rate - 30) < Fraction(1, 10)


def test_one_picture_far_off_its_place_makes_the_rate_variable() -> None:
    pts = every(3000, 300)
    pts[150] += 900
    assert cadence(pts, MPEG_CLOCK, None).frame_duration is None


def test_a_single_picture_has_the_rate_of_the_header_if_that_can_be() -> None:
    assert cadence([0], MILLISECONDS, Fraction(24)).rate == 24
    assert cadence([0], MILLISECONDS, Fraction(100_000)).rate == 25
    assert cadence([0], MILLISECONDS, None).rate == 25


def test_a_picture_a_day_still_has_a_rate_above_zero() -> None:
    assert cadence([0, 86_400_000], MILLISECONDS, None).rate > 0
    assert measured_rate([0, 86_400_000], MILLISECONDS, None) == Fraction(1, 86_400)


@pytest.mark.parametrize(("rate", "kept"), [(120, 60), (240, 60), (144, 48), (100, 50), (90, 45)])
def test_fast_sources_are_thinned_evenly(rate: int, kept: int) -> None:
    pts = stamps(Fraction(rate), 10 * rate, MPEG_CLOCK)
    step = decimation(pts, MPEG_CLOCK, 60)
    assert cadence(thinned(pts, step), MPEG_CLOCK, None).rate == kept


@pytest.mark.parametrize("rate", [Fraction(60), Fraction(60_000, 1001), Fraction(30), Fraction(1, 5)])
def test_sources_at_or_below_the_cap_keep_every_picture(rate: Fraction) -> None:
    assert decimation(stamps(rate, 500, MPEG_CLOCK), MPEG_CLOCK, 60) == 0


def test_pictures_within_a_millisecond_are_one() -> None:
    pts = [0, 3000, 3010, 6000]
    step = decimation(pts, MPEG_CLOCK, 60)
    assert step == 90
    assert thinned(pts, step) == [0, 3000, 6000]


def test_the_last_picture_lasts_as_told_where_that_is_believable() -> None:
    pts = every(40, 10)
    assert last_duration(pts, 400, MILLISECONDS) == 400
    assert last_duration(pts, 0, MILLISECONDS) == 40
    assert last_duration(pts, 86_400_000, MILLISECONDS) == 40
    assert last_duration([0, 60_000], 100_000, MILLISECONDS) == 100_000
    assert last_duration([0], 0, MILLISECONDS) == 40


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_division_rounds_as_fractions_do(dividend: int, divisor: int) -> None:
    assert rounded_division(dividend, divisor) == round(Fraction(dividend, divisor))
