"""How loud a sound is, and by how much it is raised or lowered to be as loud as all others.

Source: EBU R 128 and ITU-R BS.1770 (integrated loudness, true peak); EBU Tech 3341 for the gates.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from vlog.media.plan import Levelling

CEILING_DBTP = -1.0
"""The highest true peak that levelled sound may have: decoders of lossy formats overshoot by about this."""

MOST_GAIN_DB = 20.0
"""The most that a sound is raised by: beyond it, what would be heard is the noise of the microphone."""

UNHEARD_DB = 1.0
"""By how much the ceiling is lower where only pieces were heard: peaks between samples rise by this."""

SILENCE_LUFS = -70.0
"""What is not louder counts as silence: the absolute gate."""

_SUMMARY = re.compile(r"\[Parsed_ebur128_\d+ @ 0x[0-9a-f]+\] Summary:")
_INTEGRATED = re.compile(r"^\s*I:\s+(-?\d+\.\d+) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^\s*Peak:\s+(-?\d+\.\d+) dBFS", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """What hearing a sound from end to end has told; ``None`` where it is silent or too short to be measured.

    ``integrated_lufs`` is the loudness of the whole (LUFS), ``true_peak_dbtp`` the highest point of the wave
    (dBTP), both after mixing down to the channels that are published. ``changes_format`` tells that the
    source's channels or sample rate change on the way, ``is_sampled`` that only pieces were heard: then that
    is not known, and there may be higher peaks.
    """

    integrated_lufs: float | None = None
    true_peak_dbtp: float | None = None
    changes_format: bool = False
    is_sampled: bool = False


@dataclass(frozen=True, kw_only=True)
class Level:
    """A gain for all samples (dB), and the highest that any may be then (dBFS, ``None``: as it comes)."""

    gain_db: float = 0.0
    limit_dbfs: float | None = None


UNCHANGED = Level()
"""Sound as it comes."""


def heard(told: str) -> Loudness:
    """Read what ffmpeg's ``ebur128`` says at its end; one summary for each format that the sound has had."""
    *before, last = _SUMMARY.split(told)
    integrated, peak = _INTEGRATED.search(last), _PEAK.search(last)
    changes = len(before) > 1
    if not before or integrated is None or peak is None:
        return Loudness(changes_format=changes)
    loudness = float(integrated[1])
    if loudness <= SILENCE_LUFS:
        return Loudness(changes_format=changes)
    return Loudness(integrated_lufs=loudness, true_peak_dbtp=float(peak[1]), changes_format=changes)


def gain_db(loudness: Loudness, levelling: Levelling | None) -> float:
    """The one gain for the whole sound (dB, in tenths): towards the target, as far as its peak allows.

    0 for what can't be measured, and where no levelling is wished. Quiet and loud passages keep their
    distance.
    """
    if levelling is None or loudness.integrated_lufs is None or loudness.true_peak_dbtp is None:
        return 0.0
    wanted = levelling.target_lufs - loudness.integrated_lufs
    allowed = min(wanted, MOST_GAIN_DB, _ceiling(loudness) - loudness.true_peak_dbtp)
    # Down to a tenth, so that rounding never takes the peak beyond the ceiling; a little more than that is
    # the noise of binary fractions.
    return math.floor(allowed * 10 + 1e-6) / 10


def level(loudness: Loudness, levelling: Levelling | None) -> Level:
    """What is done to the sound. Peaks that were not heard are held below the ceiling that those heard
    keep to by themselves; a sound without gain stays as it is.
    """
    gain = gain_db(loudness, levelling)
    return Level(gain_db=gain, limit_dbfs=_ceiling(loudness) if gain and loudness.is_sampled else None)


def is_worth_making(loudness: Loudness, levelling: Levelling | None) -> bool:
    """Whether a levelled rendition differs enough from the source's own sound."""
    return levelling is None or abs(gain_db(loudness, levelling)) >= levelling.least_gain_db


def _ceiling(loudness: Loudness) -> float:
    return CEILING_DBTP - (UNHEARD_DB if loudness.is_sampled else 0.0)
