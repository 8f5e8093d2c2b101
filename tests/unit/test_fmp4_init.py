"""Initialisation segments: what is kept of ffmpeg's, and what never differs between two workers."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.fmp4 import Defaults, box, find, full_box, need
from vlog.media.fmp4_init import Track, build_audio_init, build_video_init, parse_init

AVCC = box(b"avcC", bytes.fromhex("0164001fffe1000467640000010000"))
BTRT = box(b"btrt", bytes(12))
PASP = box(b"pasp", struct.pack(">II", 1, 1))


def video_entry(name: bytes = b"", *children: bytes) -> bytes:
    head = bytes(24) + struct.pack(">HH", 1280, 720) + bytes(14)
    head += bytes([len(name)]) + name.ljust(31, b"\0") + bytes(4)
    return box(b"avc1", head, *(children or (AVCC, PASP, BTRT)))


VIDEO = Track(timescale=15360, handler=b"vide", entry=video_entry(), defaults=Defaults())
SOUND = Track(
    timescale=48_000,
    handler=b"soun",
    entry=box(b"mp4a", bytes(28), full_box(b"esds", 0, 0, b"12345"), BTRT),
    defaults=Defaults(),
)


def video_init(track: Track = VIDEO, *, delay: int = 2002) -> bytes:
    return build_video_init(track, timescale=30_000, width=1280, height=720, delay=delay)


def test_what_is_built_is_read() -> None:
    read = parse_init(video_init())
    assert (read.timescale, read.handler, read.format) == (30_000, b"vide", b"avc1")
    assert read.config(b"avcC") == AVCC[8:]
    sound = parse_init(build_audio_init(SOUND, timescale=44_100))
    assert (sound.timescale, sound.handler, sound.format) == (44_100, b"soun", b"mp4a")
    assert sound.config(b"esds") == b"\0\0\0\x0012345"


def test_nothing_of_the_encoder_s_name_and_bit_rate_is_left() -> None:
    named = Track(VIDEO.timescale, b"vide", video_entry(b"Lavc62 libx264", AVCC, BTRT, PASP), Defaults())
    other = Track(90_000, b"vide", video_entry(b"", AVCC, box(b"btrt", b"\1" * 12), PASP), Defaults(1, 2, 3))
    assert video_init(named) == video_init(other)
    assert b"Lavc" not in video_init(named)
    assert b"btrt" not in video_init(named)
    assert b"btrt" not in build_audio_init(SOUND, timescale=48_000)


def test_the_edit_list_takes_the_delay_back() -> None:
    init = video_init(delay=2002)
    elst = need(init, b"moov", b"trak", b"edts", b"elst")
    assert struct.unpack_from(">IIIiI", init, elst.body) == (0, 1, 0, 2002, 0x10000)
    assert find(video_init(delay=0), b"moov", b"trak", b"edts") is None
    assert find(build_audio_init(SOUND, timescale=48_000), b"moov", b"trak", b"edts") is None


def test_the_size_is_what_pictures_are_shown_at() -> None:
    init = video_init()
    tkhd = need(init, b"moov", b"trak", b"tkhd")
    assert struct.unpack_from(">II", init, tkhd.end - 8) == (1280 << 16, 720 << 16)


def test_defaults_of_samples_are_read() -> None:
    trex = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 512, 7, 0x10000))
    plain = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0))
    assert parse_init(video_init().replace(plain, trex)).defaults == Defaults(512, 7, 0x10000)


def test_two_tracks_are_refused() -> None:
    init = video_init()
    trak = need(init, b"moov", b"trak")
    moov = need(init, b"moov")
    twice = box(b"moov", init[moov.body : moov.end], init[trak.start : trak.end])
    with pytest.raises(Invalid, match="2 tracks"):
        parse_init(twice)


def test_a_missing_configuration_is_refused() -> None:
    track = Track(1, b"vide", video_entry(b"", PASP), Defaults())
    with pytest.raises(Invalid, match="no avcC"):
        track.config(b"avcC")


@given(st.data())
def test_damaged_inits_are_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(video_init())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = damaged[: data.draw(st.integers(0, len(damaged)))]
    for candidate in (damaged, cut):
        try:
            parse_init(candidate).config(b"avcC")
        except Invalid as error:
            assert error.code == "bad_segment"  # noqa: PT017 - either outcome is right
