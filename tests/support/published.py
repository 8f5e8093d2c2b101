"""Presentations as values, and the parsers of others that judge our playlists."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import m3u8  # type: ignore[import-untyped]
from mpegdash.parser import MPEGDASHParser  # type: ignore[import-untyped]

from vlog.media.presentation import Presentation, PublishedAudio, PublishedTrack, PublishedVideo, Span

TOKEN = "0f" * 16


def spans(*durations: int, start: int = 0) -> tuple[Span, ...]:
    """Segments that follow each other."""
    found = []
    for duration in durations:
        found.append(Span(start, duration))
        start += duration
    return tuple(found)


def track(
    name: str,
    segments: tuple[Span, ...],
    *,
    timescale: int = 30_000,
    bit_rate: int = 1_000_000,
    codecs: str = "avc1.64001f",
) -> PublishedTrack:
    """A rendition whose peak is a fifth above its average."""
    return PublishedTrack(
        name=name,
        codecs=codecs,
        timescale=timescale,
        peak_bit_rate=bit_rate * 6 // 5,
        average_bit_rate=bit_rate,
        segments=segments,
    )


def video(name: str, width: int, height: int, *, bit_rate: int, of: tuple[Span, ...]) -> PublishedVideo:
    """Pictures at 30000/1001 a second."""
    return PublishedVideo(
        track=track(name, of, bit_rate=bit_rate),
        width=width,
        height=height,
        frame_rate=Fraction(30_000, 1001),
    )


def audio(
    name: str = "audio", *, language: str | None = "eng", seconds: tuple[int, ...] = (6, 6, 3)
) -> PublishedAudio:
    """Stereo AAC."""
    segments = spans(*(48_000 * length for length in seconds))
    made = track(name, segments, timescale=48_000, bit_rate=128_000, codecs="mp4a.40.2")
    return PublishedAudio(track=made, sample_rate=48_000, channels=2, language=language)


VIDEO_SEGMENTS = spans(180_180, 180_180, 90_090)


def presentation() -> Presentation:
    """Three rungs and one sound."""
    return Presentation(
        path=TOKEN,
        video=(
            video("1080p", 1920, 1080, bit_rate=5_000_000, of=VIDEO_SEGMENTS),
            video("720p", 1280, 720, bit_rate=2_500_000, of=VIDEO_SEGMENTS),
            video("360p", 640, 360, bit_rate=600_000, of=VIDEO_SEGMENTS),
        ),
        audio=(audio(),),
    )


def read_playlist(text: str) -> Any:
    """As the package m3u8 understands it."""
    return m3u8.loads(text)


def read_manifest(text: str) -> Any:
    """As the package mpegdash understands it."""
    return MPEGDASHParser.parse(text)
