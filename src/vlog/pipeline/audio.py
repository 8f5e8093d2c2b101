"""Encodes the sound that all rungs share, once and whole."""

from __future__ import annotations

import asyncio

from vlog.kit.errors import Fault, Invalid
from vlog.media.audio_command import AudioSource, encode_audio
from vlog.media.fmp4_init import build_audio_init
from vlog.media.sound import AAC_FRAME_SAMPLES, SoundCutter, borders, first_frame_of, frames_of
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.segmenter import Segmenter, read_fragments, read_track
from vlog.wire.work import AudioWork, Made

# Each AAC frame overlaps the one before: those that a resumed encoder makes first differ from what a
# continuous one would have made, so some are made ahead and thrown away.
_RUN_UP_FRAMES = 8


async def make_audio(assignment: Assignment, work: AudioWork) -> Made:
    """Make all cells of the sound durable that are not yet.

    Raises ``Invalid`` (``no_sound``, ``bad_segment``), ``ToolFailure``, ``LeaseLost`` and what the server
    answers.
    """
    if work.info.audio is None:
        raise Fault("There is no sound to encode.")
    delivery = Delivery(assignment.holding, work.durable)
    segmenter = Segmenter(work.audio.name, delivery)
    ends = borders(work.grid, work.audio.sample_rate)
    cell = next((n for n in range(len(ends)) if delivery.wants(work.audio.name, n)), None)
    if cell is None:
        return Made()
    start = first_frame_of(ends, cell, frame_samples=AAC_FRAME_SAMPLES)
    first = max(start - _RUN_UP_FRAMES, 0)
    argv = encode_audio(
        assignment.ffmpeg_path,
        AudioSource(assignment.source_url, work.info.audio),
        grid=work.grid,
        audio=work.audio,
        first_frame=first,
    )
    cutter = SoundCutter(ends, frame_samples=AAC_FRAME_SAMPLES, first_cell=cell)

    async def read(reader: asyncio.StreamReader) -> None:
        track = await read_track(reader)
        if track is None:
            return
        if track.timescale != work.audio.sample_rate:
            raise Fault("The encoder gave another sample rate.")
        await segmenter.begin(build_audio_init(track, timescale=track.timescale))
        run_up = 1 + start - first
        async for fragment, payload in read_fragments(reader, track):
            frames = frames_of(fragment, payload, skip=run_up)
            await segmenter.hand_on(cutter.push(frames, start=start * AAC_FRAME_SAMPLES))
            run_up = 0

    async def make() -> None:
        await assignment.stream(argv, outputs=1, readers=lambda outputs: [read(outputs[0])])
        if not segmenter.has_begun:
            raise Invalid("The sound could not be decoded.", code="no_sound")
        await segmenter.hand_on(cutter.finish())

    await assignment.deliver(delivery, make())
    return Made()
