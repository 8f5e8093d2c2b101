"""H.264 in MP4: which units a picture consists of. Source: ISO/IEC 14496-15 5.3, ITU-T H.264 7.4.1."""

from __future__ import annotations

from collections.abc import Iterator

from vlog.media.fmp4 import Buffer, bad

_SLICE = 1
_IDR_SLICE = 5
_LENGTH_SIZE_OFFSET = 4
_LONGEST_HEAD = 64


def length_size(avcc: Buffer) -> int:
    """How many bytes tell the length of each unit, from the content of an ``avcC`` box."""
    if len(avcc) <= _LENGTH_SIZE_OFFSET:
        raise bad("the avcC box is too short")
    return (avcc[_LENGTH_SIZE_OFFSET] & 0b11) + 1


def unit_types(sample: Buffer, size_of_length: int) -> Iterator[int]:
    """The types of the units of one picture, in order."""
    at = 0
    while at + size_of_length < len(sample):
        length = int.from_bytes(sample[at : at + size_of_length], "big")
        at += size_of_length
        if length == 0:
            continue
        if at + length > len(sample):
            raise bad("a picture's unit is cut off")
        yield sample[at] & 0x1F
        at += length


def is_idr(sample: Buffer, size_of_length: int) -> bool:
    """Whether the picture empties the decoder: nothing after it can refer to anything before it."""
    for count, kind in enumerate(unit_types(sample, size_of_length)):
        if kind == _IDR_SLICE:
            return True
        if kind == _SLICE or count > _LONGEST_HEAD:
            return False
    return False
