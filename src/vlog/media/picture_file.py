"""Pictures that people send: what a JPEG, PNG or WebP file says of itself, before any decoder sees it.

The first bytes decide what it is, never its name. Sizes are read from the headers, so a bomb is refused
without memory for it; a file that ends early, moves, or is anything else is refused as what it is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vlog.kit.errors import Invalid
from vlog.media.hardening import MAX_PICTURE_PIXELS, picture_input_args
from vlog.media.stills import Still, sizes

SentFormat = Literal["jpeg", "png", "webp"]

MAX_BYTES = 10 << 20
MIN_SIDE, MAX_SIDE = 16, 16_384

_PNG = b"\x89PNG\r\n\x1a\n"
# Frame headers (ITU-T T.81, table B.1): all SOFn but those of tables.
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_ORIENTATION = 0x0112
# EXIF 2.3, "Orientation": what brings the picture upright.
_TURNS = {
    2: ("hflip",),
    3: ("hflip", "vflip"),
    4: ("vflip",),
    5: ("transpose=cclock_flip",),
    6: ("transpose=clock",),
    7: ("transpose=clock_flip",),
    8: ("transpose=cclock",),
}


@dataclass(frozen=True, kw_only=True)
class SentPicture:
    """A picture as its file describes it: stored pixels, and how to turn them (EXIF orientation, 1 to 8)."""

    format: SentFormat
    width: int
    height: int
    orientation: int = 1

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height when it is upright."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def read(data: bytes) -> SentPicture:
    """Judge a file by its bytes.

    Raises ``Invalid`` (codes ``unsupported_picture``, ``truncated_picture``, ``picture_too_large``,
    ``picture_too_small``).
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        elif data.startswith(_PNG):
            found = _png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _webp(data)
        else:
            raise _unsupported()
    except (struct.error, IndexError) as error:
        raise _truncated() from error
    if found.width * found.height > MAX_PICTURE_PIXELS or max(found.width, found.height) > MAX_SIDE:
        raise Invalid(
            f"The picture has {found.width} × {found.height} pixels. Taken are up to"
            f" {MAX_PICTURE_PIXELS // 1_000_000} million, and {MAX_SIDE} on a side.",
            code="picture_too_large",
        )
    if min(found.width, found.height) < MIN_SIDE:
        raise Invalid(f"The picture is smaller than {MIN_SIDE} pixels.", code="picture_too_small")
    return found


def still(picture: SentPicture, source_url: str, widths: tuple[int, ...]) -> Still:
    """The picture upright, opaque and without anything else that its file holds, for ``stills.write``."""
    width, height = sizes(picture.shown_size, widths)[-1]
    if picture.orientation >= 5:
        width, height = height, width
    decoder = {"jpeg": "mjpeg"}.get(picture.format, picture.format)
    turned = "".join(f",{word}" for word in _TURNS.get(picture.orientation, ()))
    graph = (
        # Smaller first: the rest then costs little. JFIF and WebP both mean BT.601 (ITU-T T.871 §7, RFC 6386
        # §9.2); pictures in red, green and blue are left as they are.
        f"[0:v:0]scale={width}:{height}:flags=area:in_color_matrix=bt601,format=gbrap"
        f",premultiply=inplace=1,format=gbrp{turned},setsar=1[still]"
    )
    # Turned by what was read here: tools differ in which of a file's notes they believe.
    words = (*picture_input_args(f"{picture.format}_pipe", decoder), "-noautorotate", "-i", source_url)
    return Still(inputs=words, graph=graph, size=picture.shown_size)


def _jpeg(data: bytes) -> SentPicture:
    """ITU-T T.81, annex B."""
    size, orientation = None, 1
    for marker, body in _segments(data):
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])
        elif marker in _SOF:
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
        elif marker == 0xDA and size is not None:
            if b"\xff\xd9" not in data:
                raise _truncated()
            return SentPicture(format="jpeg", width=size[0], height=size[1], orientation=orientation)
    raise _truncated()


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise _unsupported()
        marker = data[at + 1]
        if marker == 0xFF:
            # Fill bytes may stand before a marker.
            at += 1
            continue
        if marker in _STANDALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _png(data: bytes) -> SentPicture:
    """W3C PNG, third edition, §5."""
    size, orientation, at = None, 1, len(_PNG)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body)
        elif kind == b"acTL":
            raise _moving()
        elif kind == b"eXIf":
            orientation = _orientation(body)
        elif kind == b"IEND" and size is not None:
            return SentPicture(format="png", width=size[0], height=size[1], orientation=orientation)
        at += 12 + length
    raise _truncated()


def _webp(data: bytes) -> SentPicture:
    """RFC 9649."""
    (riff_bytes,) = struct.unpack_from("<I", data, 4)
    if riff_bytes + 8 > len(data):
        raise _truncated()
    size, orientation, at = None, 1, 12
    while at + 8 <= riff_bytes + 8:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if kind in (b"ANIM", b"ANMF"):
            raise _moving()
        if kind == b"EXIF":
            orientation = _orientation(body.removeprefix(b"Exif\0\0"))
        elif kind in (b"VP8 ", b"VP8L"):
            size = _vp8(body) if kind == b"VP8 " else _vp8l(body)
        at += 8 + length + length % 2
    if size is None:
        raise _unsupported()
    return SentPicture(format="webp", width=size[0], height=size[1], orientation=orientation)


def _vp8(body: bytes) -> tuple[int, int]:
    """RFC 6386 §9.1."""
    if body[3:6] != b"\x9d\x01\x2a":
        raise _unsupported()
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l(body: bytes) -> tuple[int, int]:
    """RFC 9649 §3.4."""
    if body[0] != 0x2F:
        raise _unsupported()
    (bits,) = struct.unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _orientation(tiff: bytes) -> int:
    """The tag in the first directory (TIFF 6.0 §2); 1 where there is none, or nonsense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _unsupported() -> Invalid:
    return Invalid("This is no JPEG, PNG or WebP picture.", code="unsupported_picture")


def _moving() -> Invalid:
    return Invalid("Moving pictures are not taken as a thumbnail.", code="unsupported_picture")


def _truncated() -> Invalid:
    return Invalid("The picture ends early: was it copied to its end?", code="truncated_picture")
