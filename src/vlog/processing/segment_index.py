"""The segments of a complete rendition as one compact value, and the bit rates that follow from them.

One row per rendition instead of one per segment: a year of video is a few thousand rows, and a playlist is
made from a single read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice

from vlog.kit.errors import Fault

_MAGIC = b"VSI1"
# Magic, number of segments, first start: big-endian, so that a dump can be read by eye.
_HEADER = struct.Struct(">4sIq")
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Indexed:
    """One segment: ticks of the rendition's timescale, bytes, and the SHA-256 of those bytes."""

    duration: int
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """All segments of one rendition in order; ``start`` is where the first one begins, in ticks."""

    timescale: int
    start: int
    segments: tuple[Indexed, ...]

    @property
    def duration(self) -> int:
        """Ticks of all segments together."""
        return sum(segment.duration for segment in self.segments)

    @property
    def starts(self) -> list[int]:
        """Where each segment begins, in ticks."""
        durations = [segment.duration for segment in self.segments[:-1]]
        return list(accumulate(durations, initial=self.start))

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments; the initialisation segment is not counted."""
        return sum(segment.size_bytes for segment in self.segments)

    @property
    def average_bit_rate(self) -> int:
        """Bits per second over the whole rendition (AVERAGE-BANDWIDTH, RFC 8216bis §4.4.6.2)."""
        return _bit_rate(self.size_bytes, self.duration, self.timescale)

    @property
    def peak_bit_rate(self) -> int:
        """The peak segment bit rate (BANDWIDTH, RFC 8216 §4.1).

        The largest bit rate of any run of segments whose duration is 0.5 to 1.5 times the target duration;
        the average where no run is as long.
        """
        target = round(Fraction(max(segment.duration for segment in self.segments), self.timescale))
        shortest, longest = target * self.timescale / 2, target * self.timescale * 3 / 2
        peak = 0
        for first in range(len(self.segments)):
            duration = size_bytes = 0
            for segment in islice(self.segments, first, None):
                duration += segment.duration
                size_bytes += segment.size_bytes
                if duration > longest:
                    break
                if duration >= shortest:
                    peak = max(peak, _bit_rate(size_bytes, duration, self.timescale))
        return max(peak, self.average_bit_rate)


def pack(index: SegmentIndex) -> bytes:
    """The index as stored; the timescale is kept beside it."""
    columns = (
        _HEADER.pack(_MAGIC, len(index.segments), index.start),
        _numbers([segment.duration for segment in index.segments]),
        _numbers([segment.size_bytes for segment in index.segments]),
        *(segment.sha256 for segment in index.segments),
    )
    return zlib.compress(b"".join(columns), 6)


def unpack(data: bytes, *, timescale: int) -> SegmentIndex:
    """The index again; raises ``Fault`` (code ``damaged_index``) when the bytes are no index."""
    try:
        raw = zlib.decompress(data)
        magic, count, start = _HEADER.unpack_from(raw)
    except (zlib.error, struct.error) as error:
        raise _damaged() from error
    hashes = _HEADER.size + 8 * count
    if magic != _MAGIC or len(raw) != hashes + _HASH_BYTES * count:
        raise _damaged()
    numbers = struct.unpack_from(f">{2 * count}I", raw, _HEADER.size)
    ends = range(hashes + _HASH_BYTES, len(raw) + 1, _HASH_BYTES)
    columns = zip(numbers[:count], numbers[count:], ends, strict=True)
    segments = (Indexed(duration, size, raw[end - _HASH_BYTES : end]) for duration, size, end in columns)
    return SegmentIndex(timescale, start, tuple(segments))


def _numbers(values: Sequence[int]) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def _bit_rate(size_bytes: int, duration: int, timescale: int) -> int:
    # Rounded up: what is announced must never be less than what is needed.
    return -(-size_bytes * 8 * timescale // duration)


def _damaged() -> Fault:
    return Fault("The list of a rendition's segments is damaged.", code="damaged_index")
