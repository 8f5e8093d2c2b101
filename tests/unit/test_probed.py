"""Reading ffprobe's answer: what is missing is missing, what is absurd is missing too."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.probed import decimal, parse, ratio, refused_decoders, whole


def answer(*streams: dict[str, Any], format_name: str = "mov,mp4") -> bytes:
    return json.dumps({"streams": list(streams), "format": {"format_name": format_name}}).encode()


def test_a_phone_s_answer() -> None:
    stream = {
        "index": 0,
        "codec_name": "h264",
        "profile": "High",
        "codec_type": "video",
        "codec_tag_string": "avc1",
        "width": 1920,
        "height": 1080,
        "sample_aspect_ratio": "64:45",
        "pix_fmt": "yuv420p",
        "field_order": "progressive",
        "id": "0x1f",
        "r_frame_rate": "90000/2999",
        "avg_frame_rate": "369000/13657",
        "time_base": "1/90000",
        "start_time": "-0.023220",
        "duration": "1.517444",
        "bit_rate": "13274444",
        "disposition": {"default": 1, "attached_pic": 0},
        "tags": {"language": "ENG"},
        "side_data_list": [{"side_data_type": "Display Matrix", "rotation": -90}],
    }
    (found,) = parse(answer(stream)).streams
    assert (found.kind, found.codec, found.profile, found.tag) == ("video", "h264", "High", "avc1")
    assert (found.width, found.height, found.sample_aspect) == (1920, 1080, Fraction(64, 45))
    assert (found.track_id, found.rotation, found.language) == (31, 90, "eng")
    assert found.nominal_rate == Fraction(369_000, 13_657)
    assert found.start_seconds == Fraction("-0.02322")
    assert found.bit_rate == 13_274_444
    assert found.is_default
    assert not found.is_picture


def matrix(*rows: tuple[int, int, int]) -> str:
    lines = (f"{number:08}: {a:>11} {b:>11} {c:>11}" for number, (a, b, c) in enumerate(rows))
    return "\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("printed", "mirrored"),
    [
        (matrix((65536, 0, 0), (0, 65536, 0), (0, 0, 1 << 30)), False),
        (matrix((-65536, 0, 0), (0, -65536, 0), (0, 0, 1 << 30)), False),
        (matrix((0, -65536, 0), (65536, 0, 0), (0, 0, 1 << 30)), False),
        (matrix((-65536, 0, 0), (0, 65536, 0), (0, 0, 1 << 30)), True),
        (matrix((0, -65536, 0), (-65536, 0, 0), (0, 0, 1 << 30)), True),
        (matrix((1, 2, 3)), False),
        ("", False),
        (7, False),
    ],
)
def test_mirrored_pictures(printed: object, mirrored: bool) -> None:
    stream = {"index": 0, "side_data_list": [{"displaymatrix": printed}]}
    assert parse(answer(stream)).streams[0].is_mirrored is mirrored


@pytest.mark.parametrize(
    ("side_data", "nits", "dolby"),
    [
        ([{"max_luminance": "10000000/10000"}, {"max_content": 640}], 640, False),
        ([{"max_luminance": "40000000/10000"}], 4000, False),
        ([{"max_luminance": "0/0"}, {"max_content": 0}], None, False),
        ([{"dv_profile": 5, "dv_bl_signal_compatibility_id": 0}], None, True),
        ([{"dv_profile": 8, "dv_bl_signal_compatibility_id": 4}], None, False),
    ],
)
def test_what_is_told_of_light(side_data: list[dict[str, Any]], nits: int | None, dolby: bool) -> None:
    (found,) = parse(answer({"index": 0, "side_data_list": side_data})).streams
    assert (found.peak_nits, found.is_dolby_only) == (nits, dolby)


def test_what_is_not_known_is_none() -> None:
    stream = {
        "index": 3,
        "codec_type": "video",
        "codec_name": "unknown",
        "time_base": "0/0",
        "start_time": "N/A",
        "duration": "inf",
        "bit_rate": "N/A",
        "r_frame_rate": "0/0",
        "avg_frame_rate": "0/0",
        "sample_aspect_ratio": "0:1",
        "width": -5,
        "height": "N/A",
        "tags": {"language": "und"},
        "side_data_list": [{"rotation": "upside down"}, "odd"],
    }
    (found,) = parse(answer(stream)).streams
    assert found.codec == ""
    missing = (found.time_base, found.start_seconds, found.duration_seconds, found.nominal_rate)
    assert missing == (None, None, None, None)
    assert (found.bit_rate, found.language, found.track_id) == (None, None, None)
    assert (found.width, found.height, found.sample_aspect, found.rotation) == (0, 0, Fraction(1), 0)


@pytest.mark.parametrize(
    ("told", "turns"), [(90, 270), (-90, 90), (180, 180), (-180, 180), (0, 0), (-270, 270), (89.6, 270)]
)
def test_turns_are_clockwise(told: float, turns: int) -> None:
    stream = {"index": 0, "side_data_list": [{"rotation": told}]}
    assert parse(answer(stream)).streams[0].rotation == turns


@pytest.mark.parametrize("name", ["attached_pic", "still_image", "timed_thumbnails"])
def test_pictures_that_are_no_video(name: str) -> None:
    assert parse(answer({"index": 0, "disposition": {name: 1}})).streams[0].is_picture


def test_containers() -> None:
    assert parse(answer(format_name="mov,mp4,m4a,3gp,3g2,mj2")).is_mp4
    assert parse(answer(format_name="matroska,webm")).is_seekable
    assert not parse(answer(format_name="mpegts")).is_seekable


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", b"[]", b"null", b'{"streams": []}', b'{"streams": [{}], "format": {"format_name": "x"}}'],
)
def test_answers_that_are_none(bad: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse(bad)
    assert refused.value.code == "not_media"


def test_language_is_never_free_text() -> None:
    for language in ("<script>", "english", "e", "a" * 500, "en\n"):
        stream = {"index": 0, "tags": {"language": language}}
        assert parse(answer(stream)).streams[0].language is None


def test_absurdly_long_numbers_are_none() -> None:
    long = "9" * 5000
    assert (whole(long), decimal(long), ratio(f"{long}/1")) == (None, None, None)


@pytest.mark.parametrize("text", ["1e9", "nan", "inf", "1/0", "1/2/3", "-1/2", "²", "0x10", "", "1_000"])
def test_only_plain_numbers_are_numbers(text: str) -> None:
    assert (whole(text), decimal(text), ratio(text)) == (None, None, None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    (
        *("codec_type", "codec_name", "profile", "width", "height", "sample_aspect_ratio", "disposition"),
        *("tags", "side_data_list", "id", "r_frame_rate", "time_base", "start_time", "duration"),
        *("bit_rate", "sample_rate", "channels"),
    )
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(KEYS, VALUES), max_size=3))
def test_no_value_can_break_the_reader(streams: list[dict[str, Any]]) -> None:
    numbered = [{**stream, "index": number} for number, stream in enumerate(streams)]
    assert len(parse(answer(*numbered)).streams) == len(streams)


def test_decoders_that_were_refused_are_named_once() -> None:
    line = "[mov_text @ 0x7f4d] Codec (mov_text) not on whitelist 'h264,aac'\n"
    assert refused_decoders(line * 2 + "Codec (png) not on whitelist\n") == ("mov_text", "png")
    assert refused_decoders("[mov @ 0x1] moov atom not found") == ()
