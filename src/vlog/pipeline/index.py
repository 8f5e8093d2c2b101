"""Indexes a source's pictures: by its sample tables if they can be trusted, else its packets, else by
decoding.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media import mp4_index
from vlog.media.gate import Chosen
from vlog.media.info import FieldOrder
from vlog.media.packets import (
    AudioExtent,
    PacketList,
    StreamTimes,
    VideoIndex,
    parse_frames,
    parse_packets,
)
from vlog.media.probed import ProbedStream
from vlog.pipeline.mp4_file import Mp4Outline
from vlog.pipeline.probe import Proof, Questions

_WITH_HIDDEN_PICTURES = frozenset({"vp8"})
"""Codecs whose files hold packets that give no picture and are not marked as such."""

_CUT_ANEW = frozenset({"mpeg1video", "mpeg2video", "vc1", "vp8"})
"""Codecs whose packets ffmpeg's demuxer cuts anew: sample tables do not tell how many there are."""

_PICTURES_PER_PACKET = Fraction(3, 4)
_MOST_LOST = Fraction(1, 10)
_LAST_SOUND_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """The pictures, and from when to when there is sound.

    ``has_strays`` tells that a decoder also gives pictures that do not follow the one before in time,
    ``interlacing`` in which order fields were found in them, ``is_clock_mended`` that times are not the
    file's, ``is_damaged`` that packets of the pictures are known to have been damaged on their way.
    """

    video: VideoIndex
    audio: AudioExtent | None
    warnings: tuple[str, ...] = ()
    has_strays: bool = False
    interlacing: FieldOrder | None = None
    is_clock_mended: bool = False
    is_damaged: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is known of a source before its pictures are: its streams, its size and its outline as an MP4
    file; whether its format has a clock that may start anew, whether its end is missing, and how long it
    says it is.
    """

    chosen: Chosen
    size_bytes: int
    is_seekable: bool
    outline: Mp4Outline | None
    may_jump: bool = False
    is_cut_off: bool = False
    told_seconds: Fraction | None = None


async def index_source(questions: Questions, source: Source, proof: Proof) -> Indexed:
    """The index that agrees with what a decoder really gave at the start of the file.

    Raises ``Invalid`` (``implausible_timing``) when the pictures can't be placed in time.
    """
    tables = await asyncio.to_thread(_from_tables, source)
    if tables is not None and _agrees(tables, proof, source):
        return _confirmed(tables, _told_extent(source.chosen.audio), proof)
    listed = await _from_packets(questions, source)
    if listed.has_jumps and source.may_jump:
        return await _from_mended_clock(questions, source)
    if listed.index is not None and listed.index.is_exact and _agrees(listed.index, proof, source):
        found = _confirmed(listed.index, listed.audio, proof)
        return replace(found, is_damaged=listed.is_damaged)
    return await _from_frames(questions, source, listed.audio)


def _from_tables(source: Source) -> VideoIndex | None:
    outline, video = source.outline, source.chosen.video
    if outline is None or not outline.is_plain or outline.moov is None or video.codec in _CUT_ANEW:
        return None
    if video.track_id is None:
        return None
    index = mp4_index.parse(outline.moov, video.track_id, file_size_bytes=source.size_bytes)
    return index if index is not None and index.time_base == source.chosen.time_base else None


async def _from_packets(questions: Questions, source: Source) -> PacketList:
    video, audio = source.chosen.video.index, _times(source.chosen.audio)
    if not source.is_seekable:
        return await _parsed(await questions.packets(), source, audio)
    # Most packets of a film are sound, and only the last ones are of interest.
    listed = await _parsed(await questions.packets(video), source, None)
    if audio is None or listed.index is None or not any(listed.index.shown):
        return listed
    since = listed.index.shown_pts[-1] * listed.index.time_base - _LAST_SOUND_SECONDS
    # Of all streams: a place is found by the index of the pictures, and sound alone has none.
    ending = (await _parsed(await questions.packets(since=since), source, audio)).audio
    start = source.chosen.audio.start_seconds if source.chosen.audio else None
    if ending is not None and start is not None:
        return replace(listed, audio=replace(ending, start_seconds=min(start, ending.start_seconds)))
    # It ends before the pictures do, or lies elsewhere in the file.
    return await _parsed(await questions.packets(), source, audio)


async def _parsed(text: str, source: Source, audio: StreamTimes | None) -> PacketList:
    chosen = source.chosen
    video = StreamTimes(index=chosen.video.index, time_base=chosen.time_base)
    return await asyncio.to_thread(parse_packets, text, video, audio, seekable=source.is_seekable)


async def _from_mended_clock(questions: Questions, source: Source) -> Indexed:
    """For recordings that were put together: their clock starts anew, or leaves hours out."""
    audio = source.chosen.audio
    mended = await questions.mended(source.chosen.video.index, None if audio is None else audio.index)
    if mended.index is None:
        raise Invalid("The pictures of this file have no usable timestamps.", code="implausible_timing")
    return Indexed(
        video=mended.index,
        audio=mended.audio,
        warnings=("The clock of this recording jumps; its parts are shown one after the other.",),
        has_strays=mended.strays > 0,
        is_clock_mended=True,
    )


async def _from_frames(questions: Questions, source: Source, audio: AudioExtent | None) -> Indexed:
    text = await questions.frames(source.chosen.video.index)
    frames = await asyncio.to_thread(parse_frames, text, source.chosen.time_base)
    if frames is None:
        raise Invalid("The pictures of this file have no usable timestamps.", code="implausible_timing")
    decoded = text.count("\n")
    lost = decoded - len(frames.pts)
    if lost > _MOST_LOST * decoded:
        raise Invalid("The timestamps of this file jump back and forth.", code="implausible_timing")
    warnings = (f"Pictures without a usable timestamp, left out: {lost}.",) if lost else ()
    return Indexed(video=frames, audio=audio, warnings=warnings, has_strays=lost > 0)


def _agrees(index: VideoIndex, proof: Proof, source: Source) -> bool:
    """Whether the decoder gave pictures of this index, and all of them where none may be hidden."""
    if not index.is_exact or sorted(proof.pts) != list(proof.pts):
        return False
    shown = index.shown_pts
    if source.chosen.video.codec in _WITH_HIDDEN_PICTURES:
        return shown[: len(proof.pts)] == list(proof.pts)
    span = [pts for pts in shown if proof.pts[0] <= pts <= proof.pts[-1]]
    # Far fewer pictures than packets: each field is a packet of its own.
    return set(proof.pts) <= set(shown) and _PICTURES_PER_PACKET * len(span) <= len(proof.pts)


def _confirmed(index: VideoIndex, audio: AudioExtent | None, proof: Proof) -> Indexed:
    confirmed = index.confirmed(frozenset(proof.pts))
    lost = index.shown.count(1) - confirmed.shown.count(1)
    warnings = (f"Pictures at the start that can't be decoded, left out: {lost}.",) if lost else ()
    return Indexed(video=confirmed, audio=audio, warnings=warnings)


def _told_extent(audio: ProbedStream | None) -> AudioExtent | None:
    if audio is None or audio.start_seconds is None or not audio.duration_seconds:
        return None
    return AudioExtent(
        start_seconds=audio.start_seconds, end_seconds=audio.start_seconds + audio.duration_seconds
    )


def _times(audio: ProbedStream | None) -> StreamTimes | None:
    if audio is None or audio.time_base is None:
        return None
    return StreamTimes(index=audio.index, time_base=audio.time_base)
