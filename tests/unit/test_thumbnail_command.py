"""The command that takes a picture, and which pictures are worth to be shown."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import info_of
from vlog.media import hardening
from vlog.media.thumbnail_command import LIT, SAMPLE_SIDE, light, places, size, take_picture

PIXELS = SAMPLE_SIDE * SAMPLE_SIDE


def words(text: str) -> list[str]:
    """Arguments that hold no spaces."""
    return text.split()


def test_taking_a_picture() -> None:
    info = info_of((1920, 1080))
    graph = (
        "[0:0]setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited,"
        "scale=640:360:flags=area:out_range=limited:out_color_matrix=bt709,format=yuv420p,setsar=1,"
        "setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
        ":chroma_location=left:field_mode=prog,scale=out_range=full:out_color_matrix=bt601,format=yuvj420p"
        ",split=2[jpeg][s];[s]scale=16:16:flags=area,format=gray[grey]"
    )
    expected = [
        *words("ffmpeg -hide_banner -nostdin -loglevel error -copyts -max_error_rate 1"),
        *words("-seek_timestamp 1 -ss 5.000000 -threads 1 -noautorotate"),
        *hardening.ffmpeg_input_args(),
        *("-i", "file:/in/source", "-filter_complex", graph),
        *words("-map [jpeg] -frames:v 1 -c:v mjpeg -q:v 3 -flags:v +bitexact"),
        *words("-map_metadata -1 -fflags +bitexact -f image2pipe pipe:3"),
        *words("-map [grey] -frames:v 1 -f rawvideo pipe:4"),
    ]
    assert take_picture("ffmpeg", "file:/in/source", info=info, at=Fraction(5), width=640) == expected


@pytest.mark.parametrize(
    ("coded", "aspect", "shown"),
    [
        ((1920, 1080), 1, (640, 360)),
        ((1080, 1920), 1, (640, 1138)),
        ((720, 576), Fraction(64, 45), (640, 360)),
        ((321, 181), 1, (320, 180)),
        ((2048, 858), 1, (640, 268)),
    ],
)
def test_pictures_are_never_enlarged_and_always_even(
    coded: tuple[int, int], aspect: int | Fraction, shown: tuple[int, int]
) -> None:
    assert size(info_of(coded, sample_aspect=Fraction(aspect)), 640) == shown


def test_a_turned_source_is_turned_back() -> None:
    info = info_of((1920, 1080))
    turned = replace(info, pictures=replace(info.video, rotation=90))
    graph = take_picture("ffmpeg", "file:/s", info=turned, at=Fraction(0), width=640)
    assert "transpose=clock,scale=640:1138:" in graph[graph.index("-filter_complex") + 1]


def test_the_wanted_place_comes_first_and_the_start_last() -> None:
    found = list(places(info_of(seconds=100), Fraction(5)))
    assert found == [5, 10, 40, 60, 80, 0]


@pytest.mark.parametrize(
    ("sample", "worth"),
    [
        (bytes(PIXELS), False),
        (bytes([16]) * PIXELS, False),
        (bytes([20, 12]) * (PIXELS // 2), False),
        (bytes([90]) * PIXELS, True),
        (bytes(PIXELS - 24) + bytes([200]) * 24, True),
        (b"", False),
    ],
)
def test_black_is_not_worth_to_be_shown_but_a_light_in_the_night_is(sample: bytes, worth: bool) -> None:
    assert (light(sample) >= LIT) is worth
