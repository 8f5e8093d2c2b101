"""What is taken and what is refused, by the streams that a file claims to have."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import AUDIO_STREAM, VIDEO_STREAM
from vlog.kit.errors import Invalid
from vlog.media import gate, hardening
from vlog.media.probed import Probed, ProbedStream


def choose(*streams: ProbedStream) -> gate.Chosen:
    numbered = tuple(replace(stream, index=number) for number, stream in enumerate(streams))
    return gate.choose(Probed(format_names=("mov", "mp4"), streams=numbered))


def code(*streams: ProbedStream) -> str:
    with pytest.raises(Invalid) as refused:
        choose(*streams)
    assert refused.value.message.endswith(".")
    return refused.value.code


SUBTITLES = replace(VIDEO_STREAM, kind="subtitle", codec="mov_text")
COVER = replace(VIDEO_STREAM, codec="mjpeg", is_picture=True, width=0, height=0)


def test_an_ordinary_file_is_taken() -> None:
    chosen = choose(VIDEO_STREAM, AUDIO_STREAM)
    assert (chosen.video.index, chosen.audio and chosen.audio.index, chosen.warnings) == (0, 1, ())


def test_covers_subtitles_and_data_are_passed_over() -> None:
    data = replace(VIDEO_STREAM, kind="data", codec="bin_data")
    chosen = choose(COVER, data, SUBTITLES, AUDIO_STREAM, replace(VIDEO_STREAM, is_default=False))
    assert (chosen.video.index, chosen.audio and chosen.audio.index) == (4, 3)


def test_the_default_track_is_preferred_to_the_first() -> None:
    other = replace(AUDIO_STREAM, is_default=False)
    chosen = choose(VIDEO_STREAM, other, other, AUDIO_STREAM, AUDIO_STREAM)
    assert chosen.audio is not None
    assert chosen.audio.index == 3
    chosen = choose(VIDEO_STREAM, other, other)
    assert chosen.audio is not None
    assert chosen.audio.index == 1


def test_sound_that_can_not_be_played_is_left_out_with_a_warning() -> None:
    strange = replace(AUDIO_STREAM, codec="wavpack")
    chosen = choose(VIDEO_STREAM, strange)
    assert chosen.audio is None
    assert "wavpack" in chosen.warnings[0]
    assert choose(VIDEO_STREAM, strange, AUDIO_STREAM).audio is not None


@pytest.mark.parametrize(
    "audio",
    [
        replace(AUDIO_STREAM, sample_rate=0),
        replace(AUDIO_STREAM, sample_rate=10_000_000),
        replace(AUDIO_STREAM, channels=0),
        replace(AUDIO_STREAM, channels=255),
        replace(AUDIO_STREAM, time_base=None),
    ],
)
def test_absurd_sound_is_left_out(audio: ProbedStream) -> None:
    assert choose(VIDEO_STREAM, audio).audio is None


@pytest.mark.parametrize("rate", [8000, 44_100, 384_000])
def test_slow_and_fast_sound_is_taken(rate: int) -> None:
    assert choose(VIDEO_STREAM, replace(AUDIO_STREAM, sample_rate=rate, channels=8)).audio is not None


def test_a_disc_with_many_languages_is_taken_and_a_stream_bomb_is_not() -> None:
    assert choose(VIDEO_STREAM, *[AUDIO_STREAM] * 64).audio is not None
    assert code(VIDEO_STREAM, *[AUDIO_STREAM] * hardening.MAX_STREAMS) == "too_many_streams"
    assert code(*[VIDEO_STREAM] * 40) == "too_many_streams"


@pytest.mark.parametrize("streams", [(), (AUDIO_STREAM,), (COVER, AUDIO_STREAM), (SUBTITLES,)])
def test_no_moving_picture(streams: tuple[ProbedStream, ...]) -> None:
    assert code(*streams) == "no_video"


def test_codecs_off_the_list_are_named() -> None:
    with pytest.raises(Invalid) as refused:
        choose(replace(VIDEO_STREAM, codec="magicyuv"))
    assert refused.value.code == "codec_not_allowed"
    assert refused.value.details == {"codec": "magicyuv"}
    assert "magicyuv" in refused.value.message
    assert code(replace(VIDEO_STREAM, codec="", tag="HAP1")) == "codec_not_allowed"


@pytest.mark.parametrize(
    ("width", "height", "aspect"),
    [
        (0, 0, "1"),
        (1, 1, "1"),
        (15, 640, "1"),
        (2, 2000, "1"),
        (16_384, 16, "1"),
        (8200, 1000, "1"),
        (8192, 4400, "1"),
        (16, 4000, "1"),
        (1000, 100, "1"),
        (640, 300, "4"),
        (100, 640, "1/4"),
    ],
)
def test_sizes_that_are_not_taken(width: int, height: int, aspect: str) -> None:
    shape = replace(VIDEO_STREAM, width=width, height=height, sample_aspect=Fraction(aspect))
    assert code(shape) == "bad_dimensions"


@pytest.mark.parametrize(
    ("width", "height", "aspect"),
    [(16, 16, "1"), (7680, 4320, "1"), (8192, 4352, "1"), (1600, 200, "1"), (720, 576, "64/33")],
)
def test_sizes_that_are_taken(width: int, height: int, aspect: str) -> None:
    choose(replace(VIDEO_STREAM, width=width, height=height, sample_aspect=Fraction(aspect)))


@pytest.mark.parametrize("aspect", ["1/200", "200", "9/2"])
def test_pixels_of_an_absurd_shape_are_taken_for_square(aspect: str) -> None:
    chosen = choose(replace(VIDEO_STREAM, width=320, height=180, sample_aspect=Fraction(aspect)))
    video = gate.video_stream(
        chosen.video, Fraction(1, 1000), frame_rate=Fraction(25), bit_rate=None, start_pts=0
    )
    assert video.display_size == (320, 180)
    (warning,) = chosen.warnings
    assert str(Fraction(aspect).numerator) in warning


def test_of_several_pictures_the_film_is_shown() -> None:
    preview = replace(VIDEO_STREAM, codec="mjpeg", width=3840, height=2160)
    small = replace(VIDEO_STREAM, width=640, height=360)
    other = replace(VIDEO_STREAM, width=7680, height=4320, is_default=False)
    unknown = replace(VIDEO_STREAM, codec="", width=3840, height=2160)
    assert choose(preview, other, small, unknown, VIDEO_STREAM, small).video.index == 4
    assert choose(other, preview).video.index == 1


def test_colours_that_only_one_maker_reads_are_refused() -> None:
    assert code(replace(VIDEO_STREAM, is_dolby_only=True)) == "dolby_vision"


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"\0\0\0\x18ftypavif",
        b"II*\0",
    ],
)
def test_single_pictures_are_refused_as_such(head: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        gate.refuse_picture(head)
    assert refused.value.code == "not_a_video"


@pytest.mark.parametrize("head", [b"RIFF\0\0\0\0AVI LIST", b"\0\0\0\x18ftypmp42", b"GIF89a", b""])
def test_videos_are_not_taken_for_pictures(head: bytes) -> None:
    gate.refuse_picture(head)


def test_a_video_without_a_clock_is_refused() -> None:
    assert code(replace(VIDEO_STREAM, time_base=None)) == "implausible_timing"


def test_small_files_and_fast_pictures() -> None:
    for size, expected in ((0, "empty_file"), (63, "too_small")):
        with pytest.raises(Invalid) as refused:
            gate.refuse_small(size)
        assert refused.value.code == expected
    gate.refuse_small(64)
    gate.refuse_fast(Fraction(1000))
    with pytest.raises(Invalid) as refused:
        gate.refuse_fast(Fraction(1001))
    assert refused.value.code == "frame_rate_too_high"


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"},
        {"profile": "High 4:2:2"},
        {"profile": "Extended"},
        {"pixel_format": "yuv420p10le"},
        {"pixel_format": "yuv444p"},
        {"field_order": "tt"},
        {"field_order": "bb"},
        {"rotation": 90},
        {"is_mirrored": True},
        {"color_transfer": "smpte2084"},
        {"color_transfer": "arib-std-b67"},
        {"color_primaries": "bt2020"},
        {"color_primaries": "smpte432"},
        {"sample_aspect": Fraction(110, 109)},
        {"width": 1919},
        {"height": 1081},
    ],
    ids=str,
)
def test_what_must_be_encoded(change: dict[str, object]) -> None:
    assert not gate.is_remuxable(replace(VIDEO_STREAM, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("profile", ["Constrained Baseline", "Baseline", "Main", "High"])
def test_what_can_be_copied(profile: str) -> None:
    assert gate.is_remuxable(replace(VIDEO_STREAM, profile=profile, field_order=None))


def test_every_codec_that_is_taken_has_a_decoder_that_may_be_opened() -> None:
    names = {"flv1": "flv", "msmpeg4v3": "msmpeg4", "dts": "dca", "amr_nb": "amrnb", "amr_wb": "amrwb"}
    for codec in gate.VIDEO_CODECS | gate.AUDIO_CODECS:
        assert names.get(codec, codec) in hardening.CODEC_WHITELIST


def test_a_small_file_may_not_become_many_segments() -> None:
    two_days_of_cells = 2 * 86_400 // 6
    assert gate.max_cells(1500) < two_days_of_cells
    an_hour_of_sound_over_one_picture = 57_000_000
    assert gate.max_cells(an_hour_of_sound_over_one_picture) > 3600 // 6
