"""What is published of a video, as the playlists need it: pure values, made from rows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

INIT_NAME = "init.mp4"
PLAYLIST_NAME = "stream.m3u8"


class Span(NamedTuple):
    """When a segment begins and how long it lasts, in ticks of its track's timescale."""

    start: int
    duration: int

    @property
    def end(self) -> int:
        """Ticks."""
        return self.start + self.duration


@dataclass(frozen=True, kw_only=True)
class PublishedTrack:
    """A complete rendition. ``segments`` (at least one) follow each other without a gap, numbered from 0.

    ``codecs`` is as RFC 6381 writes it, ``timescale`` ticks per second. Bit rates are bits per second,
    measured: that of the most demanding stretch, and that of the whole.
    """

    name: str
    codecs: str
    timescale: int
    peak_bit_rate: int
    average_bit_rate: int
    segments: tuple[Span, ...]

    @property
    def end_seconds(self) -> Fraction:
        """When its last segment ends."""
        return Fraction(self.segments[-1].end, self.timescale)

    @property
    def longest_seconds(self) -> Fraction:
        """The duration of its longest segment."""
        return Fraction(max(span.duration for span in self.segments), self.timescale)


@dataclass(frozen=True, kw_only=True)
class PublishedVideo:
    """Pictures of ``width`` x ``height`` pixels; ``frame_rate`` is constant or average."""

    track: PublishedTrack
    width: int
    height: int
    frame_rate: Fraction


@dataclass(frozen=True, kw_only=True)
class PublishedAudio:
    """Sound; ``language`` as the source names it, if it does."""

    track: PublishedTrack
    sample_rate: int
    channels: int
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """All that viewers can choose from; there is at least one video or one sound.

    ``path`` leads from the playlists to the renditions' folders: a generation's token.
    """

    path: str
    video: tuple[PublishedVideo, ...]
    audio: tuple[PublishedAudio, ...] = ()

    @property
    def tracks(self) -> tuple[PublishedTrack, ...]:
        """The tracks of all videos, then of all sounds."""
        videos = [video.track for video in self.video]
        return (*videos, *(sound.track for sound in self.audio))

    @property
    def duration_seconds(self) -> Fraction:
        """When the last track ends."""
        return max(track.end_seconds for track in self.tracks)


def segment_name(number: int | str) -> str:
    """The file name of a segment."""
    return f"segment_{number}.m4s"
