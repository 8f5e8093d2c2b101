"""Finds the picture that stands for a video, and stores it in the sizes and formats that pages want."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from vlog.kit.errors import Invalid
from vlog.media.thumbnail_choice import Candidate, Look, best_first, is_enough, look, tiles
from vlog.media.thumbnail_command import (
    Window,
    still_at,
    take_tiles,
    tile_size,
    tile_times,
    windows,
    windows_between,
)
from vlog.pipeline import ffmpeg
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.jail import JailSpec
from vlog.pipeline.poster import make_poster
from vlog.pipeline.stills import LIMITS, store_still
from vlog.pipeline.together import together
from vlog.wire.work import FramesWork, Pictured, ThumbnailWork

# Where the best candidate can't be taken, the next ones are tried.
_TRIES = 3
# A picture that somebody has chosen is not judged.
_UNSEEN = Look(light=0, tones_bits=0, plain=0, sharp=0, colour=0)


async def make_thumbnail(assignment: Assignment, work: ThumbnailWork) -> Pictured:
    """Store the picture that is asked for, or choose one among the key frames, or among other pictures where
    none of those says anything.

    Raises ``Invalid`` (``no_pictures``), ``ToolFailure``, ``LeaseLost`` and what the server answers.
    """
    if work.info.pictures is None:
        return await make_poster(assignment, work)
    failure: Invalid | ToolFailure = Invalid("No picture could be decoded.", code="no_pictures")
    if work.at_seconds is not None:
        ranked = [Candidate(work.at_seconds, _UNSEEN, is_key=False)]
    else:
        search = Search(assignment, work)
        ranked = await search.run()
        failure = search.failure or failure
    for chosen in ranked[:_TRIES]:
        still = still_at(
            work.info,
            assignment.source_url,
            at=chosen.at_seconds,
            is_key=chosen.is_key,
            widths=work.widths,
        )
        try:
            made = await store_still(assignment, still, formats=work.formats, widths=work.widths)
        except ToolFailure as error:
            failure = error
            continue
        return Pictured(at_seconds=chosen.at_seconds, files=made)
    raise failure


class Search:
    """Looks into windows of the film; what can't be decoded there is remembered, not raised."""

    def __init__(self, assignment: Assignment, work: ThumbnailWork | FramesWork) -> None:
        self.failure: ToolFailure | None = None
        self._assignment = assignment
        self._work = work
        self._found: list[Candidate] = []

    async def run(self) -> list[Candidate]:
        """All that was found, the best first; empty when nothing could be decoded."""
        start, length = self._work.start_seconds, self._work.duration_seconds
        for window in windows(self._work.info, start_seconds=start, duration_seconds=length):
            await self._look(window)
        for window in windows_between(start, length):
            ranked = self._ranked()
            if is_enough(ranked, start_seconds=start, duration_seconds=length):
                break
            await self._look(window)
        return self._ranked()

    async def between(self) -> list[Candidate]:
        """The same with pictures between the key frames, of a film that has but few."""
        for window in windows_between(self._work.start_seconds, self._work.duration_seconds):
            await self._look(window)
        return self._ranked()

    def _ranked(self) -> list[Candidate]:
        return best_first(
            self._found, start_seconds=self._work.start_seconds, duration_seconds=self._work.duration_seconds
        )

    async def _look(self, window: Window) -> None:
        raw, text = await self._take(window)
        width, height = tile_size(self._work.info)
        times = tile_times(text.decode("ascii", "replace"))
        # In a thread: judging all tiles of a film takes longer than a lease's renewal should wait.
        looks = await asyncio.to_thread(lambda: [look(tile) for tile in tiles(raw, width, height)])
        seen = {candidate.at_seconds for candidate in self._found}
        for at, found in zip(times, looks, strict=False):
            # Windows of which one holds no key frame lead to the same picture.
            if at not in seen:
                self._found.append(Candidate(at, found, window.keys_only))

    async def _take(self, window: Window) -> tuple[bytes, bytes]:
        assignment = self._assignment
        argv = take_tiles(assignment.ffmpeg_path, assignment.source_url, info=self._work.info, window=window)
        # What makes the video playable runs beside it and comes first.
        spec = JailSpec(source=assignment.source, limits=LIMITS, patient=True)
        taken = [bytearray(), bytearray()]
        try:
            async with await ffmpeg.start(assignment.jail, argv, spec=spec, outputs=2) as process:
                await together(*_readers(process.outputs, taken))
                done = await process.wait()
            done.checked()
        except ToolFailure as error:
            # Behind the end, or nothing but damage there; what came before it counts.
            self.failure = error
            assignment.record(error.run)
        return bytes(taken[0]), bytes(taken[1])


def _readers(outputs: Sequence[asyncio.StreamReader], taken: Sequence[bytearray]) -> list[Awaitable[None]]:
    async def read(index: int, reader: asyncio.StreamReader) -> None:
        # Bounded by the run's limit on all output.
        while part := await reader.read(1 << 20):
            taken[index].extend(part)

    return [read(index, reader) for index, reader in enumerate(outputs)]
