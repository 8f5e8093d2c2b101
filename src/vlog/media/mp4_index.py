"""The index of an MP4 or QuickTime file, read from its sample tables instead of from its gigabytes of
packets.

Source: ISO/IEC 14496-12 (mdhd 8.4.2, stts 8.6.1.2, ctts 8.6.1.3, stss 8.6.2, elst 8.6.6). Timestamps are
those that ffmpeg's demuxer gives, because later steps seek and cut by them: the first shown picture stands
at the length of the empty edit before it. Anything unusual is answered with ``None``; then the packets
themselves have to be read.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from operator import add

from vlog.media.packets import MAX_PICTURES, MAX_TIMESTAMP, VideoIndex

MAX_MOOV_BYTES = 256 << 20
"""A day of video has sample tables of some 50 MB."""

_UNUSUAL = (b"stps", b"saiz", b"senc")
_UNUSUAL_GROUPS = (b"rap ", b"sync")
"""Boxes and sample groups of a sample table that change which samples are keys or how they are read."""


class _Unusual(Exception):
    """This file needs a complete demuxer."""


@dataclass(frozen=True)
class _Box:
    kind: bytes
    data: memoryview


@dataclass(frozen=True, kw_only=True)
class _Edit:
    """What is shown of a track: ``duration`` from ``media_time`` on, after ``empty`` of nothing (track
    time).
    """

    empty: int
    media_time: int
    duration: int


@dataclass(frozen=True, kw_only=True)
class _Samples:
    """Per sample, in decoding order: decoding time, shift to presentation time, key flag."""

    dts: list[int]
    cts: list[int]
    keys: bytearray
    size_bytes: int
    last_duration: int


def parse(moov: bytes, track_id: int, *, file_size_bytes: int) -> VideoIndex | None:
    """The index of one track from the content of the ``moov`` box, or ``None`` for anything out of the
    ordinary.

    ``file_size_bytes`` tells tables that point beyond the file's end. Never raises, whatever the bytes are.
    """
    try:
        return _index(memoryview(moov), track_id, file_size_bytes)
    except (_Unusual, struct.error):
        return None


def is_encrypted(moov: bytes, track_id: int) -> bool:
    """Whether a track is protected (ISO/IEC 14496-12 8.12, 23001-7): ffmpeg tells it apart from others
    nowhere.
    """
    try:
        table = _sample_table(list(_boxes(memoryview(moov))), track_id)
        described = _only(table, b"stsd")[8:]
        return any(box.kind in (b"encv", b"enca", b"drmi", b"drms") for box in _boxes(described))
    except (_Unusual, struct.error):
        return False


def has_even_sound(moov: bytes, track_id: int, *, sample_rate: int, file_size_bytes: int) -> bool:
    """Whether a track's sound has no gap and its clock counts samples: a time then names one sample.

    Only the last packet may be shorter than the others.
    """
    try:
        boxes = list(_boxes(memoryview(moov)))
        table, track = _sample_table(boxes, track_id), _track(boxes, track_id)
        scale = _scale(_only(list(_boxes(_only(track, b"mdia"))), b"mdhd"))
        _check_samples_are_there(table, file_size_bytes)
        # Raises for a track that was cut together.
        _edit(track, _scale(_only(boxes, b"mvhd")), scale)
        runs = _runs(_only(table, b"stts"))
    except (_Unusual, struct.error):
        return False
    is_even = len(runs) == 1 or (len(runs) == 2 and runs[1][0] == 1 and runs[1][1] <= runs[0][1])
    return scale == sample_rate and is_even and runs[0][1] > 0


def _index(moov: memoryview, track_id: int, file_size_bytes: int) -> VideoIndex:
    boxes = list(_boxes(moov))
    if any(box.kind in (b"mvex", b"cmov") for box in boxes):
        raise _Unusual
    movie_scale = _scale(_only(boxes, b"mvhd"))
    track = _track(boxes, track_id)
    track_scale = _scale(_only(list(_boxes(_only(track, b"mdia"))), b"mdhd"))
    table = _sample_table(boxes, track_id)
    groups = [bytes(box.data[4:8]) for box in table if box.kind == b"sbgp"]
    if any(box.kind in _UNUSUAL for box in table) or any(group in _UNUSUAL_GROUPS for group in groups):
        raise _Unusual
    _check_samples_are_there(table, file_size_bytes)
    samples = _samples(table)
    edit = _edit(track, movie_scale, track_scale)
    return _edited(samples, edit, Fraction(1, track_scale))


def _edited(samples: _Samples, edit: _Edit | None, time_base: Fraction) -> VideoIndex:
    """Apply the edit as ffmpeg's ``mov_fix_index`` does."""
    count = len(samples.dts)
    if edit is None:
        return _video_index(samples, range(count), bytes([1]) * count, shift=0, time_base=time_base)
    first = _first_needed(samples, edit)
    end = _end_needed(samples, edit, first)
    stop = edit.media_time + edit.duration
    kept = range(first, end)
    shown = bytes(edit.media_time <= samples.cts[n] < stop for n in kept)
    if 1 not in shown:
        raise _Unusual
    first_shown = first + shown.index(1)
    least = min(samples.cts[n] for n in kept if shown[n - first])
    # The demuxer lets decoding times begin at the edit, then moves all back when the first picture came out
    # later.
    shift = edit.empty - max(least, samples.dts[first_shown])
    return _video_index(samples, kept, shown, shift=shift, time_base=time_base)


def _video_index(
    samples: _Samples, kept: range, shown: bytes, *, shift: int, time_base: Fraction
) -> VideoIndex:
    pts = tuple(samples.cts[n] + shift for n in kept)
    if any(abs(value) >= MAX_TIMESTAMP for value in (*pts[:1], *pts[-1:])):
        raise _Unusual
    latest = max((value, n) for n, value in enumerate(pts) if shown[n])[1] + kept.start
    following = samples.dts[latest + 1] if latest + 1 < len(samples.dts) else None
    duration = samples.last_duration if following is None else following - samples.dts[latest]
    return VideoIndex(
        time_base=time_base,
        pts=pts,
        keys=bytes(samples.keys[kept.start : kept.stop]),
        shown=shown,
        last_duration=duration,
        size_bytes=samples.size_bytes,
        seekable=True,
    )


def _first_needed(samples: _Samples, edit: _Edit) -> int:
    """The key sample from which decoding must begin to show the edit's first picture."""
    # By decoding time first, as the demuxer searches, then back to one that is also shown early enough.
    position = bisect_right(samples.dts, edit.media_time) - 1
    while position >= 0 and not (samples.keys[position] and samples.cts[position] <= edit.media_time):
        position -= 1
    if position < 0:
        raise _Unusual
    return position


def _end_needed(samples: _Samples, edit: _Edit, first: int) -> int:
    """One past the last sample that the demuxer gives out: up to the key that ends the edit, or the next
    one.
    """
    stop = edit.media_time + edit.duration
    has_shifts = any(map(int.__ne__, samples.cts, samples.dts))
    is_ending = False
    last = len(samples.dts) - 1
    for position in range(first, last + 1):
        step = samples.dts[position + 1] - samples.dts[position] if position < last else edit.duration
        if samples.cts[position] + step >= stop and samples.keys[position]:
            if has_shifts and not is_ending:
                is_ending = True
                continue
            return position + 1
    return last + 1


def _samples(table: list[_Box]) -> _Samples:
    sizes = _sizes(_only(table, b"stsz"))
    count = len(sizes)
    steps = _runs(_only(table, b"stts"))
    if not count or sum(run for run, _ in steps) != count or any(step >= 1 << 31 for _, step in steps):
        raise _Unusual
    dts: list[int] = []
    clock = 0
    for run, step in steps:
        dts.extend(range(clock, clock + run * step, step) if step else [clock] * run)
        clock += run * step
    shifts = _optional(table, b"ctts")
    return _Samples(
        dts=dts,
        cts=dts if shifts is None else list(map(add, dts, _shifts(shifts, count))),
        keys=_keys(_optional(table, b"stss"), count),
        size_bytes=sum(sizes),
        last_duration=steps[-1][1],
    )


def _sizes(data: memoryview) -> array[int]:
    same, count = struct.unpack_from(">II", data, 4)
    if same or not 0 < count <= MAX_PICTURES:
        raise _Unusual
    sizes = _words(data[12:], count)
    if min(sizes) == 0:
        raise _Unusual
    return sizes


def _runs(data: memoryview) -> list[tuple[int, int]]:
    """Pairs of how often and what, as both time tables hold them."""
    (count,) = struct.unpack_from(">I", data, 4)
    words = _words(data[8:], 2 * count)
    return list(zip(words[::2], words[1::2], strict=True))


def _shifts(data: memoryview, count: int) -> list[int]:
    runs = _runs(data)
    if sum(run for run, _ in runs) != count:
        raise _Unusual
    shifts: list[int] = []
    for run, value in runs:
        # Version 0 should hold no negative values, but files do; every reader takes them as signed.
        shifts.extend([value - (1 << 32) if value >= 1 << 31 else value] * run)
    return shifts


def _keys(data: memoryview | None, count: int) -> bytearray:
    if data is None:
        return bytearray([1]) * count
    (entries,) = struct.unpack_from(">I", data, 4)
    numbers = _words(data[8:], entries)
    if not numbers or min(numbers) < 1 or max(numbers) > count:
        raise _Unusual
    keys = bytearray(count)
    for number in numbers:
        keys[number - 1] = 1
    return keys


def _edit(track: list[_Box], movie_scale: int, track_scale: int) -> _Edit | None:
    edits = _optional(track, b"edts")
    table = None if edits is None else _optional(list(_boxes(edits)), b"elst")
    if table is None:
        return None
    wide = table[0] == 1
    entry = struct.Struct(">QqI" if wide else ">IiI")
    (count,) = struct.unpack_from(">I", table, 4)
    if not 1 <= count <= 2:
        raise _Unusual
    entries = [entry.unpack_from(table, 8 + n * entry.size) for n in range(count)]
    if any(rate != 1 << 16 for _, _, rate in entries):
        raise _Unusual
    *before, (duration, media_time, _) = entries
    if media_time < 0 or duration == 0 or any(start != -1 for _, start, _ in before):
        raise _Unusual
    empty = sum(length for length, _, _ in before)
    return _Edit(
        empty=_rescaled(empty, track_scale, movie_scale),
        media_time=media_time,
        duration=_rescaled(duration, track_scale, movie_scale),
    )


def _check_samples_are_there(table: list[_Box], file_size_bytes: int) -> None:
    """Of a file that was cut off, only the packets themselves tell what is left."""
    narrow, wide = _optional(table, b"stco"), _optional(table, b"co64")
    if (narrow is None) == (wide is None):
        raise _Unusual
    for data, code in ((narrow, "I"), (wide, "Q")):
        if data is not None:
            (count,) = struct.unpack_from(">I", data, 4)
            offsets = _words(data[8:], count, code=code)
            if not offsets or max(offsets) >= file_size_bytes:
                raise _Unusual
    (descriptions,) = struct.unpack_from(">I", _only(table, b"stsd"), 4)
    # Several descriptions mean that size or codec change on the way.
    if descriptions != 1:
        raise _Unusual


def _track(boxes: list[_Box], track_id: int) -> list[_Box]:
    for box in boxes:
        if box.kind == b"trak":
            inner = list(_boxes(box.data))
            header = _only(inner, b"tkhd")
            (number,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
            if number == track_id:
                return inner
    raise _Unusual


def _sample_table(boxes: list[_Box], track_id: int) -> list[_Box]:
    media = list(_boxes(_only(_track(boxes, track_id), b"mdia")))
    return list(_boxes(_only(list(_boxes(_only(media, b"minf"))), b"stbl")))


def _scale(header: memoryview) -> int:
    """``timescale`` of mvhd and mdhd: both begin with version, flags and two dates."""
    if not header:
        raise _Unusual
    (scale,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
    if not 0 < scale < 1 << 31:
        raise _Unusual
    return int(scale)


def _only(boxes: list[_Box], kind: bytes) -> memoryview:
    found = _optional(boxes, kind)
    if found is None:
        raise _Unusual
    return found


def _optional(boxes: list[_Box], kind: bytes) -> memoryview | None:
    found = [box.data for box in boxes if box.kind == kind]
    if len(found) > 1 or (found and not found[0]):
        raise _Unusual
    return found[0] if found else None


def _boxes(data: memoryview) -> Iterator[_Box]:
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            header = 16
        elif size == 0:
            size = len(data) - position
        if size < header or position + size > len(data):
            raise _Unusual
        yield _Box(kind, data[position + header : position + size])
        position += size


def _words(data: memoryview, count: int, *, code: str = "I") -> array[int]:
    """``count`` big-endian numbers; the array's type is the machine's, of 4 or 8 bytes."""
    words: array[int] = array(code)
    length = count * words.itemsize
    if length > len(data):
        raise _Unusual
    words.frombytes(data[:length])
    if sys.byteorder == "little":
        words.byteswap()
    return words


def _rescaled(value: int, to: int, of: int) -> int:
    """Nearest whole, halves away from zero: how ffmpeg's ``av_rescale`` rounds."""
    return (2 * value * to + of) // (2 * of)
