"""What ffmpeg tells of loudness, and the one gain that follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vlog.media.loudness import UNCHANGED, Level, Loudness, gain_db, heard, is_worth_making, level
from vlog.media.plan import Levelling

SUMMARY = """
[Parsed_ebur128_3 @ 0x7f6938001c00] Summary:

  Integrated loudness:
    I:         {integrated} LUFS
    Threshold: -38.1 LUFS

  Loudness range:
    LRA:        11.7 LU
    Threshold: -48.1 LUFS

  True peak:
    Peak:       {peak} dBFS
[out#0/null @ 0x5633c71dc380] video:0KiB audio:32762KiB
"""
TARGET = Levelling(target_lufs=-16)


def told(integrated: str, peak: str) -> str:
    return SUMMARY.format(integrated=integrated, peak=peak)


def measured(integrated: float, peak: float) -> Loudness:
    return Loudness(integrated_lufs=integrated, true_peak_dbtp=peak)


def test_the_summary_is_read() -> None:
    assert heard(told("-25.4", "-6.7")) == measured(-25.4, -6.7)


def test_only_the_tool_s_last_words_count() -> None:
    """A title may say anything."""
    title = "    title : I: 3.0 LUFS Peak: -9.0 dBFS\n  I: 3.0 LUFS\n"
    assert heard(title + told("-25.4", "-6.7")) == measured(-25.4, -6.7)


@pytest.mark.parametrize(
    "text", ["", "no words at all", told("-70.0", "-6.7"), told("-inf", "-inf"), told("nan", "-3.0")]
)
def test_silence_has_no_loudness(text: str) -> None:
    assert heard(text) == Loudness()


def test_a_second_summary_tells_of_a_second_format() -> None:
    found = heard(told("-25.4", "-6.7") + told("-20.0", "-3.0"))
    assert found == Loudness(integrated_lufs=-20.0, true_peak_dbtp=-3.0, changes_format=True)


@pytest.mark.parametrize(
    ("loudness", "gain"),
    [
        (measured(-23.4, -12.0), 7.4),
        (measured(-16.0, -3.0), 0.0),
        (measured(-9.0, 0.4), -7.0),
        # The peak may come to -1 dBTP and not further.
        (measured(-23.0, -5.5), 4.5),
        (measured(-18.0, 0.3), -1.3),
        # Noise is not made a roar.
        (measured(-60.0, -45.0), 20.0),
        (Loudness(), 0.0),
    ],
)
def test_the_gain(loudness: Loudness, gain: float) -> None:
    assert gain_db(loudness, TARGET) == pytest.approx(gain)
    assert gain_db(loudness, None) == 0


def test_what_was_heard_in_pieces_keeps_more_room_and_is_held_below_it() -> None:
    whole = measured(-23.0, -5.5)
    assert level(whole, TARGET) == Level(gain_db=4.5)
    pieces = replace(whole, is_sampled=True)
    assert level(pieces, TARGET) == Level(gain_db=3.5, limit_dbfs=-2.0)
    # What needs no gain is not touched at all.
    assert level(replace(measured(-16.0, -3.0), is_sampled=True), TARGET) == UNCHANGED
    assert level(pieces, None) == UNCHANGED


@pytest.mark.parametrize(
    ("integrated", "is_made"), [(-16.0, False), (-16.9, False), (-17.0, True), (-15.0, True), (-15.1, False)]
)
def test_a_copy_stays_where_little_would_change(integrated: float, is_made: bool) -> None:
    copied = Levelling(target_lufs=-16, least_gain_db=1.0)
    assert is_worth_making(measured(integrated, -10.0), copied) is is_made
    assert is_worth_making(measured(integrated, -10.0), TARGET)
    assert not is_worth_making(Loudness(), copied)
