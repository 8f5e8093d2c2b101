"""What inspecting a source tells: its streams and how its pictures lie in time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from vlog.kit.errors import Fault
from vlog.media.chapters import Mark

Rotation = Literal[0, 90, 180, 270]

FieldOrder = Literal["tff", "bff"]
"""Which field of a picture is shown first: the top one or the bottom one."""


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """The one video stream that is used.

    ``width`` and ``height`` are coded pixels before rotation and sample aspect. ``bit_rate`` is bits per
    second, ``None`` when the container doesn't say. ``start_seconds`` is the first picture's presentation
    time in the file. ``is_mirrored`` asks for a flip besides the rotation. ``field_order`` is the word of the
    file, ``interlacing`` what was found: ``None`` when pictures are whole. ``peak_nits`` is the brightest
    light of an HDR source, ``None`` when it doesn't say.
    """

    index: int
    codec: str
    profile: str
    pixel_format: str
    width: int
    height: int
    sample_aspect: Fraction
    rotation: Rotation
    frame_rate: Fraction
    time_base: Fraction
    bit_rate: int | None
    start_seconds: Fraction
    color_transfer: str | None = None
    color_primaries: str | None = None
    color_space: str | None = None
    color_range: str | None = None
    field_order: str | None = None
    is_mirrored: bool = False
    interlacing: FieldOrder | None = None
    peak_nits: int | None = None

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in square pixels, upright, rounded to whole pixels."""
        aspect = min(max(self.sample_aspect, Fraction(1, 8)), Fraction(8))
        width, height = Fraction(self.width), Fraction(self.height)
        if aspect >= 1:
            width *= aspect
        else:
            height /= aspect
        shown = (round(width), round(height))
        return (shown[1], shown[0]) if self.rotation in (90, 270) else shown

    @property
    def short_side(self) -> int:
        """The lesser of the display width and height: what a rung is measured by."""
        return min(self.display_size)


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """The one audio stream that is used; times are presentation times in the file, in seconds.

    ``layout`` names where the channels belong, as ffmpeg does (``5.1``); empty when the source doesn't say.
    ``is_even`` tells that it has no gap and a clock that counts samples.
    """

    index: int
    codec: str
    profile: str
    sample_rate: int
    channels: int
    bit_rate: int | None
    start_seconds: Fraction
    end_seconds: Fraction | None
    language: str | None = None
    layout: str = ""
    is_even: bool = False


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """A source that passed the gate. ``duration_seconds`` is that of the presentation that viewers will
    see; ``pictures`` is ``None`` for a source of sound alone, of which ``cover`` is the stream that holds
    its cover, if it has one. ``is_clock_mended`` tells that the file's clock jumps, so all times are those of
    a clock that ffmpeg makes while it reads the file from its start. ``chapters`` are those of its container,
    in seconds of the presentation.
    """

    format_names: tuple[str, ...]
    size_bytes: int
    duration_seconds: Fraction
    pictures: VideoStream | None
    audio: AudioStream | None
    warnings: tuple[str, ...] = ()
    cover: int | None = None
    is_clock_mended: bool = False
    chapters: tuple[Mark, ...] = ()

    @property
    def video(self) -> VideoStream:
        """The pictures, for steps that are only taken where there are some; raises ``Fault`` elsewhere."""
        if self.pictures is None:
            raise Fault("This source has no pictures.")
        return self.pictures

    @property
    def video_bit_rate(self) -> int:
        """Bits per second of the source's video; estimated from the file when the container doesn't say."""
        if self.video.bit_rate:
            return self.video.bit_rate
        total = int(self.size_bytes * 8 / max(self.duration_seconds, Fraction(1, 100)))
        return max(total - ((self.audio.bit_rate or 0) if self.audio else 0), 1)
