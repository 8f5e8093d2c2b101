"""Reads the outline of an MP4 or QuickTime file: which boxes it has, and the one that describes it."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from vlog.media.mp4_index import MAX_MOOV_BYTES

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
_BOXES = _FIRST_BOXES | {b"moof", b"sidx", b"mfra", b"uuid", b"meta", b"emsg", b"prft", b"udta", b"ssix"}
_MOST_BOXES = 500_000


@dataclass(frozen=True, kw_only=True)
class Mp4Outline:
    """``moov`` is the content of that box: ``None`` when it is missing or cut off, empty when it is too
    large.

    ``is_plain`` tells that all samples are in one place and all there: sample tables then tell everything.
    """

    moov: bytes | None
    is_cut_off: bool
    is_plain: bool


def read_outline(path: Path) -> Mp4Outline | None:
    """Walk over the outermost boxes; ``None`` when the file does not begin like an MP4 file. Blocks on the
    disk.
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        moov: bytes | None = None
        position, is_cut_off, is_plain = 0, False, True
        for number in range(_MOST_BOXES):
            file.seek(position)
            box = _header(file.read(16), size - position)
            if box is None or box.kind not in (_BOXES if number else _FIRST_BOXES):
                break
            is_plain &= box.kind != b"moof" and not box.is_open_ended
            if position + box.size > size:
                is_cut_off = True
                break
            if box.kind == b"moov" and moov is None:
                file.seek(position + box.header)
                moov = file.read(box.size - box.header) if box.size <= MAX_MOOV_BYTES else b""
            position += box.size
    if position == 0 and not is_cut_off:
        return None
    return Mp4Outline(moov=moov, is_cut_off=is_cut_off, is_plain=is_plain and not is_cut_off)


@dataclass(frozen=True, kw_only=True)
class _Header:
    kind: bytes
    size: int
    header: int
    is_open_ended: bool


def _header(data: bytes, left: int) -> _Header | None:
    """Source: ISO/IEC 14496-12 4.2: size 1 announces a 64-bit size, size 0 reaches to the end of the file."""
    if len(data) < 8:
        return None
    size, kind = struct.unpack_from(">I4s", data)
    header = 8
    if size == 1 and len(data) == 16:
        (size,) = struct.unpack_from(">Q", data, 8)
        header = 16
    is_open_ended = size == 0
    size = size or left
    return (
        _Header(kind=kind, size=size, header=header, is_open_ended=is_open_ended) if size >= header else None
    )
