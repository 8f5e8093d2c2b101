"""The commands that look for a picture: where they look, and what ffmpeg is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import info_of
from vlog.media import hardening
from vlog.media.info import MediaInfo
from vlog.media.thumbnail_command import (
    MAX_TILES,
    Window,
    still_at,
    take_tiles,
    tile_size,
    tile_times,
    windows,
    windows_between,
)


def words(text: str) -> list[str]:
    """Arguments that hold no spaces."""
    return text.split()


def coded_as(codec: str) -> MediaInfo:
    info = info_of((1920, 1080))
    return replace(info, pictures=replace(info.video, codec=codec))


def looked_for(seconds: int, codec: str = "h264", *, start: int = 0) -> list[Window]:
    return windows(coded_as(codec), start_seconds=Fraction(start), duration_seconds=Fraction(seconds))


def test_taking_tiles_from_a_window() -> None:
    window = Window(start_seconds=Fraction(5), length_seconds=Fraction(10))
    graph = (
        "[0:0]trim=start=5000000us,"
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited,"
        "scale=256:144:flags=area:out_range=limited:out_color_matrix=bt709,format=yuv420p,setsar=1,"
        "setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
        ":chroma_location=left:field_mode=prog,scale=out_range=full,format=yuv420p,settb=1/1000000"
        ",split=2[tiles][times]"
    )
    each = words("-frames:v 1 -fps_mode passthrough -enc_time_base 1/1000000")
    expected = [
        *words("ffmpeg -hide_banner -nostdin -loglevel error -copyts -max_error_rate 1"),
        *words("-noaccurate_seek -seek_timestamp 1 -ss 5.000000 -t 10.000000"),
        *words("-bsf:v noise=drop=not(key) -skip_frame nokey -flags low_delay"),
        *words("-threads 1 -noautorotate -reinit_filter 0"),
        *hardening.ffmpeg_input_args(),
        *("-i", "file:/in/source", "-filter_complex", graph),
        *("-map", "[tiles]", *each, "-f", "rawvideo", "pipe:3"),
        *("-map", "[times]", *each, "-f", "framecrc", "pipe:4"),
    ]
    info = info_of((1920, 1080))
    assert take_tiles("ffmpeg", "file:/in/source", info=info, window=window) == expected


def test_a_short_film_is_read_once_and_its_tiles_are_thinned_out() -> None:
    [window] = looked_for(96)
    assert window == Window(start_seconds=None, most=MAX_TILES, apart_seconds=Fraction(2))
    argv = take_tiles("ffmpeg", "file:/s", info=info_of((1920, 1080)), window=window)
    assert "-ss" not in argv
    assert r"gte(t-prev_selected_t\,2.000000)" in argv[argv.index("-filter_complex") + 1]


@pytest.mark.parametrize(("seconds", "count"), [(121, 8), (240, 16), (3600, 24), (12 * 3600, 24)])
def test_a_long_film_is_looked_into_at_a_bounded_number_of_places(seconds: int, count: int) -> None:
    found = looked_for(seconds, start=7)
    starts = [window.start_seconds for window in found]
    assert len(found) == count
    assert all(start is not None and 7 < start < 7 + seconds for start in starts)
    assert starts == sorted(set(starts), key=lambda start: start or 0)
    assert all(window.most == 1 and window.keys_only for window in found)
    # More densely at the beginning.
    assert sum(1 for start in starts if start is not None and start - 7 < seconds * 0.42) >= count / 2


def test_where_every_picture_is_a_key_frame_none_is_read_for_nothing() -> None:
    assert len(looked_for(60, "prores")) == 6
    assert len(looked_for(60, "h264")) == 1


def test_between_key_frames() -> None:
    found = list(windows_between(Fraction(10), Fraction(100)))
    assert [window.start_seconds for window in found] == [35, 60, 85, 20]
    argv = take_tiles("ffmpeg", "file:/s", info=info_of((1920, 1080)), window=found[0])
    assert "-skip_frame" not in argv


def test_times_are_read_from_what_framecrc_writes() -> None:
    text = "#software: x\n#tb 0: 1/1000000\n0, 0, 0, 33333, 3456, 0xb0\n0, 5, 5000001, 1, 9, 0x1\n0, 1"
    assert tile_times(text) == [0, Fraction(5_000_001, 1_000_000)]


def test_a_turned_source_is_turned_back() -> None:
    info = info_of((1920, 1080))
    turned = replace(info, pictures=replace(info.video, rotation=90))
    still = still_at(turned, "file:/s", at=Fraction(9), is_key=False, widths=(320, 640))
    assert "transpose=clock,scale=640:1138:flags=area" in still.graph
    assert (still.graph[:5], still.graph[-7:], still.size) == ("[0:0]", "[still]", (1080, 1920))
    assert tile_size(turned) == (144, 256)


def test_the_picture_right_at_its_time_is_taken() -> None:
    still = still_at(info_of((1920, 1080)), "file:/s", at=Fraction(100, 3), is_key=True, widths=(640,))
    assert still.inputs[:5] == ("-noaccurate_seek", "-seek_timestamp", "1", "-ss", "33.333333")
    assert "trim=start=33333333us," in still.graph
    assert "-skip_frame" in still.inputs


def test_interlaced_pictures_are_taken_with_their_neighbours() -> None:
    info = info_of((720, 576))
    woven = replace(info, pictures=replace(info.video, interlacing="tff"))
    still = still_at(woven, "file:/s", at=Fraction(9), is_key=True, widths=(640,))
    assert "bwdif" in still.graph
    assert "-skip_frame" not in still.inputs
