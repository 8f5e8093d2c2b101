"""Takes a source's own pictures and sound over into segments, without encoding anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from itertools import accumulate, pairwise

from vlog.kit.errors import Invalid
from vlog.media import audio_command, command
from vlog.media.cutting import VideoCutter, delay_ticks, source_ticks
from vlog.media.fmp4_init import build_audio_init, build_video_init
from vlog.media.info import AudioStream
from vlog.media.sound import (
    AAC_FRAME_SAMPLES,
    Frames,
    Placer,
    Silence,
    SoundCutter,
    borders,
    frames_of,
    mp3_frame_samples,
)
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.deliver import Delivery
from vlog.pipeline.encode import idr_check
from vlog.pipeline.segmenter import Segmenter, read_fragments, read_track
from vlog.wire.work import Made, RemuxWork

_REORDER_FRAMES = 2
"""What encoders use by default. Where a source needs more, decode times are moved closer to each other."""


async def remux(assignment: Assignment, work: RemuxWork) -> Made:
    """Make all cells of the source's own renditions durable that are not yet.

    Raises ``Invalid`` (``not_remuxable``) when the source is not what its index promised: it is to be encoded
    then; ``ToolFailure``, ``LeaseLost`` and what the server answers.
    """
    delivery = Delivery(assignment.holding, work.durable)
    remuxing = _Remuxing(assignment, work, delivery)
    await assignment.deliver(delivery, remuxing.run())
    return Made()


class _Remuxing:
    """One pass over the source; pictures and sound come out of one process by two pipes."""

    def __init__(self, assignment: Assignment, work: RemuxWork, delivery: Delivery) -> None:
        self._assignment = assignment
        self._work = work
        self._video = Segmenter(work.video.name, delivery)
        self._sound = _CopiedSound(assignment, work, delivery) if work.audio and work.info.audio else None
        self._cutter: VideoCutter | None = None

    async def run(self) -> None:
        argv = command.copy(
            self._assignment.ffmpeg_path,
            self._assignment.source_url,
            info=self._work.info,
            grid=self._work.grid,
            audio=self._sound is not None,
        )
        try:
            await self._assignment.stream(
                argv,
                outputs=2 if self._sound else 1,
                readers=self._readers,
                frame_rate=self._work.grid.frame_rate,
            )
            await self._finish()
        except Invalid as error:
            if error.code in {"bad_segment", "no_pictures"}:
                raise Invalid(error.message, code="not_remuxable") from error
            raise

    def _readers(self, outputs: Sequence[asyncio.StreamReader]) -> list[Awaitable[None]]:
        readers = [self._read_pictures(outputs[0])]
        return [*readers, self._sound.read(outputs[1])] if self._sound else list(readers)

    async def _read_pictures(self, reader: asyncio.StreamReader) -> None:
        track = await read_track(reader)
        if track is None:
            return
        grid = self._work.grid
        delay = delay_ticks(grid, _REORDER_FRAMES)
        init = build_video_init(
            track,
            timescale=grid.timescale,
            width=self._work.video.width,
            height=self._work.video.height,
            delay=delay,
        )
        await self._video.begin(init)
        self._cutter = VideoCutter(
            list(enumerate(grid.cells)),
            ticks=source_ticks(grid, track.timescale),
            delay=delay,
            exact=True,
            check=idr_check(track),
        )
        async for fragment, payload in read_fragments(reader, track):
            await self._video.hand_on(self._cutter.push(fragment, payload))

    async def _finish(self) -> None:
        if self._cutter is None:
            raise Invalid("No picture could be read.", code="no_pictures")
        await self._video.hand_on(self._cutter.finish())
        if self._sound:
            await self._sound.finish()


class _CopiedSound:
    """The source's own frames of sound, with silence where it has none."""

    def __init__(self, assignment: Assignment, work: RemuxWork, delivery: Delivery) -> None:
        if work.audio is None or work.info.audio is None:
            raise ValueError("no sound to copy")
        self._assignment = assignment
        self._stream: AudioStream = work.info.audio
        self._segmenter = Segmenter(work.audio.name, delivery)
        self._start_seconds = work.grid.start_seconds
        self._silence: bytes | None = None
        ends = borders(work.grid, self._stream.sample_rate)
        is_mp3 = self._stream.codec == "mp3"
        frame = mp3_frame_samples(self._stream.sample_rate) if is_mp3 else AAC_FRAME_SAMPLES
        self._cutter = SoundCutter(ends, frame_samples=frame)
        self._placer = Placer(frame_samples=frame, end=ends[-1])

    async def read(self, reader: asyncio.StreamReader) -> None:
        track = await read_track(reader)
        if track is None:
            return
        rate = self._stream.sample_rate
        start = round(self._start_seconds * rate)
        await self._segmenter.begin(build_audio_init(track, timescale=rate))
        async for fragment, payload in read_fragments(reader, track):
            decode_times = accumulate(fragment.samples.durations, initial=fragment.decode_time)
            times = [time * rate // track.timescale - start for time in decode_times][:-1]
            for part in self._placer.place(times, frames_of(fragment, payload)):
                await self._push(part)

    async def finish(self) -> None:
        if not self._segmenter.has_begun:
            raise Invalid("No sound could be read.", code="bad_segment")
        for part in self._placer.finish():
            await self._push(part)
        await self._segmenter.hand_on(self._cutter.finish())

    async def _push(self, part: Frames | Silence) -> None:
        if isinstance(part, Silence):
            silence = self._silence = self._silence or await self._make_silence()
            part = Frames([len(silence)] * part.count, silence * part.count)
        await self._segmenter.hand_on(self._cutter.push(part, start=self._placer.start))

    async def _make_silence(self) -> bytes:
        """One frame of silence in the source's format; the middle one, as the first ones are still
        settling.
        """
        found: list[bytes] = []

        async def read(reader: asyncio.StreamReader) -> None:
            track = await read_track(reader)
            if track is None:
                return
            async for fragment, payload in read_fragments(reader, track):
                frames = frames_of(fragment, payload)
                ends = list(accumulate(frames.sizes, initial=0))
                found.extend(bytes(payload[start:end]) for start, end in pairwise(ends))

        argv = audio_command.encode_silence(
            self._assignment.ffmpeg_path, codec=self._stream.codec, stream=self._stream
        )
        await self._assignment.stream(argv, outputs=1, readers=lambda outputs: [read(outputs[0])])
        if not found:
            raise Invalid("No silence could be made in the source's format.", code="bad_segment")
        return found[len(found) // 2]
