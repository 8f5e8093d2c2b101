"""The index of a source's pictures: which timestamps they have, where decoding can begin, which are never
shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import compress, pairwise

from vlog.kit.errors import Invalid

MAX_TIMESTAMP = 1 << 62
"""Timestamps beyond this are damage, and would not fit where times are added."""

MAX_PICTURES = 8_000_000
"""Twelve hours at 185 pictures a second."""


@dataclass(frozen=True, kw_only=True)
class AudioExtent:
    """From when to when there is sound, in seconds of file time."""

    start_seconds: Fraction
    end_seconds: Fraction


@dataclass(frozen=True, kw_only=True)
class VideoIndex:
    """One entry per video packet, in decoding order; ``keys`` and ``shown`` hold a byte (0 or 1) for each.

    A packet that is not shown is decoded for others' sake: an edit list cuts it away. No packet is a key
    where timestamps are the same only if decoding begins at the start of the file. ``last_duration`` is how
    long the last picture is to be seen, in ``time_base``; 0 when the source doesn't say. ``size_bytes`` is
    the sum of all packets, 0 if unknown. ``seekable`` tells that the container finds a timestamp exactly.
    """

    time_base: Fraction
    pts: tuple[int, ...]
    keys: bytes
    shown: bytes
    last_duration: int
    size_bytes: int
    seekable: bool

    @property
    def shown_pts(self) -> list[int]:
        """Timestamps of the pictures that are shown, in the order of being shown."""
        return sorted(compress(self.pts, self.shown))

    @property
    def is_exact(self) -> bool:
        """Whether no two shown pictures have the same timestamp: only then can each be told from the
        others.
        """
        shown = list(compress(self.pts, self.shown))
        return bool(shown) and len(set(shown)) == len(shown)

    def confirmed(self, decoded: Collection[int]) -> VideoIndex:
        """The same index, where no picture is shown that a decoder passed over.

        ``decoded`` are the timestamps of the first pictures that it gave.
        """
        last = max(decoded)
        return replace(
            self,
            shown=bytes(
                flag and (pts > last or pts in decoded)
                for pts, flag in zip(self.pts, self.shown, strict=True)
            ),
        )


@dataclass(frozen=True)
class PacketList:
    """What ffprobe tells about the packets of a file: the video's index and the extent of the sound.

    ``index`` is ``None`` when a video packet has no timestamp of its own. ``has_jumps`` tells that the clock
    of the pictures goes back, or on by more than any pause, ``is_damaged`` that some of them, not counting
    the last, did not arrive as they were sent.
    """

    index: VideoIndex | None
    audio: AudioExtent | None
    has_jumps: bool = False
    is_damaged: bool = False


@dataclass(frozen=True)
class MendedList:
    """Pictures and the extent of the sound on a mended clock; ``strays`` pictures went back in time."""

    index: VideoIndex | None
    audio: AudioExtent | None
    strays: int


# As ffmpeg's own clock judges.
_LEAST_BACK_SECONDS = Fraction(1, 10)
_LEAST_ON_SECONDS = 10
_TIME_BASE = re.compile(r"^#tb (\d): (\d{1,9}/\d{1,12})$", re.MULTILINE)

PACKET_ENTRIES = "packet=stream_index,pts,dts,duration,size,flags"
FRAME_ENTRIES = "frame=best_effort_timestamp,duration"


@dataclass(frozen=True, kw_only=True)
class StreamTimes:
    """A stream's number in the file and the unit of its timestamps in seconds."""

    index: int
    time_base: Fraction


def parse_packets(text: str, video: StreamTimes, audio: StreamTimes | None, *, seekable: bool) -> PacketList:
    """Read ``ffprobe -show_entries PACKET_ENTRIES -of csv=p=0``; streams other than the two are passed over.

    Raises ``Invalid`` (``implausible_timing``) when there are more pictures than any video has.
    """
    builder = _VideoBuilder()
    clock = _Clock(video.time_base)
    first_sound, last_sound = MAX_TIMESTAMP, -MAX_TIMESTAMP
    video_number, audio_number = str(video.index), str(audio.index) if audio else ""
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) < 6:
            continue
        number, pts, dts, duration, size, flags = fields[:6]
        if number == video_number:
            clock.see(_whole(dts))
            builder.add(_whole(pts), _whole(duration) or 0, size=_whole(size) or 0, flags=flags)
        elif number == audio_number and "D" not in flags and (start := _whole(pts)) is not None:
            first_sound = min(first_sound, start)
            last_sound = max(last_sound, start + (_whole(duration) or 0))
    extent = None
    if audio and first_sound < last_sound:
        extent = AudioExtent(
            start_seconds=first_sound * audio.time_base, end_seconds=last_sound * audio.time_base
        )
    index = builder.index(video.time_base, seekable=seekable)
    return PacketList(index, extent, clock.has_jumped, builder.is_damaged)


def parse_frames(text: str, time_base: Fraction) -> VideoIndex | None:
    """Read ``ffprobe -show_entries FRAME_ENTRIES -of csv=p=0``: pictures as a decoder gives them.

    For sources whose packets do not tell their times. What a decoder makes up depends on where it began, so
    such an index has no keys. Pictures that do not follow the one before in time are left out.
    """
    builder = _VideoBuilder()
    latest = -MAX_TIMESTAMP
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) < 2:
            continue
        pts = _whole(fields[0])
        if pts is not None and pts > latest:
            latest = pts
            builder.add(pts, _whole(fields[1]) or 0, size=0, flags="_")
    return builder.index(time_base, seekable=False)


def parse_decoded(text: str) -> list[int]:
    """The timestamps in what ffmpeg's ``framecrc`` writes: lines of stream, dts, pts, duration, size,
    checksum.
    """
    lines = (line.split(",") for line in text.splitlines() if not line.startswith("#"))
    stamps = (_whole(fields[2].strip()) for fields in lines if len(fields) >= 6)
    return [stamp for stamp in stamps if stamp is not None]


def parse_mended(text: str) -> MendedList:
    """Read what ``framecrc`` writes of decoded pictures (its stream 0) and packets of sound (stream 1)."""
    bases = {found[1]: Fraction(found[2]) for found in _TIME_BASE.finditer(text)}
    builder = _VideoBuilder()
    latest, strays = -MAX_TIMESTAMP, 0
    first_sound, last_sound = MAX_TIMESTAMP, -MAX_TIMESTAMP
    for line in text.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if line.startswith("#") or len(fields) < 6 or (pts := _whole(fields[2])) is None:
            continue
        duration = _whole(fields[3]) or 0
        if fields[0] != "0":
            first_sound, last_sound = min(first_sound, pts), max(last_sound, pts + duration)
        elif pts > latest:
            latest = pts
            builder.add(pts, duration, size=0, flags="_")
        else:
            strays += 1
    base = bases.get("1")
    extent = None
    if base is not None and first_sound < last_sound:
        extent = AudioExtent(start_seconds=first_sound * base, end_seconds=last_sound * base)
    index = builder.index(bases["0"], seekable=False) if "0" in bases else None
    return MendedList(index, extent, strays)


class _Clock:
    """Watches decode times, which only ever go on: back, or on by ten seconds, is a jump."""

    def __init__(self, time_base: Fraction) -> None:
        self.has_jumped = False
        self._back = -int(_LEAST_BACK_SECONDS / time_base)
        self._on = int(_LEAST_ON_SECONDS / time_base)
        self._last: int | None = None

    def see(self, dts: int | None) -> None:
        if dts is None:
            return
        if self._last is not None and not self._back <= dts - self._last <= self._on:
            self.has_jumped = True
        self._last = dts


class _VideoBuilder:
    """Collects packets; remembers whether one had no timestamp."""

    def __init__(self) -> None:
        self._pts: list[int] = []
        self._keys = bytearray()
        self._shown = bytearray()
        self._latest = -MAX_TIMESTAMP
        self._last_duration = 0
        self._size_bytes = 0
        self._is_complete = True
        self._ends_broken = False
        self.is_damaged = False

    def add(self, pts: int | None, duration: int, *, size: int, flags: str) -> None:
        if pts is None:
            self._is_complete = False
            return
        if len(self._pts) >= MAX_PICTURES:
            raise Invalid("This file holds more pictures than any video has.", code="implausible_timing")
        is_shown = "D" not in flags
        self._pts.append(pts)
        self._keys.append("K" in flags)
        self._shown.append(is_shown)
        self._size_bytes += size
        # What a file that was cut off ends with is half a packet; elsewhere it is damage.
        self.is_damaged = self.is_damaged or self._ends_broken
        self._ends_broken = "C" in flags
        if is_shown and pts >= self._latest:
            self._latest, self._last_duration = pts, duration

    def index(self, time_base: Fraction, *, seekable: bool) -> VideoIndex | None:
        if not self._is_complete or not self._pts:
            return None
        if self._ends_broken and len(self._pts) > 1:
            self._shown[-1] = 0
        return VideoIndex(
            time_base=time_base,
            pts=tuple(self._pts),
            keys=bytes(self._keys),
            shown=bytes(self._shown),
            last_duration=self._last_duration,
            size_bytes=self._size_bytes,
            seekable=seekable,
        )


def _whole(text: str) -> int | None:
    """A timestamp; ``N/A``, garbage and absurd values are ``None``."""
    try:
        value = int(text)
    except ValueError:
        return None
    return value if abs(value) < MAX_TIMESTAMP else None


def closed_keys(index: VideoIndex) -> list[int]:
    """Timestamps of the shown key frames across which no picture refers, in the order of being shown.

    All that is decoded later is shown later and all that is decoded earlier is shown earlier.
    """
    later = _least_from(index.pts)
    found: list[int] = []
    highest = -MAX_TIMESTAMP
    for position, pts in enumerate(index.pts):
        if index.keys[position] and index.shown[position] and highest < pts <= later[position]:
            found.append(pts)
        highest = max(highest, pts)
    return found


def ends_late(index: VideoIndex, longest: int) -> bool:
    """Whether some picture that is seen for more than ``longest`` (``time_base``) is decoded before one that
    is shown earlier.

    Copied, it would end with its own decoding and leave a gap.
    """
    later = _least_from(index.pts)
    shown = index.shown_pts
    paused = {pts for pts, following in pairwise(shown) if following - pts > longest}
    return any(pts in paused and least < pts for pts, least in zip(index.pts, later, strict=True))


def is_cut_clean(index: VideoIndex) -> bool:
    """Whether the packets that are not shown lie wholly before or wholly after those that are, in decoding
    order.

    Then they can be left out without taking away what a shown picture refers to.
    """
    return b"\0" not in index.shown.strip(b"\0")


def _least_from(values: Iterable[int]) -> list[int]:
    least: list[int] = []
    lowest = MAX_TIMESTAMP
    for value in reversed(tuple(values)):
        lowest = min(lowest, value)
        least.append(lowest)
    least.reverse()
    return least
