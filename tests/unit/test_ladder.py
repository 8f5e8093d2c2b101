"""Sizes and caps of the rungs."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.media_values import info_of
from vlog.media import ladder
from vlog.media.h264_levels import is_encodable
from vlog.media.plan import EncodePolicy

POLICY = EncodePolicy()
FILM = Fraction(24)


def sizes(size: tuple[int, int], aspect: Fraction = Fraction(1)) -> list[str]:
    found = ladder.rungs(info_of(size, sample_aspect=aspect), FILM, POLICY)
    return [f"{rung.name} {rung.width}x{rung.height}" for rung in found]


@pytest.mark.parametrize(
    ("size", "rungs"),
    [
        (
            (3840, 2160),
            [
                "2160p 3840x2160",
                "1440p 2560x1440",
                "1080p 1920x1080",
                "720p 1280x720",
                "480p 854x480",
                "360p 640x360",
            ],
        ),
        # Cinema scope is measured by its short side.
        ((1920, 804), ["720p 1720x720", "480p 1146x480", "360p 860x360"]),
        ((1080, 1920), ["1080p 1080x1920", "720p 720x1280", "480p 480x854", "360p 360x640"]),
        # Narrower than a rung by a few pixels: the next one.
        ((1088, 1920), ["1080p 1080x1906", "720p 720x1270", "480p 480x848", "360p 360x636"]),
        ((1768, 994), ["720p 1280x720", "480p 854x480", "360p 640x360"]),
        ((480, 270), ["270p 480x270"]),
        ((321, 241), ["240p 320x240"]),
        ((135, 999), ["134p 134x998"]),
        ((361, 361), ["360p 360x360"]),
    ],
)
def test_rungs_at_or_below_the_short_side(size: tuple[int, int], rungs: list[str]) -> None:
    assert sizes(size) == rungs


def test_pixels_that_are_not_square_are_made_so() -> None:
    assert sizes((720, 576), Fraction(64, 45))[0] == "480p 854x480"


def test_what_no_level_holds_is_left_out() -> None:
    assert sizes((8192, 2160))[0] == "1440p 5462x1440"


def test_caps_are_those_of_the_policy_for_ordinary_pictures() -> None:
    found = ladder.rungs(info_of((1920, 1080)), Fraction(30), POLICY)
    assert [(rung.name, rung.cap) for rung in found] == [
        ("1080p", 5_000_000),
        ("720p", 2_500_000),
        ("480p", 1_000_000),
        ("360p", 600_000),
    ]


def test_fast_and_wide_pictures_may_have_more_but_not_in_proportion() -> None:
    (plain,) = ladder.rungs(info_of((640, 360)), Fraction(30), POLICY)
    (fast,) = ladder.rungs(info_of((640, 360)), Fraction(60), POLICY)
    (wide,) = ladder.rungs(info_of((1280, 360)), Fraction(30), POLICY)
    (square,) = ladder.rungs(info_of((360, 360)), Fraction(30), POLICY)
    assert 1.4 < fast.cap / plain.cap < 1.6
    assert 1.5 < wide.cap / plain.cap < 2
    assert 0.5 < square.cap / plain.cap < 1


def test_never_more_bits_than_the_source() -> None:
    info = info_of((1280, 720), bit_rate=900_000)
    made = [
        ladder.rendition(rung, info, frame_rate=FILM, policy=POLICY)
        for rung in ladder.rungs(info, FILM, POLICY)
    ]
    assert [(rendition.name, rendition.max_bit_rate) for rendition in made] == [
        ("720p", 900_000),
        ("480p", 900_000),
        ("360p", 600_000),
    ]
    assert all(rendition.buffer_bits == 2 * rendition.max_bit_rate for rendition in made)


def test_a_rendition_carries_the_policy() -> None:
    info = info_of((1920, 1080))
    rung = ladder.rungs(info, FILM, POLICY)[0]
    made = ladder.rendition(rung, info, frame_rate=FILM, policy=EncodePolicy(preset="medium", crf=20))
    assert (made.encoder, made.preset, made.crf, made.profile, made.level) == (
        "libx264",
        "medium",
        20,
        "high",
        "4.0",
    )


@settings(deadline=None)
@given(st.integers(16, 8192), st.integers(16, 8192), st.sampled_from(["1", "4/3", "64/45", "1/2", "8"]))
def test_sizes_are_even_upright_and_never_larger(width: int, height: int, aspect: str) -> None:
    info = info_of((width, height), sample_aspect=Fraction(aspect))
    shown = info.video.display_size
    found = ladder.rungs(info, FILM, POLICY)
    assert found
    assert len({rung.name for rung in found}) == len(found)
    for rung in found:
        assert rung.width % 2 == rung.height % 2 == 0
        assert 2 <= rung.width <= shown[0]
        assert 2 <= rung.height <= shown[1]
        assert rung.name == f"{rung.short_side}p"
        if max(shown) <= 8 * min(shown):
            assert is_encodable(rung.width, rung.height)
            # Two pixels of rounding on the short side at most.
            off = abs(rung.width * shown[1] - rung.height * shown[0])
            assert off <= 2 * max(shown)
