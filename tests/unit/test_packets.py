"""Reading ffprobe's lists of packets and pictures, and what an index tells about references."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.media_values import MILLISECONDS, every, index
from vlog.kit.errors import Invalid
from vlog.media import packets
from vlog.media.packets import (
    PacketList,
    StreamTimes,
    closed_keys,
    is_cut_clean,
    parse_decoded,
    parse_frames,
    parse_mended,
    parse_packets,
)


def listed_of(text: str, video: StreamTimes, audio: StreamTimes | None, *, seekable: bool) -> PacketList:
    """Of packets without decode times."""
    return parse_packets(
        re.sub(r"(?m)^([^,\n]*,[^,\n]*),", r"\1,N/A,", text), video, audio, seekable=seekable
    )


VIDEO = StreamTimes(index=1, time_base=MILLISECONDS)
AUDIO = StreamTimes(index=0, time_base=Fraction(1, 48_000))


def test_packets_of_both_streams_are_told_apart() -> None:
    sound = "0,0,1024,300,K__\n0,1024,1024,310,K__\n"
    text = "1,0,40,9000,K__\n1,80,40,700,___,\n2,5,1,1,K__\n1,40,40,500,___\n" + sound
    listed = listed_of(text, VIDEO, AUDIO, seekable=True)
    assert listed.index is not None
    assert listed.index.pts == (0, 80, 40)
    assert listed.index.keys == b"\1\0\0"
    assert listed.index.last_duration == 40
    assert listed.index.size_bytes == 10_200
    assert listed.audio is not None
    assert listed.audio.start_seconds == 0
    assert listed.audio.end_seconds == Fraction(2048, 48_000)


def test_a_picture_without_a_timestamp_spoils_the_index_but_not_the_sound() -> None:
    text = "1,0,40,9,K__\n1,N/A,40,9,___\n0,0,1024,9,K__\n"
    listed = listed_of(text, VIDEO, AUDIO, seekable=True)
    assert listed.index is None
    assert listed.audio is not None


def test_what_an_edit_list_cuts_away_is_decoded_and_not_shown() -> None:
    text = "1,-40,40,9,KD_\n1,0,40,9,___\n1,40,N/A,9,___\n1,80,40,9,_D_\n"
    found = listed_of(text, VIDEO, None, seekable=True).index
    assert found is not None
    assert found.shown_pts == [0, 40]
    assert found.last_duration == 0
    assert is_cut_clean(found)


def test_half_a_packet_at_the_end_of_a_cut_off_file_is_no_picture() -> None:
    found = listed_of("1,0,40,9,K__\n1,40,40,9,__C\n", VIDEO, None, seekable=True).index
    assert found is not None
    assert found.shown_pts == [0]


def test_more_pictures_than_any_video_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "MAX_PICTURES", 2)
    with pytest.raises(Invalid) as refused:
        listed_of("1,0,1,1,K__\n" * 3, VIDEO, None, seekable=True)
    assert refused.value.code == "implausible_timing"


@settings(deadline=None)
@given(st.text(alphabet="0123456789,-N/AKDC_\n", max_size=300))
def test_no_list_can_break_the_reader(text: str) -> None:
    parse_packets(text, VIDEO, AUDIO, seekable=False)
    parse_mended(text)
    parse_frames(text, MILLISECONDS)
    parse_decoded(text)


def test_pictures_that_go_back_in_time_are_left_out() -> None:
    found = parse_frames("0,40\n40,40\n20,40\nN/A,40\n80,40,\n", MILLISECONDS)
    assert found is not None
    assert found.pts == (0, 40, 80)
    assert not any(found.keys)


def test_decoded_pictures_are_read_from_checksums() -> None:
    text = "#tb 0: 1/1000\n0,          0,         40,   40,  460800, 0x8c545f3f\n0, 0, NOPTS, 40, 9, 0x0\n"
    assert parse_decoded(text) == [40]


def test_two_pictures_at_one_time_can_not_be_told_apart() -> None:
    assert index([0, 40]).is_exact
    assert not index([0, 40, 40]).is_exact
    assert index([0, 40, 40], hidden=[40]).is_exact
    assert not index([40, 80], hidden=[40, 80]).is_exact


def test_pictures_that_the_decoder_passes_over_are_not_shown() -> None:
    found = index(every(40, 6)).confirmed({40, 120})
    assert found.shown_pts == [40, 120, 160, 200]


def test_a_key_is_closed_when_nothing_refers_across_it() -> None:
    # I0 P3 B1 B2 | I6 P9 B7 B8 is closed; then I12 with leading pictures B10 B11 is open.
    order = [0, 3, 1, 2, 6, 9, 7, 8, 12, 10, 11]
    found = index(order, keys=[0, 6, 12])
    assert closed_keys(found) == [0, 6]


def test_a_hidden_key_is_no_place_to_cut() -> None:
    assert closed_keys(index([0, 1, 2, 3], keys=[0, 2], hidden=[0, 1])) == [2]


def test_a_hidden_picture_amid_shown_ones_can_not_be_left_out() -> None:
    assert not is_cut_clean(index([0, 3, 1, 2], hidden=[3]))
    assert is_cut_clean(index([0, 1, 2, 3], hidden=[0, 3]))


def decoded_at(*times: int | None) -> str:
    stamps = ("N/A" if time is None else str(time) for time in times)
    return "".join(f"1,{dts},{dts},40,9,___\n" for dts in stamps)


@pytest.mark.parametrize(
    ("times", "jumps"),
    [
        ((0, 40, 80), False),
        # Rounded a little, a picture lost, a pause.
        ((0, 40, 39, 120), False),
        ((0, None, 9_000), False),
        ((0, 40, -100), True),
        ((5_000, 5_040, 0, 40), True),
        ((0, 40, 11_000), True),
        ((None, None), False),
    ],
)
def test_a_clock_that_goes_back_or_far_on_jumps(times: tuple[int | None, ...], jumps: bool) -> None:
    assert parse_packets(decoded_at(*times), VIDEO, None, seekable=True).has_jumps is jumps


def test_a_mended_clock() -> None:
    text = """#software: x
#tb 0: 1/90000
#media_type 0: video
#tb 1: 1/48000
0,          0,          0,     3600,    86400, 0x1, S=1
1,       -512,       -512,     1024,      300, 0x2
1,        512,        512,     1024,      300, 0x2
0,       3600,       3600,     3600,    86400, 0x3
0,       3000,       3000,     3600,    86400, 0x4
"""
    mended = parse_mended(text)
    assert mended.index is not None
    assert (mended.index.pts, mended.index.time_base, mended.strays) == ((0, 3600), Fraction(1, 90_000), 1)
    assert mended.index.keys == b"\0\0"
    assert mended.audio is not None
    assert mended.audio.start_seconds == Fraction(-512, 48_000)
    assert mended.audio.end_seconds == Fraction(1536, 48_000)
    assert parse_mended("").index is None
