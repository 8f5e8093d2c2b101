"""Reading a media tool's pipe box by box: what is whole comes through, what is cut off says so."""

from __future__ import annotations

import asyncio
import struct

import pytest

from vlog.kit.errors import Invalid
from vlog.media.fmp4 import Defaults, Samples, box, build_segment, full_box
from vlog.media.fmp4_init import Track, build_audio_init
from vlog.pipeline.segmenter import CutOff, read_fragments, read_track

ENTRY = box(b"mp4a", bytes(28), full_box(b"esds", 0, 0, b"12345"))
TRACK = Track(timescale=48_000, handler=b"soun", entry=ENTRY, defaults=Defaults())
INIT = build_audio_init(TRACK, timescale=48_000)


def fragment(text: bytes) -> bytes:
    samples = Samples([1024], [len(text)], [True], [0])
    return build_segment(samples, [text], sequence=1, decode_time=7)


def pipe(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


async def texts(data: bytes) -> list[bytes]:
    reader = pipe(data)
    track = await read_track(reader)
    assert track is not None
    return [bytes(payload) async for _, payload in read_fragments(reader, track)]


async def test_fragments_come_with_their_bytes() -> None:
    assert await texts(INIT + fragment(b"one") + fragment(b"two")) == [b"one", b"two"]


async def test_other_boxes_are_passed_over() -> None:
    data = INIT + box(b"styp", b"msdh") + box(b"sidx", bytes(30)) + fragment(b"one") + box(b"mfra")
    assert await texts(data) == [b"one"]


async def test_a_large_box_is_read() -> None:
    text = b"x" * (3 << 20)
    assert await texts(INIT + fragment(text)) == [text]


async def test_no_output_is_no_track() -> None:
    assert await read_track(pipe(b"")) is None


@pytest.mark.parametrize("cut", [1, 7, 9, 20])
async def test_a_stream_that_stops_within_a_box_is_cut_off(cut: int) -> None:
    with pytest.raises(CutOff) as refused:
        await texts((INIT + fragment(b"x" * 50))[:-cut])
    assert refused.value.code == "bad_segment"


async def test_media_before_its_description_is_refused() -> None:
    with pytest.raises(Invalid, match="no moov"):
        await read_track(pipe(fragment(b"one")))


async def test_data_without_an_index_is_refused() -> None:
    with pytest.raises(Invalid, match="without an index"):
        await texts(INIT + box(b"mdat", b"one"))


@pytest.mark.parametrize(
    "header",
    [
        struct.pack(">I4s", 7, b"moof"),
        struct.pack(">I4s", 0, b"moof"),
        struct.pack(">I4s", 0xFFFFFFFF, b"moof"),
        struct.pack(">I4sQ", 1, b"mdat", 1 << 62),
        struct.pack(">I4sQ", 1, b"mdat", 15),
    ],
)
async def test_absurd_sizes_are_refused_before_memory_is_taken(header: bytes) -> None:
    with pytest.raises(Invalid, match="a box"):
        await texts(INIT + header + bytes(32))
