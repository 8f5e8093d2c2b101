"""What is made from a source: renditions and the tasks that make them; ``planner.plan`` builds the values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ENCODED_SOUND = "aac"
"""The encoder of sound, and the codec that it makes."""

TaskKind = Literal["inspect", "remux", "audio", "video", "thumbnail"]


@dataclass(frozen=True, kw_only=True)
class VideoRendition:
    """One video rung. ``encoder`` is a key of ``media.encoders.ENCODERS``, or ``copy`` for the remuxed
    source.

    Sizes are output pixels (square, upright, even). Bit rates are bits per second, ``buffer_bits`` the VBV
    buffer.
    """

    name: str
    width: int
    height: int
    encoder: str
    preset: str = ""
    crf: int = 0
    max_bit_rate: int = 0
    buffer_bits: int = 0
    profile: str = ""
    level: str = ""


@dataclass(frozen=True, kw_only=True)
class Levelling:
    """How loud sound is to be (LUFS), and from which gain on (dB) a rendition is made at all.

    ``least_gain_db`` above 0 is for sound that stands in for the source's own: that one stays where there
    would be less to change.
    """

    target_lufs: float
    least_gain_db: float = 0.0


@dataclass(frozen=True, kw_only=True)
class AudioRendition:
    """The sound that all rungs share. ``encoder`` is ``aac``, or ``copy`` for sound taken over as it is.

    Without ``levelling`` it is as loud as its source.
    """

    name: str
    encoder: str
    sample_rate: int
    channels: int
    bit_rate: int
    language: str | None = None
    levelling: Levelling | None = None


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One leased unit of work: cells ``first_cell`` (inclusive) to ``end_cell`` (exclusive) of some
    renditions.

    ``stage`` orders claims inside one job: 0 what makes the video playable, 1 everything else.
    """

    kind: TaskKind
    stage: int
    first_cell: int
    end_cell: int
    renditions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EncodePlan:
    """Everything that one generation of a video will consist of."""

    video: tuple[VideoRendition, ...]
    audio: tuple[AudioRendition, ...]
    tasks: tuple[TaskPlan, ...]


@dataclass(frozen=True, kw_only=True)
class EncodePolicy:
    """What the installation wants, from its settings.

    ``segment_seconds`` is the wished length of a cell, ``chunk_seconds`` that of a video task's run of cells.
    ``target_lufs`` is how loud sound is to be, ``None`` to leave it as it is.
    ``rungs`` are short sides in pixels with their cap in bits per second, largest first.
    """

    segment_seconds: int = 6
    chunk_seconds: int = 30
    preset: str = "veryfast"
    crf: int = 23
    audio_bit_rate: int = 128_000
    target_lufs: float | None = None
    max_frame_rate: int = 60
    remux: bool = True
    accept_audio: bool = False
    rungs: tuple[tuple[int, int], ...] = field(
        default=(
            (2160, 15_000_000),
            (1440, 8_000_000),
            (1080, 5_000_000),
            (720, 2_500_000),
            (480, 1_000_000),
            (360, 600_000),
        )
    )
