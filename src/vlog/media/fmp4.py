"""Fragmented MP4 as bytes: boxes, the samples of a fragment, and fragments built anew.

Source: ISO/IEC 14496-12 (2022), 4.2 boxes, 8.8 movie fragments. Whatever comes from a tool that has read a
foreign file is foreign too: every length is checked, and anything wrong is ``Invalid`` with the code
``bad_segment``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vlog.kit.errors import Invalid

Buffer = bytes | bytearray | memoryview

SYNC_FLAGS = 0x02000000
"""Sample flags (14496-12, 8.8.3.1) of a picture that depends on no other, and of any sound."""

NON_SYNC_FLAGS = 0x01010000
"""Sample flags of a picture that depends on others and at which decoding can't begin."""

MAX_SAMPLES = 1 << 20
"""Samples of one fragment: a minute at 17 kHz; more is no media but an attack on memory."""

_NON_SYNC_BIT = 0x00010000
_MAX_DURATION = (1 << 32) - 1

_DEFAULT_BASE_IS_MOOF = 0x020000
_TFHD_BASE_DATA_OFFSET = 0x01
_TFHD_DESCRIPTION = 0x02
_TFHD_DURATION = 0x08
_TFHD_SIZE = 0x10
_TFHD_FLAGS = 0x20

_TRUN_DATA_OFFSET = 0x001
_TRUN_FIRST_FLAGS = 0x004
_TRUN_DURATION = 0x100
_TRUN_SIZE = 0x200
_TRUN_FLAGS = 0x400
_TRUN_OFFSET = 0x800


class Box(NamedTuple):
    """Where a box lies in its buffer: header at ``start``, content from ``body`` to ``end``."""

    kind: bytes
    start: int
    body: int
    end: int


class Defaults(NamedTuple):
    """What a sample is when its fragment doesn't say: from the ``trex`` box."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples in decode order, one list per property, all of the same length.

    ``durations`` and ``offsets`` (from decode to presentation time) are ticks of the track's timescale,
    ``sizes`` bytes; ``syncs`` tells at which samples decoding can begin.
    """

    durations: Sequence[int]
    sizes: Sequence[int]
    syncs: Sequence[bool]
    offsets: Sequence[int]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof``: when its first sample is decoded, its samples, and where the first one's bytes are.

    ``data_offset`` counts from the first byte of the ``moof``.
    """

    decode_time: int
    samples: Samples
    data_offset: int


def bad(message: str) -> Invalid:
    """The error for bytes that are no proper fragmented MP4."""
    return Invalid(f"Not a proper media segment: {message}", code="bad_segment")


def boxes(data: Buffer, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that follow each other between ``start`` and ``end``; they fill it exactly."""
    end = len(data) if end is None else end
    while start < end:
        if end - start < 8:
            raise bad("a box is cut off")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            if end - start < 16:
                raise bad("a box is cut off")
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - start
        if start + size > end or size < body - start:
            raise bad(f"box {kind!r} claims {size} bytes")
        yield Box(kind, start, body, start + size)
        start += size


def find(data: Buffer, *path: bytes, within: Box | None = None) -> Box | None:
    """The first box at ``path`` (container kinds, then the box's own), below ``within`` or from the top."""
    span = (0, None) if within is None else (within.body, within.end)
    for box in boxes(data, *span):
        if box.kind == path[0]:
            return box if len(path) == 1 else find(data, *path[1:], within=box)
    return None


def need(data: Buffer, *path: bytes, within: Box | None = None) -> Box:
    """As ``find``, but the box must be there."""
    box = find(data, *path, within=within)
    if box is None:
        raise bad(f"there is no {path[-1].decode('latin-1')} box")
    return box


def read(data: Buffer, box: Box, *, layout: str, at: int = 0) -> tuple[int, ...]:
    """Big-endian numbers (``struct`` letters) at an offset into the box's content, which must hold them."""
    if box.body + at + struct.calcsize(">" + layout) > box.end:
        raise bad(f"the {box.kind.decode('latin-1')} box is too short")
    return struct.unpack_from(">" + layout, data, box.body + at)


def parse_fragment(moof: Buffer, defaults: Defaults) -> Fragment:
    """Read a ``moof`` box of one track, as ffmpeg writes it when it maps one stream to one output."""
    fragment = need(moof, b"moof")
    tracks = [box for box in boxes(moof, fragment.body, fragment.end) if box.kind == b"traf"]
    if len(tracks) != 1:
        raise bad(f"a fragment of {len(tracks)} tracks")
    traf = tracks[0]
    defaults = _track_defaults(moof, need(moof, b"tfhd", within=traf), defaults)
    decode_time = _decode_time(moof, need(moof, b"tfdt", within=traf))
    runs = [box for box in boxes(moof, traf.body, traf.end) if box.kind == b"trun"]
    if not runs:
        raise bad("a fragment without samples")
    first, data_offset = _parse_run(moof, runs[0], defaults)
    if len(runs) == 1:
        return Fragment(decode_time, first, data_offset)
    parts = [first, *(_parse_run(moof, run, defaults)[0] for run in runs[1:])]
    return Fragment(decode_time, _joined(parts), data_offset)


def _joined(parts: Sequence[Samples]) -> Samples:
    return Samples(
        durations=[value for part in parts for value in part.durations],
        sizes=[value for part in parts for value in part.sizes],
        syncs=[value for part in parts for value in part.syncs],
        offsets=[value for part in parts for value in part.offsets],
    )


def _track_defaults(moof: Buffer, tfhd: Box, defaults: Defaults) -> Defaults:
    (flags,) = read(moof, tfhd, layout="I")
    at = 8
    at += 8 if flags & _TFHD_BASE_DATA_OFFSET else 0
    at += 4 if flags & _TFHD_DESCRIPTION else 0
    values = list(defaults)
    for index, present in enumerate((_TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS)):
        if flags & present:
            (values[index],) = read(moof, tfhd, layout="I", at=at)
            at += 4
    return Defaults(*values)


def _decode_time(moof: Buffer, tfdt: Box) -> int:
    (version_and_flags,) = read(moof, tfdt, layout="I")
    # Signed: a sample before the edit list's start has a negative time, which ffmpeg writes as it is.
    (time,) = read(moof, tfdt, layout="q" if version_and_flags >> 24 else "I", at=4)
    return time


def _parse_run(moof: Buffer, trun: Box, defaults: Defaults) -> tuple[Samples, int]:
    version_and_flags, count = read(moof, trun, layout="II")
    if count > MAX_SAMPLES:
        raise bad(f"a fragment of {count} samples")
    at, data_offset = 8, 0
    if version_and_flags & _TRUN_DATA_OFFSET:
        (data_offset,) = read(moof, trun, layout="i", at=at)
        at += 4
    first_flags = None
    if version_and_flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = read(moof, trun, layout="I", at=at)
        at += 4
    present = [
        bit for bit in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_OFFSET) if version_and_flags & bit
    ]
    values = read(moof, trun, layout=f"{count * len(present)}I", at=at)
    columns = {bit: values[index :: len(present)] for index, bit in enumerate(present)}
    flags = list(columns.get(_TRUN_FLAGS, (defaults.flags,) * count))
    if first_flags is not None and count:
        flags[0] = first_flags
    offsets = columns.get(_TRUN_OFFSET, (0,) * count)
    if version_and_flags >> 24:
        offsets = tuple(value - (1 << 32) if value >> 31 else value for value in offsets)
    samples = Samples(
        durations=columns.get(_TRUN_DURATION, (defaults.duration,) * count),
        sizes=columns.get(_TRUN_SIZE, (defaults.size,) * count),
        syncs=[not value & _NON_SYNC_BIT for value in flags],
        offsets=offsets,
    )
    return samples, data_offset


def box(kind: bytes, *parts: Buffer) -> bytes:
    """One box from its content."""
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full_box(kind: bytes, version: int, flags: int, *parts: Buffer) -> bytes:
    """One box with version and flags (14496-12, 4.2.2)."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def build_segment(samples: Samples, payload: Sequence[Buffer], *, sequence: int, decode_time: int) -> bytes:
    """A media segment of track 1: ``moof`` and ``mdat``.

    ``payload`` are the samples' bytes in order, in any pieces. Composition offsets must not be negative:
    not all players read signed ones alike.
    """
    size = sum(samples.sizes)
    if sum(map(len, payload)) != size:
        raise bad(f"{sum(map(len, payload))} bytes for samples of {size}")
    if min(samples.durations) < 0 or max(samples.durations) > _MAX_DURATION or min(samples.offsets) < 0:
        raise bad("times out of range")
    moof = _build_moof(samples, 0, sequence=sequence, decode_time=decode_time)
    # An mdat header of 8 bytes says 4 GB at most; segments are seconds long.
    if size > _MAX_DURATION - 8:
        raise bad("a segment of more than 4 GB")
    moof = _build_moof(samples, len(moof) + 8, sequence=sequence, decode_time=decode_time)
    return b"".join((moof, struct.pack(">I4s", size + 8, b"mdat"), *payload))


def _build_moof(samples: Samples, data_offset: int, *, sequence: int, decode_time: int) -> bytes:
    duration = samples.durations[0]
    is_even = all(value == duration for value in samples.durations)
    tfhd_flags = _DEFAULT_BASE_IS_MOOF | _TFHD_FLAGS | (_TFHD_DURATION if is_even else 0)
    only_first = samples.syncs[0] and not any(samples.syncs[1:])
    default_flags = NON_SYNC_FLAGS if only_first else SYNC_FLAGS
    tfhd = struct.pack(">I", 1) + (struct.pack(">I", duration) if is_even else b"")
    traf = box(
        b"traf",
        full_box(b"tfhd", 0, tfhd_flags, tfhd, struct.pack(">I", default_flags)),
        full_box(b"tfdt", 1, 0, struct.pack(">Q", decode_time)),
        _build_run(samples, data_offset, is_even=is_even, only_first=only_first),
    )
    return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", sequence)), traf)


def _build_run(samples: Samples, data_offset: int, *, is_even: bool, only_first: bool) -> bytes:
    flags = _TRUN_DATA_OFFSET | _TRUN_SIZE
    columns: list[Sequence[int]] = []
    if not is_even:
        flags |= _TRUN_DURATION
        columns.append(samples.durations)
    columns.append(samples.sizes)
    head = struct.pack(">Ii", len(samples), data_offset)
    if only_first:
        flags |= _TRUN_FIRST_FLAGS
        head += struct.pack(">I", SYNC_FLAGS)
    elif not all(samples.syncs):
        flags |= _TRUN_FLAGS
        columns.append([SYNC_FLAGS if sync else NON_SYNC_FLAGS for sync in samples.syncs])
    if any(samples.offsets):
        flags |= _TRUN_OFFSET
        columns.append(samples.offsets)
    rows = [0] * (len(samples) * len(columns))
    for index, column in enumerate(columns):
        rows[index :: len(columns)] = column
    return full_box(b"trun", 0, flags, head, struct.pack(f">{len(rows)}I", *rows))
