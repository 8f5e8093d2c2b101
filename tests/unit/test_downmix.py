"""Which channels are mixed by ffmpeg's own table, and which by ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.media_values import AAC
from vlog.media import downmix


@pytest.mark.parametrize(
    ("channels", "layout"), [(1, ""), (2, ""), (2, "stereo"), (6, "5.1"), (6, "5.1(side)"), (8, "7.1")]
)
def test_named_places_are_left_to_ffmpeg(channels: int, layout: str) -> None:
    assert downmix.by_hand(replace(AAC, channels=channels, layout=layout)) == ""


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (3, "pan=stereo|c0<c0+0.707*c2|c1<c1+0.707*c2"),
        # The fourth of six, which holds effects of low frequency, is left out.
        (6, "pan=stereo|c0<c0+0.707*c2+0.707*c4|c1<c1+0.707*c2+0.707*c5"),
        (7, "pan=stereo|c0<c0+c2+c4+c6|c1<c1+c3+c5+c6"),
    ],
)
def test_channels_without_places(channels: int, expected: str) -> None:
    assert downmix.by_hand(replace(AAC, channels=channels, layout="")) == expected


@pytest.mark.parametrize("layout", ["ambisonic 1", "4 channels (FL+FR+UNK+UNK)"])
def test_places_that_mean_no_loudspeaker(layout: str) -> None:
    assert downmix.by_hand(replace(AAC, channels=4, layout=layout)).startswith("pan=stereo|")
