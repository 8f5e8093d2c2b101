"""The first step of every job: passes a source through the gate, measures it and lays its grid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import msgspec

from vlog.kit.errors import Invalid
from vlog.media import gate, interlacing, mp4_index, truncation
from vlog.media.cadence import measured_rate
from vlog.media.chapters import in_source
from vlog.media.command import SEEK_BACK_SECONDS
from vlog.media.grid import Grid
from vlog.media.grid_build import GridWish, build_grid
from vlog.media.info import AudioStream, FieldOrder, MediaInfo
from vlog.media.packets import AudioExtent, VideoIndex
from vlog.media.picture import RUN_UP_PICTURES
from vlog.media.probed import ProbedStream
from vlog.pipeline.failures import Completed, ToolFailure
from vlog.pipeline.index import Indexed, Source, index_source
from vlog.pipeline.jail import Jail
from vlog.pipeline.mp4_file import Mp4Outline, read_outline
from vlog.pipeline.probe import Proof, Questions
from vlog.pipeline.sound_inspection import inspect_sound
from vlog.wire.work import Inspected, InspectWork

_WITH_CHAPTERS = frozenset({"mov", "matroska", "ogg", "mp3", "asf", "flac"})
_JUMPING_CLOCKS = frozenset({"mpegts", "mpeg"})
"""Formats of broadcasts and discs, which are cut and joined as bytes."""


async def inspect(
    jail: Jail, source: Path, work: InspectWork, *, on_run: Callable[[Completed], None]
) -> Inspected:
    """Judge the file at ``source`` by its content and describe it, with the chapters that it lists.

    ``on_run`` hears of every media tool that ended by itself. Raises what ``_inspected`` raises.
    """
    found = await _inspected(jail, source, work, on_run=on_run)
    if _WITH_CHAPTERS.isdisjoint(found.info.format_names):
        return found
    told = await Questions(jail, source, on_run).chapters()
    marks = in_source(
        told,
        # Sound alone begins where its file does.
        start_seconds=float(found.grid.start_seconds) if found.info.pictures else 0.0,
        duration_seconds=float(found.info.duration_seconds),
    )
    return msgspec.structs.replace(found, info=replace(found.info, chapters=tuple(marks)))


async def _inspected(
    jail: Jail, source: Path, work: InspectWork, *, on_run: Callable[[Completed], None]
) -> Inspected:
    """Judge the file at ``source`` by its content and describe it.

    ``on_run`` hears of every media tool that ended by itself. Raises ``Invalid`` with a stable code and a
    sentence for the uploader: ``empty_file``, ``too_small``, ``not_a_video``, ``not_media``, ``truncated``,
    ``encrypted``, ``dolby_vision``, ``no_video``, ``too_many_streams``, ``codec_not_allowed``,
    ``bad_dimensions``, ``undecodable``, ``frame_rate_too_high``, ``too_long``, ``implausible_timing``;
    and what ``ffmpeg.run`` raises.
    """
    size_bytes = (await asyncio.to_thread(source.stat)).st_size
    gate.refuse_small(size_bytes)
    head = await asyncio.to_thread(_head, source)
    gate.refuse_picture(head)
    outline = await asyncio.to_thread(read_outline, source)
    _refuse_by_outline(outline)
    probed, questions = await Questions(jail, source, on_run).streams()
    if work.accept_audio and (alone := gate.choose_sound(probed)):
        _refuse_encrypted(outline, alone.audio)
        return await inspect_sound(questions, probed, alone, work=work, size_bytes=size_bytes)
    chosen = gate.choose(probed)
    _refuse_encrypted(outline, chosen.video)
    known = Source(
        chosen=chosen,
        size_bytes=size_bytes,
        is_seekable=probed.is_seekable,
        outline=outline if probed.is_mp4 else None,
        may_jump=not _JUMPING_CLOCKS.isdisjoint(probed.format_names),
        is_cut_off=outline.is_cut_off if outline else truncation.is_cut_off(head, size_bytes),
        told_seconds=chosen.video.duration_seconds or probed.duration_seconds,
    )
    proof = await questions.decode_start(chosen.video.index)
    indexed = await index_source(questions, known, proof)
    order = await _field_order(questions, chosen.video, indexed)
    describe = partial(
        _described, known, proof, replace(indexed, interlacing=order), format_names=probed.format_names
    )
    found = await asyncio.to_thread(describe, work=work)
    if found.grid.key_frames_aligned and not await _ends_whole(questions, known, indexed.video):
        # Copied, the half picture at the end would be the end of playing in some browsers.
        found = await asyncio.to_thread(describe, work=msgspec.structs.replace(work, remux=False))
    return found


async def _ends_whole(questions: Questions, source: Source, index: VideoIndex) -> bool:
    """Whether all from the last key frame on can be decoded, where nothing else tells that the file is all
    there: transport streams have no end.
    """
    if source.is_seekable and not source.is_cut_off:
        return True
    key = max(pts for pts, is_key in zip(index.pts, index.keys, strict=True) if is_key)
    start = key * index.time_base - (0 if source.is_seekable else SEEK_BACK_SECONDS)
    try:
        return not await questions.decode_end(source.chosen.video.index, key, max(start, Fraction(0)))
    except ToolFailure:
        return False


def _head(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(truncation.HEAD_BYTES)


async def _field_order(questions: Questions, video: ProbedStream, indexed: Indexed) -> FieldOrder | None:
    shown = indexed.video.shown_pts
    time_base = indexed.video.time_base
    at = interlacing.look(
        video,
        start=shown[0] * time_base,
        seconds=(shown[-1] - shown[0]) * time_base,
        pictures=len(shown),
    )
    if at is None:
        return None
    return interlacing.judge(await questions.fields(video.index, at), video.field_order)


def _described(
    source: Source, proof: Proof, indexed: Indexed, *, work: InspectWork, format_names: tuple[str, ...]
) -> Inspected:
    chosen, index = source.chosen, indexed.video
    shown = index.shown_pts
    rate = measured_rate(shown, index.time_base, chosen.video.nominal_rate)
    gate.refuse_fast(rate)
    wish = GridWish(
        segment_seconds=work.segment_seconds,
        max_frame_rate=work.max_frame_rate,
        max_duration_seconds=work.max_duration_seconds,
        max_cells=gate.max_cells(source.size_bytes),
        # A stream that the decoder complains about is made whole by encoding it anew.
        remux=work.remux
        and gate.is_remuxable(chosen.video)
        and not (proof.complaints or indexed.is_damaged)
        and indexed.interlacing is None,
        run_up=RUN_UP_PICTURES if indexed.interlacing else 0,
        nominal_rate=chosen.video.nominal_rate,
    )
    grid = build_grid(index, wish, indexed.audio)
    if indexed.has_strays:
        # The least distance between kept pictures also drops those that go back.
        grid = replace(grid, decimation=max(grid.decimation, 1))
    audio = _audio(source, indexed.audio, grid)
    video = gate.video_stream(
        chosen.video,
        index.time_base,
        frame_rate=max(rate.limit_denominator(1001), Fraction(1, 1001)),
        bit_rate=_bit_rate(index.size_bytes, grid),
        start_pts=grid.origin_pts,
    )
    info = MediaInfo(
        format_names=format_names,
        size_bytes=source.size_bytes,
        duration_seconds=grid.duration_seconds,
        pictures=replace(video, interlacing=indexed.interlacing),
        audio=audio,
        is_clock_mended=indexed.is_clock_mended,
        warnings=(*chosen.warnings, *indexed.warnings, *_warnings(source, proof, indexed, grid=grid)),
    )
    return Inspected(info=info, grid=grid)


def _audio(source: Source, found: AudioExtent | None, grid: Grid) -> AudioStream | None:
    audio = source.chosen.audio
    if audio is None:
        return None
    if found is not None:
        stream = gate.audio_stream(audio, found.start_seconds, found.end_seconds)
        return replace(stream, is_even=_is_even(source, audio))
    told = audio.start_seconds
    return gate.audio_stream(audio, grid.start_seconds if told is None else told, None)


def _is_even(source: Source, audio: ProbedStream) -> bool:
    outline = source.outline
    if outline is None or not outline.is_plain or not outline.moov or audio.track_id is None:
        return False
    return mp4_index.has_even_sound(
        outline.moov, audio.track_id, sample_rate=audio.sample_rate, file_size_bytes=source.size_bytes
    )


def _bit_rate(size_bytes: int, grid: Grid) -> int | None:
    return int(size_bytes * 8 / grid.duration_seconds) or None


def _warnings(source: Source, proof: Proof, indexed: Indexed, *, grid: Grid) -> tuple[str, ...]:
    warnings = []
    if source.is_cut_off:
        warnings.append(truncation.remark(source.told_seconds, grid.duration_seconds))
    if proof.complaints or indexed.is_damaged:
        warnings.append("Some pictures are damaged.")
    return tuple(warnings)


def _refuse_by_outline(outline: Mp4Outline | None) -> None:
    if outline is not None and outline.moov is None:
        raise Invalid(
            "This file is cut off: the part that describes it is missing. Was it copied to its end?",
            code="truncated",
        )


def _refuse_encrypted(outline: Mp4Outline | None, stream: ProbedStream) -> None:
    moov = outline and outline.moov
    if moov and stream.track_id and mp4_index.is_encrypted(moov, stream.track_id):
        raise Invalid("This video is encrypted and can't be read without its key.", code="encrypted")
