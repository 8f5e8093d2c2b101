"""Colours: what is known stays, what is not is guessed from the source and not from each rung."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.media_values import info_of
from vlog.media.colour import claims, colour_of, has_alpha, scaled, source_colour

SD_EUROPE: dict[str, Any] = {
    "color_space": "bt470bg",
    "color_primaries": "bt470bg",
    "color_transfer": "bt709",
}


def test_what_ordinary_screens_show_is_kept() -> None:
    colour = colour_of(replace(info_of().video, **SD_EUROPE))
    assert (colour.matrix, colour.primaries, colour.transfer) == ("bt470bg", "bt470bg", "bt709")


@pytest.mark.parametrize(
    "told",
    [
        {"color_transfer": "smpte2084"},
        {"color_transfer": "arib-std-b67"},
        {"color_primaries": "bt2020"},
        {"color_space": "bt2020nc"},
        {"color_primaries": "smpte432"},
    ],
)
def test_what_they_do_not_show_becomes_bt709(told: dict[str, Any]) -> None:
    colour = colour_of(replace(info_of().video, **told))
    assert (colour.matrix, colour.primaries, colour.transfer) == ("bt709", "bt709", "bt709")


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_without_further_words_is_bt2020(transfer: str) -> None:
    colour = source_colour(replace(info_of((640, 360)).video, color_transfer=transfer))
    assert (colour.matrix, colour.primaries) == ("bt2020nc", "bt2020")


@pytest.mark.parametrize(("told", "peak"), [(None, 1000), (4000, 4000), (0, 1000), (1, 300), (10**9, 10_000)])
def test_the_curve_bends_up_to_the_peak_that_is_told(told: int | None, peak: int) -> None:
    video = replace(info_of().video, color_transfer="smpte2084", peak_nits=told)
    filters = ",".join(scaled(video, 640, 360, scaler="bicubic"))
    assert f"peak={peak / 203:.6f}" in filters


def test_pictures_are_made_small_before_they_are_tone_mapped() -> None:
    filters = scaled(replace(info_of().video, color_transfer="smpte2084"), 640, 360, scaler="bicubic")
    assert filters[0].startswith("scale=640:360")


@pytest.mark.parametrize(
    ("codec", "pixel_format", "transparent"),
    [
        ("prores", "yuva444p10le", True),
        ("gif", "bgra", True),
        ("ffv1", "gbrap", True),
        ("h264", "yuv420p", False),
        ("ffv1", "gbrp", False),
        ("rawvideo", "bgra", False),
        ("mjpeg", "gray", False),
    ],
)
def test_which_pictures_may_be_transparent(codec: str, pixel_format: str, transparent: bool) -> None:
    assert has_alpha(replace(info_of().video, codec=codec, pixel_format=pixel_format)) is transparent


@pytest.mark.parametrize(
    ("told", "range_"),
    [
        ({"color_range": "pc"}, "full"),
        ({"pixel_format": "yuvj420p"}, "full"),
        ({"color_range": "tv"}, "limited"),
        ({}, "limited"),
    ],
)
def test_the_range_is_what_is_told(told: dict[str, Any], range_: str) -> None:
    assert claims(replace(info_of().video, **told)).endswith(f":range={range_}")


def test_rgb_is_not_told_to_have_a_matrix() -> None:
    assert "colorspace" not in claims(replace(info_of().video, pixel_format="gbrp"))


@pytest.mark.parametrize(
    ("size", "matrix"), [((640, 360), "smpte170m"), ((720, 576), "smpte170m"), ((1280, 720), "bt709")]
)
def test_the_unknown_is_guessed_by_the_source_s_size(size: tuple[int, int], matrix: str) -> None:
    assert colour_of(info_of(size).video).matrix == matrix


def test_rgb_gets_a_matrix() -> None:
    assert colour_of(replace(info_of().video, color_space="gbr")).matrix == "bt709"


@pytest.mark.parametrize("name", ["bt709,hflip", "reserved", "", "x:y"])
def test_unheard_of_names_never_reach_a_filter(name: str) -> None:
    video = replace(info_of().video, color_space=name, color_primaries=name, color_transfer=name)
    assert colour_of(video).parameters == (
        "setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
        ":chroma_location=left:field_mode=prog"
    )
