"""The arguments in front of every foreign file."""

from __future__ import annotations

import pytest

from vlog.media import hardening

FOLLOWS_REFERENCES = (
    *("hls", "dash", "concat", "concatf", "sdp", "rtsp", "imf", "webm_dash_manifest", "applehttp"),
    *("image2", "image2pipe", "lavfi", "tty", "ansi", "svg_pipe", "data", "ffmetadata", "subtitle", "srt"),
)


@pytest.mark.parametrize("arguments", [hardening.ffmpeg_input_args(), hardening.ffprobe_input_args()])
def test_both_tools_are_held_by_every_lock(arguments: list[str]) -> None:
    values = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert values["-protocol_whitelist"] == "file"
    assert values["-format_whitelist"].split(",") == list(hardening.FORMAT_WHITELIST)
    assert values["-codec_whitelist"].split(",") == list(hardening.CODEC_WHITELIST)
    assert int(values["-max_pixels"]) >= 7680 * 4320
    assert 65 <= int(values["-max_streams"]) == hardening.MAX_STREAMS + 1 < 1000


@pytest.mark.parametrize("name", FOLLOWS_REFERENCES)
def test_no_format_that_leads_elsewhere_is_listed(name: str) -> None:
    assert name not in hardening.FORMAT_WHITELIST


def test_lists_name_each_thing_once() -> None:
    for names in (hardening.FORMAT_WHITELIST, hardening.CODEC_WHITELIST):
        assert len(set(names)) == len(names)


def test_the_decoder_of_the_pixel_smash_is_not_listed() -> None:
    assert not {"magicyuv", "exr", "sanm", "rasc", "jpeg2000", "vp6", "cinepak"} & set(
        hardening.CODEC_WHITELIST
    )


def test_outputs_are_numbered_after_the_standard_files() -> None:
    assert [hardening.output_url(index) for index in range(2)] == ["pipe:3", "pipe:4"]
