"""Where a long programme is listened to, and what follows from what was heard there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from tests.unit.test_audio_command import JOB
from vlog.media import loudness_sample
from vlog.media.loudness import Loudness
from vlog.media.loudness_sample import PIECE_SECONDS, PIECES_PER_ROUND, ROUNDS

LENGTH = 7200
LONG = replace(
    JOB,
    stream=replace(JOB.stream, start_seconds=Fraction(10), end_seconds=None),
    grid=replace(
        JOB.grid,
        timescale=1,
        start_seconds=Fraction(10),
        cells=(replace(JOB.grid.cells[0], start=0, end=LENGTH),),
    ),
)


def blocks(*levels: float, peak: float = 0.5) -> str:
    return "".join(
        f"frame:{number}\nlavfi.r128.M={level:.3f}\nlavfi.r128.S=-9.000\nlavfi.r128.true_peak={peak:.3f}\n"
        for number, level in enumerate(levels)
    )


def test_every_part_of_the_programme_is_heard_in_every_round() -> None:
    for number in range(ROUNDS):
        at = sorted(loudness_sample.places(LONG, number))
        assert len(at) == PIECES_PER_ROUND
        assert at[0] >= 10
        assert at[-1] <= 10 + LENGTH - PIECE_SECONDS
        for index, place in enumerate(at):
            # Each sixteenth once, the last one perhaps right at the beginning of the next.
            assert LENGTH * (index - 0.01) / PIECES_PER_ROUND <= place - 10, (number, index)
            assert place - 10 <= LENGTH * (index + 1.01) / PIECES_PER_ROUND, (number, index)


def test_rounds_fall_between_each_other() -> None:
    every = sorted(place for number in range(4) for place in loudness_sample.places(LONG, number))
    gaps = [after - before for before, after in pairwise(every)]
    assert max(gaps) < 3 * LENGTH / len(every)
    assert min(gaps) > PIECE_SECONDS


def test_nothing_is_sought_where_the_sound_has_ended() -> None:
    ended = replace(LONG, stream=replace(LONG.stream, end_seconds=Fraction(100)))
    assert max(loudness_sample.places(ended, 5)) <= 100 - PIECE_SECONDS


def test_what_is_short_or_jumps_is_heard_whole() -> None:
    assert loudness_sample.is_long(LONG)
    assert not loudness_sample.is_long(JOB)
    assert not loudness_sample.is_long(replace(LONG, steered_by=0))


def test_loudness_is_gated_as_the_standard_says() -> None:
    """Silence does not count (absolute gate), nor does what is 10 LU quieter than the rest (relative)."""
    loud, quiet, silent = blocks(*[-20.0] * 300), blocks(*[-33.0] * 300), blocks(*[-120.0] * 300)
    assert loudness_sample.heard([loud, quiet, silent]) == Loudness(
        integrated_lufs=-20.0, true_peak_dbtp=-6.0, changes_format=True, is_sampled=True
    )


def test_the_highest_peak_of_all_rounds_counts() -> None:
    found = loudness_sample.heard([blocks(*[-20.0] * 200, peak=0.1), blocks(*[-20.0] * 200, peak=1.0)])
    assert found is not None
    assert found.true_peak_dbtp == 0.0


@pytest.mark.parametrize("told", [[], [""], [blocks(*[-20.0] * 100)], ["lavfi.r128.M=nonsense\n" * 500]])
def test_too_little_is_no_judgement(told: list[str]) -> None:
    assert loudness_sample.heard(told) is None


def test_silence_everywhere_has_no_loudness() -> None:
    assert loudness_sample.heard([blocks(*[-120.7] * 500)]) == Loudness(changes_format=True, is_sampled=True)
