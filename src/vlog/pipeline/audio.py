"""Encodes the sound that all rungs share, once and whole, after hearing how loud it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from vlog.kit.errors import Fault, Invalid
from vlog.media.audio_command import AudioJob, encode_audio
from vlog.media.fmp4_init import build_audio_init
from vlog.media.loudness import Level, is_worth_making, level
from vlog.media.sound import AAC_FRAME_SAMPLES, SoundCutter, borders, first_frame_of, frames_of
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.hearing import hear
from vlog.pipeline.segmenter import Segmenter, read_fragments, read_track
from vlog.wire.work import AudioWork, Made

# Each AAC frame overlaps the one before: those that a resumed encoder makes first differ from what a
# continuous one would have made, so some are made ahead and thrown away.
_RUN_UP_FRAMES = 8


async def make_audio(assignment: Assignment, work: AudioWork) -> Made:
    """Make all cells of the sound durable that are not yet, or none where the source's own sound is as good.

    Raises ``Invalid`` (``no_sound``, ``bad_segment``), ``ToolFailure``, ``LeaseLost`` and what the server
    answers.
    """
    if work.info.audio is None:
        raise Fault("There is no sound to encode.")
    assignment.hurried = work.hurried
    delivery = Delivery(assignment.holding, work.durable)
    ends = borders(work.grid, work.audio.sample_rate)
    # What is made beyond the last of these is refused, which ends the work: the border between two tasks is
    # one between two frames of the same sound, as between two segments.
    cells = range(work.first_cell, len(ends) if work.end_cell is None else work.end_cell)
    cell = next((n for n in cells if delivery.wants(work.audio.name, n)), None)
    if cell is None:
        return Made()
    job = AudioJob(
        ffmpeg=assignment.ffmpeg_path,
        source_url=assignment.source_url,
        stream=work.info.audio,
        grid=work.grid,
        audio=work.audio,
        is_alone=work.info.pictures is None,
        steered_by=work.info.video.index if work.info.is_clock_mended else None,
    )
    levelling = work.audio.levelling
    # Where the source's own sound stands in, nobody waits for this one.
    is_awaited = levelling is None or not levelling.least_gain_db
    loudness = work.loudness or await hear(assignment, job, is_awaited=is_awaited)
    if not is_worth_making(loudness, levelling):
        return Made(unneeded=(work.audio.name,))
    job = replace(job, changes_format=loudness.changes_format)
    cutter = SoundCutter(ends, frame_samples=AAC_FRAME_SAMPLES, first_cell=cell)
    making = _Making(assignment, delivery, work.audio.name)
    start = first_frame_of(ends, cell, frame_samples=AAC_FRAME_SAMPLES)
    await assignment.deliver(delivery, making.run(job, cutter, level=level(loudness, levelling), start=start))
    return Made()


class _Making:
    """One run of the encoder, from frame ``start`` on."""

    def __init__(self, assignment: Assignment, delivery: Delivery, rendition: str) -> None:
        self._assignment = assignment
        self._segmenter = Segmenter(rendition, delivery)

    async def run(self, job: AudioJob, cutter: SoundCutter, *, level: Level, start: int) -> None:
        first = max(start - _RUN_UP_FRAMES, 0)
        argv = encode_audio(job, level, first_frame=first)

        async def read(reader: asyncio.StreamReader) -> None:
            track = await read_track(reader)
            if track is None:
                return
            if track.timescale != job.audio.sample_rate:
                raise Fault("The encoder gave another sample rate.")
            await self._segmenter.begin(build_audio_init(track, timescale=track.timescale))
            run_up = 1 + start - first
            async for fragment, payload in read_fragments(reader, track):
                frames = frames_of(fragment, payload, skip=run_up)
                await self._segmenter.hand_on(cutter.push(frames, start=start * AAC_FRAME_SAMPLES))
                run_up = 0

        await self._assignment.stream(argv, outputs=1, readers=lambda outputs: [read(outputs[0])])
        if not self._segmenter.has_begun:
            raise Invalid("The sound could not be decoded.", code="no_sound")
        await self._segmenter.hand_on(cutter.finish())
