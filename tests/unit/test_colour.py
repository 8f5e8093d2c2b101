"""Colours: what is known stays, what is not is guessed from the source and not from each rung."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.media_values import info_of
from vlog.media.colour import colour_of


def test_what_is_known_is_kept() -> None:
    video = replace(
        info_of().video, color_space="bt2020nc", color_primaries="bt2020", color_transfer="smpte2084"
    )
    colour = colour_of(video)
    assert (colour.matrix, colour.primaries, colour.transfer) == ("bt2020nc", "bt2020", "smpte2084")
    assert colour.scale_options == "out_range=limited:out_color_matrix=bt2020"


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
