"""HLS playlists, judged by another parser and by the rules of RFC 8216."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.published import (
    TOKEN,
    VIDEO_SEGMENTS,
    audio,
    presentation,
    read_playlist,
    spans,
    track,
    video,
)
from vlog.media import hls
from vlog.media.presentation import Presentation


def test_the_master_playlist_as_others_read_it() -> None:
    master = read_playlist(hls.master_playlist(presentation()))
    assert str(master.version) == "7"
    assert master.is_variant
    assert master.is_independent_segments
    assert [variant.uri for variant in master.playlists] == [
        f"{TOKEN}/720p/stream.m3u8",
        f"{TOKEN}/360p/stream.m3u8",
        f"{TOKEN}/1080p/stream.m3u8",
    ]
    first = master.playlists[0].stream_info
    assert first.bandwidth == 3_000_000 + 153_600
    assert first.average_bandwidth == 2_628_000
    assert first.codecs == "avc1.64001f,mp4a.40.2"
    assert first.resolution == (1280, 720)
    assert first.frame_rate == 29.97
    assert first.audio == "audio"
    (sound,) = master.media
    assert (sound.type, sound.group_id, sound.uri) == ("AUDIO", "audio", f"{TOKEN}/audio/stream.m3u8")
    assert (sound.default, sound.autoselect, sound.language, sound.channels) == ("YES", "YES", "eng", "2")


def test_the_master_playlist_line_by_line() -> None:
    single = replace(presentation(), video=presentation().video[1:2])
    assert hls.master_playlist(single) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",LANGUAGE="eng",NAME="audio",DEFAULT=YES,AUTOSELECT=YES,'
        f'CHANNELS="2",URI="{TOKEN}/audio/stream.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=3153600,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.64001f,mp4a.40.2",'
        'RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"\n'
        f"{TOKEN}/720p/stream.m3u8\n"
    )


def test_without_sound_there_is_no_group() -> None:
    text = hls.master_playlist(replace(presentation(), audio=()))
    assert "AUDIO" not in text
    assert 'CODECS="avc1.64001f"' in text


def test_two_sounds_have_two_names_and_one_default() -> None:
    both = replace(presentation(), audio=(audio(), audio("audio_fra", language="fra")))
    master = read_playlist(hls.master_playlist(both))
    assert [sound.name for sound in master.media] == ["audio", "audio_fra"]
    assert [sound.default for sound in master.media] == ["YES", "NO"]


def test_players_begin_with_what_plays_at_once() -> None:
    def names(*rates: int) -> list[str]:
        videos = tuple(video(f"{rate}", 640, 360, bit_rate=rate, of=VIDEO_SEGMENTS) for rate in rates)
        master = read_playlist(hls.master_playlist(Presentation(path=TOKEN, video=videos)))
        return [variant.uri.split("/")[1] for variant in master.playlists]

    assert names(20_000_000, 600_000, 2_000_000) == ["2000000", "600000", "20000000"]
    assert names(20_000_000, 30_000_000) == ["20000000", "30000000"]


def test_nothing_breaks_out_of_its_quotes() -> None:
    text = hls.master_playlist(replace(presentation(), audio=(audio(language='x",URI="evil\n#EXT-X-KEY:'),)))
    assert 'LANGUAGE="x,URI=evil#EXT-X-KEY:"' in text


def test_a_media_playlist_line_by_line() -> None:
    assert hls.media_playlist(track("720p", spans(180_180, 90_090))) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="init.mp4"\n'
        "#EXTINF:6.006000,\n"
        "segment_0.m4s\n"
        "#EXTINF:3.003000,\n"
        "segment_1.m4s\n"
        "#EXT-X-ENDLIST\n"
    )


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 10_000_000), min_size=1, max_size=60), st.sampled_from([24_000, 90_000, 44_100])
)
def test_durations_add_up_and_none_is_above_the_target(durations: list[int], timescale: int) -> None:
    text = hls.media_playlist(track("x", spans(*durations), timescale=timescale))
    playlist = read_playlist(text)
    assert playlist.is_endlist
    assert playlist.playlist_type == "vod"
    assert playlist.segment_map[0].uri == "init.mp4"
    assert [segment.uri for segment in playlist.segments] == [
        f"segment_{number}.m4s" for number in range(len(durations))
    ]
    told = [Decimal(value) for value in re.findall(r"#EXTINF:(\d+\.\d{6}),", text)]
    assert all(round(value) <= playlist.target_duration for value in told)
    for sum_told, ticks in zip(accumulate(told), accumulate(durations), strict=True):
        assert abs(Fraction(sum_told) - Fraction(ticks, timescale)) <= Fraction(1, 1_000_000)


def test_sound_alone_is_a_variant_without_pictures() -> None:
    alone = replace(presentation(), video=())
    playlist = read_playlist(hls.master_playlist(alone))
    assert playlist.media == []
    [variant] = playlist.playlists
    assert variant.uri == f"{TOKEN}/audio/stream.m3u8"
    told = variant.stream_info
    assert (told.codecs, told.bandwidth, told.average_bandwidth) == ("mp4a.40.2", 153_600, 128_000)
    assert (told.resolution, told.frame_rate, told.audio) == (None, None, None)
