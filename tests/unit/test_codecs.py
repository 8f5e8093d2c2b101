"""Names of codecs, read from initialisation segments."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mp4_boxes import box, full_box
from vlog.kit.errors import Invalid
from vlog.media.codecs import TrackDescription, describe
from vlog.media.fmp4 import Defaults
from vlog.media.fmp4_init import Track, build_audio_init, build_video_init

AVCC = bytes.fromhex("01640028ffe1000467640028010004 68ee3cb0".replace(" ", ""))


def descriptor(tag: int, *content: bytes, long: bool = False) -> bytes:
    body = b"".join(content)
    length = bytes([0x80, 0x80, 0x80, len(body)]) if long else bytes([len(body)])
    return bytes([tag]) + length + body


def esds(object_type: int, specific: bytes, *, long: bool = False, flags: bytes = b"\0") -> bytes:
    inner = descriptor(5, specific, long=long) if specific else b""
    config = descriptor(4, bytes([object_type]), bytes(12), inner, long=long)
    return full_box(b"esds", descriptor(3, b"\0\1", flags, config, long=long))


def audio_init(*config: bytes, entry: bytes = b"mp4a", channels: int = 2, rate: int = 48_000) -> bytes:
    head = bytes(16) + struct.pack(">HHHHI", channels, 16, 0, 0, rate << 16)
    track = Track(timescale=rate, handler=b"soun", entry=box(entry, head, *config), defaults=Defaults())
    return build_audio_init(track, timescale=rate)


def video_init(config: bytes = AVCC, *, entry: bytes = b"avc1") -> bytes:
    head = bytes(24) + struct.pack(">HH", 1280, 720) + bytes(50)
    sample_entry = box(entry, head, box(b"avcC", config))
    track = Track(timescale=30_000, handler=b"vide", entry=sample_entry, defaults=Defaults())
    return build_video_init(track, timescale=30_000, width=1280, height=720, delay=2000)


def test_h264() -> None:
    assert describe(video_init()) == TrackDescription(
        codecs="avc1.640028", timescale=30_000, width=1280, height=720
    )


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    ("object_type", "specific", "name"),
    [
        (0x40, bytes.fromhex("1190"), "mp4a.40.2"),
        (0x40, bytes.fromhex("2b11880800"), "mp4a.40.5"),
        (0x40, bytes.fromhex("f9488000"), "mp4a.40.42"),
        (0x6B, b"", "mp4a.6B"),
        (0x69, b"", "mp4a.69"),
    ],
)
def test_sound(object_type: int, specific: bytes, name: str, *, long: bool) -> None:
    found = describe(audio_init(esds(object_type, specific, long=long), rate=44_100))
    assert found == TrackDescription(codecs=name, timescale=44_100, sample_rate=44_100, channels=2)


def test_optional_parts_of_a_descriptor_are_passed_over() -> None:
    flags = b"\xe0" + b"\0\7" + b"\3url" + b"\0\1"
    assert describe(audio_init(esds(0x40, bytes.fromhex("1190"), flags=flags))).codecs == "mp4a.40.2"


@pytest.mark.parametrize(
    "config",
    [
        b"",
        full_box(b"esds"),
        full_box(b"esds", b"\3"),
        full_box(b"esds", b"\3\x80\x80\x80\x80\x80"),
        full_box(b"esds", b"\3\x7f"),
        full_box(b"esds", descriptor(3, b"\0\1")),
        full_box(b"esds", descriptor(3, b"\0\1\0", descriptor(4, b"\x40"))),
        full_box(b"esds", descriptor(3, b"\0\1\0", descriptor(6, b"\x40"))),
        esds(0x40, b""),
        esds(0x40, b"\xf8"),
    ],
)
def test_damaged_descriptions_are_refused(config: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        describe(audio_init(config))
    assert refused.value.code == "bad_segment"


def test_other_codecs_are_not_published() -> None:
    for init in (audio_init(entry=b"Opus"), video_init(entry=b"hvc1")):
        with pytest.raises(Invalid) as refused:
            describe(init)
        assert refused.value.code == "codec_not_allowed"


def test_a_short_configuration_is_refused() -> None:
    with pytest.raises(Invalid):
        describe(video_init(b"\1\x64"))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_segments_are_refused_or_read(data: st.DataObject) -> None:
    init = bytearray(data.draw(st.sampled_from([video_init(), audio_init(esds(0x40, b"\x11\x90"))])))
    for _ in range(data.draw(st.integers(1, 5))):
        init[data.draw(st.integers(0, len(init) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Invalid):
        describe(bytes(init))
