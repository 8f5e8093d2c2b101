"""Files that were cut off: how their first bytes show it, and the words for what is left."""

from __future__ import annotations

import struct
from fractions import Fraction

HEAD_BYTES = 4096
"""How much of a file ``is_cut_off`` wants to see: the header of a Matroska file is shorter."""

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_SYNC = 0x47
_LEAST_PACKETS = 5
_UNSET_RIFF = (0, 0xFFFFFFFF)
_LEAST_LOSS_SECONDS = 1


def is_cut_off(head: bytes, size_bytes: int) -> bool:
    """Whether a Matroska, WebM or AVI file says that it is longer than it is, or a transport stream ends
    within a packet: it tells no length, but whoever writes one writes whole packets.
    """
    packet = _packet_bytes(head)
    if packet is not None:
        return size_bytes % packet != 0
    told = _matroska_end(head) if head.startswith(_EBML) else _riff_end(head)
    return told is not None and told > size_bytes


def remark(told_seconds: Fraction | None, found_seconds: Fraction) -> str:
    """A sentence on a file that is known to be cut off."""
    if told_seconds is None or told_seconds - found_seconds < _LEAST_LOSS_SECONDS:
        return "The file is cut off; it plays as far as it goes."
    return f"The file ends early: {_clock(found_seconds)} of {_clock(told_seconds)} could be read."


def _clock(seconds: Fraction) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _packet_bytes(head: bytes) -> int | None:
    """The size of a transport stream's packets: as broadcast, or with times before each as on discs and in
    cameras. Source: ISO/IEC 13818-1, 2.4.3.2 (sync byte).
    """
    for size, first in ((188, 0), (192, 4)):
        syncs = head[first::size]
        if len(syncs) >= _LEAST_PACKETS and set(syncs) == {_SYNC}:
            return size
    return None


def _riff_end(head: bytes) -> int | None:
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"AVI ":
        return None
    (size,) = struct.unpack_from("<I", head, 4)
    return None if size in _UNSET_RIFF else 8 + int(size)


def _matroska_end(head: bytes) -> int | None:
    """Where the segment ends. Source: RFC 8794 section 6.2 (sizes), RFC 9559 section 5.1."""
    header = _size(head, 4)
    if header is None:
        return None
    length, start = header
    at = start + length
    if head[at : at + 4] != _SEGMENT:
        return None
    segment = _size(head, at + 4)
    return None if segment is None else segment[0] + segment[1]


def _size(data: bytes, at: int) -> tuple[int, int] | None:
    """An element's size and where its content begins; ``None`` when it is not known or not there."""
    if at >= len(data) or not data[at]:
        return None
    octets = 9 - data[at].bit_length()
    content = at + octets
    if content > len(data):
        return None
    unknown = (1 << 7 * octets) - 1
    value = int.from_bytes(data[at:content]) & unknown
    return None if value == unknown else (value, content)
