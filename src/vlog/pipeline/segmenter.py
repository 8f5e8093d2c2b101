"""One rendition on its way: from the encoder's pipe, box by box, to segments that are handed on as they
close.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import structlog

from vlog.kit.errors import Invalid
from vlog.media.cutting import Cut
from vlog.media.fmp4 import Fragment, bad, parse_fragment
from vlog.media.fmp4_init import Track, parse_init
from vlog.pipeline.deliver import Delivery
from vlog.wire.work import Segment

_HEADER_BYTES = 8
_LARGE_HEADER_BYTES = 16
_MAX_INDEX_BYTES = 64 << 20
_MAX_DATA_BYTES = 2 << 30
_READ_BYTES = 2 << 20
# Hashing less than this takes less time than asking another thread for it.
_INLINE_HASH_BYTES = 256 << 10

Piece = tuple[Fragment, memoryview]

_log = structlog.get_logger(__name__)


class CutOff(Invalid):
    """The media tool stopped in the middle of a box."""

    default_code = "bad_segment"


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    header: bytes
    content: bytes


async def read_track(reader: asyncio.StreamReader) -> Track | None:
    """The initialisation segment that the stream begins with; ``None`` when there is no stream."""
    head = bytearray()
    while (box := await _next_box(reader)) is not None:
        if box.kind in {b"moof", b"mdat"}:
            raise bad("there is no moov box")
        head += box.header + box.content
        if box.kind == b"moov":
            return parse_init(head)
    if head:
        raise bad("there is no moov box")
    return None


async def read_fragments(reader: asyncio.StreamReader, track: Track) -> AsyncIterator[Piece]:
    """The fragments that follow, each with the bytes of its samples."""
    fragment, size = None, 0
    while (box := await _next_box(reader)) is not None:
        if box.kind == b"moof":
            moof = box.header + box.content
            fragment, size = parse_fragment(moof, track.defaults), len(moof)
        elif box.kind == b"mdat":
            skipped = 0 if fragment is None else fragment.data_offset - size - len(box.header)
            if fragment is None or skipped < 0:
                raise bad("data without an index")
            yield fragment, memoryview(box.content)[skipped:]
            fragment = None


async def _next_box(reader: asyncio.StreamReader) -> _Box | None:
    try:
        header = await reader.readexactly(_HEADER_BYTES)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise CutOff from error
        return None
    size, kind = int.from_bytes(header[:4], "big"), header[4:]
    if size == 1:
        header += await _exactly(reader, _LARGE_HEADER_BYTES - _HEADER_BYTES)
        size = int.from_bytes(header[_HEADER_BYTES:], "big")
    limit = _MAX_DATA_BYTES if kind == b"mdat" else _MAX_INDEX_BYTES
    if not len(header) <= size <= limit:
        raise bad(f"a box {kind!r} of {size} bytes")
    return _Box(kind, header, await _exactly(reader, size - len(header)))


async def _exactly(reader: asyncio.StreamReader, size: int) -> bytes:
    if size <= _READ_BYTES:
        try:
            return await reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise CutOff from error
    # In parts: one large read would have the reader's buffer grow and shrink by the whole of it.
    parts = []
    while size > 0:
        part = await reader.read(min(size, _READ_BYTES))
        if not part:
            raise CutOff
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Segmenter:
    """Hands the segments of one rendition to the delivery, and keeps count.

    ``made`` counts segments and ``missing_frames`` pictures that did not come.
    """

    def __init__(self, rendition: str, delivery: Delivery) -> None:
        self.rendition = rendition
        self.made = 0
        self.missing_frames = 0
        self._delivery = delivery
        self._init: bytes | None = None

    @property
    def has_begun(self) -> bool:
        """Whether there was an initialisation segment."""
        return self._init is not None

    async def begin(self, init: bytes) -> None:
        """Store the initialisation segment, or make sure that a second run's is the same."""
        if self._init is None:
            self._init = init
            await self._delivery.put_init(self.rendition, init)
        elif self._init != init:
            raise bad("the initialisation segment has changed")

    async def hand_on(self, cuts: Iterable[Cut]) -> None:
        """Deliver those of ``cuts`` that the server does not have."""
        for cut in cuts:
            if self._delivery.wants(self.rendition, cut.number):
                self.missing_frames += cut.missing
                await self._delivery.put(self.rendition, await _sealed(cut))
                self.made += 1
                _log.debug("segment made", number=cut.number, rendition=self.rendition)


async def _sealed(cut: Cut) -> Segment:
    def digest() -> str:
        return hashlib.sha256(cut.data).hexdigest()

    small = len(cut.data) < _INLINE_HASH_BYTES
    sha256 = digest() if small else await asyncio.to_thread(digest)
    return Segment(number=cut.number, start=cut.start, duration=cut.duration, data=cut.data, sha256=sha256)
