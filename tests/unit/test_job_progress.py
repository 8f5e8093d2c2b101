"""How far a job is, as numbers."""

from __future__ import annotations

import pytest

from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing.estimate import Held, weight
from vlog.processing.progress import done_share
from vlog.processing.rows import Planned


def rung(
    name: str, done: int, *, height: int = 360, status: str = "in_progress", encoder: str = "libx264"
) -> Planned:
    spec = VideoRendition(name=name, width=height * 16 // 9, height=height, encoder=encoder)
    return Planned(
        quality=name,
        kind="video",
        stage=0,
        spec=spec,
        status=status,
        segments_total=10,
        segments_completed=done,
    )


def test_before_the_plan_there_is_no_share() -> None:
    assert done_share([], []) is None


def test_the_share_is_of_pixels() -> None:
    small, large = rung("360p", 10), rung("1080p", 0, height=1080)
    assert done_share([small, large], []) == pytest.approx(1 / 10, rel=0.01)


def test_what_workers_hold_counts_as_far_as_they_say() -> None:
    assert done_share([rung("360p", 2)], [Held("video", ("360p",), 1.5)]) == pytest.approx(0.35)


def test_nobody_is_ahead_of_the_end() -> None:
    held = [Held("video", ("360p",), 7.0), Held("video", ("360p",), 7.0)]
    assert done_share([rung("360p", 9)], held) == 1


def test_lost_renditions_do_not_count() -> None:
    assert done_share([rung("360p", 10), rung("1080p", 0, status="failed")], []) == 1


def test_copying_and_sound_are_cheap() -> None:
    sound = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)
    copied = rung("original", 0, height=2160, encoder="copy")
    assert weight(copied.spec) < weight(sound) < weight(rung("360p", 0).spec)
