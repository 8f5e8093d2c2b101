"""Decides what is made from a source, in which pieces and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from vlog.media import ladder
from vlog.media.encoders import COPY
from vlog.media.grid import Grid
from vlog.media.info import AudioStream, MediaInfo
from vlog.media.ladder import Rung
from vlog.media.plan import AudioRendition, EncodePlan, EncodePolicy, Levelling, TaskPlan, VideoRendition

ORIGINAL = "original"
AUDIO = "audio"
AUDIO_SOURCE = "audio_source"

LEAST_GAIN_DB = 1.0
"""A listener hears less than this only in a direct comparison: not worth encoding sound anew that plays."""

_AAC = "aac"
_COPIED_AAC_RATES = frozenset({16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_COPIED_MP3_RATES = frozenset({32_000, 44_100, 48_000})
_CD_RATES = frozenset({11_025, 22_050, 44_100, 88_200, 176_400})
_MONO_SHARE = Fraction(5, 8)
_LEAST_AUDIO_BIT_RATE = 64_000

_MOST_CELLS = 5000
"""In one chunk: the places of its key frames are one word of a command, and Linux allows a word 128 KB."""

_NEARLY_THE_SAME = Fraction(17, 20)
_WORTH_SAVING = Fraction(3, 2)


def plan(info: MediaInfo, grid: Grid, policy: EncodePolicy) -> EncodePlan:
    """The renditions and tasks of one generation.

    A source whose pictures can be taken over is playable when that is done, so everything else comes later
    (stage 1) in one piece per chunk. Otherwise sound and the lowest rung come first.
    """
    if info.pictures is None:
        return _plan_sound(info, grid, policy)
    chunks = cut_into_chunks(grid, policy.chunk_seconds)
    if grid.key_frames_aligned and policy.remux:
        return _plan_remux(info, grid, policy, chunks=chunks)
    video = _encoded(ladder.rungs(info, grid.frame_rate, policy), info, grid, policy=policy)
    audio = (_encoded_audio(info.audio, policy),) if info.audio else ()
    *others, lowest = video
    tasks = [
        *(_whole("audio", grid, rendition.name) for rendition in audio),
        *_chunk_tasks(chunks, (lowest,), stage=0),
        _whole("thumbnail", grid),
        *_chunk_tasks(chunks, others, stage=1),
    ]
    return EncodePlan(video=tuple(video), audio=audio, tasks=tuple(tasks))


def _plan_sound(info: MediaInfo, grid: Grid, policy: EncodePolicy) -> EncodePlan:
    audio = (_encoded_audio(info.audio, policy),) if info.audio else ()
    tasks = [*(_whole("audio", grid, rendition.name) for rendition in audio), _whole("thumbnail", grid)]
    return EncodePlan(video=(), audio=audio, tasks=tuple(tasks))


def cut_into_chunks(grid: Grid, chunk_seconds: int) -> list[tuple[int, int]]:
    """Runs of cells (first, end) of about ``chunk_seconds``: the pieces that workers encode one by one.

    Each must first decode from a key frame on without use. No cut is made where that would be more than
    half of what the run before it lasts: a source with a single key frame stays in one piece, unless it has
    more segments than one command can name.
    """
    wish = chunk_seconds * grid.timescale
    chunks: list[tuple[int, int]] = []
    first = 0
    for number in range(1, len(grid.cells)):
        cell, start = grid.cells[number], grid.cells[first].start
        length = cell.start - start
        useless = grid.ticks(cell.first_pts) - grid.ticks(cell.key_pts)
        is_due = 2 * length + cell.duration > 2 * wish and 2 * useless <= length
        if is_due or number - first >= _MOST_CELLS:
            chunks.append((first, number))
            first = number
    return [*chunks, (first, len(grid.cells))]


def _plan_remux(
    info: MediaInfo, grid: Grid, policy: EncodePolicy, *, chunks: list[tuple[int, int]]
) -> EncodePlan:
    width, height = info.video.display_size
    original = VideoRendition(name=ORIGINAL, width=width, height=height, encoder=COPY)
    wanted = [rung for rung in ladder.rungs(info, grid.frame_rate, policy) if _is_worth(rung, info)]
    encoded = _encoded(wanted, info, grid, policy=policy)
    copied, made = _remux_audio(info.audio, policy)
    # Sound that every player takes already is only levelled, which can wait.
    stage = 1 if info.audio and _is_copied_aac(info.audio) else 0
    tasks = [
        _whole("remux", grid, ORIGINAL, *(rendition.name for rendition in copied)),
        *(_whole("audio", grid, rendition.name, stage=stage) for rendition in made),
        _whole("thumbnail", grid),
        *_chunk_tasks(chunks, encoded, stage=1),
    ]
    return EncodePlan(video=(original, *encoded), audio=(*copied, *made), tasks=tuple(tasks))


def _is_worth(rung: Rung, info: MediaInfo) -> bool:
    """Beside the original, a rung of about its size must save much."""
    if rung.short_side < _NEARLY_THE_SAME * info.video.short_side:
        return True
    return info.video_bit_rate > _WORTH_SAVING * rung.cap


def _encoded(
    wanted: list[Rung], info: MediaInfo, grid: Grid, *, policy: EncodePolicy
) -> list[VideoRendition]:
    return [ladder.rendition(rung, info, frame_rate=grid.frame_rate, policy=policy) for rung in wanted]


def _remux_audio(
    audio: AudioStream | None, policy: EncodePolicy
) -> tuple[tuple[AudioRendition, ...], tuple[AudioRendition, ...]]:
    """What is copied together with the pictures, and what is encoded.

    Not every player takes MP3 in fragments, so it plays at once and AAC takes its place. The same way
    levelled sound takes the place of AAC that is much louder or quieter than it shall be.
    """
    if audio is None:
        return (), ()
    encoded = (_encoded_audio(audio, policy),)
    if _is_copied_aac(audio):
        if policy.target_lufs is None:
            return (_copied_audio(AUDIO, audio, policy),), ()
        levelling = Levelling(target_lufs=policy.target_lufs, least_gain_db=LEAST_GAIN_DB)
        return (_copied_audio(AUDIO_SOURCE, audio, policy),), (replace(encoded[0], levelling=levelling),)
    if _is_copied_mp3(audio):
        return (_copied_audio(AUDIO_SOURCE, audio, policy),), encoded
    return (), encoded


def _is_copied_aac(audio: AudioStream) -> bool:
    return (
        audio.codec == _AAC
        and audio.profile == "LC"
        and audio.channels <= 2
        and audio.sample_rate in _COPIED_AAC_RATES
    )


def _is_copied_mp3(audio: AudioStream) -> bool:
    return audio.codec == "mp3" and audio.channels <= 2 and audio.sample_rate in _COPIED_MP3_RATES


def _copied_audio(name: str, audio: AudioStream, policy: EncodePolicy) -> AudioRendition:
    return AudioRendition(
        name=name,
        encoder=COPY,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        bit_rate=audio.bit_rate or policy.audio_bit_rate,
        language=audio.language,
    )


def _encoded_audio(audio: AudioStream, policy: EncodePolicy) -> AudioRendition:
    """Stereo (or mono) at the rate that the source's rate converts to without loss."""
    channels = min(audio.channels, 2)
    bit_rate = policy.audio_bit_rate if channels == 2 else int(policy.audio_bit_rate * _MONO_SHARE)
    if audio.bit_rate:
        bit_rate = min(bit_rate, max(audio.bit_rate, _LEAST_AUDIO_BIT_RATE))
    return AudioRendition(
        name=AUDIO,
        encoder=_AAC,
        sample_rate=44_100 if audio.sample_rate in _CD_RATES else 48_000,
        channels=channels,
        bit_rate=bit_rate,
        language=audio.language,
        levelling=None if policy.target_lufs is None else Levelling(target_lufs=policy.target_lufs),
    )


def _whole(
    kind: Literal["remux", "audio", "thumbnail"], grid: Grid, *renditions: str, stage: int = 0
) -> TaskPlan:
    return TaskPlan(kind=kind, stage=stage, first_cell=0, end_cell=len(grid.cells), renditions=renditions)


def _chunk_tasks(
    chunks: list[tuple[int, int]], renditions: Sequence[VideoRendition], *, stage: int
) -> list[TaskPlan]:
    names = tuple(rendition.name for rendition in renditions)
    return [
        TaskPlan(kind="video", stage=stage, first_cell=first, end_cell=end, renditions=names)
        for first, end in chunks
        if names
    ]
