"""Hears how loud a source's sound is, before it is encoded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import structlog

from vlog.media import loudness, loudness_sample
from vlog.media.audio_command import AudioJob, listen
from vlog.media.loudness import Loudness
from vlog.pipeline import ffmpeg
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.jail import JailSpec, Limits
from vlog.pipeline.together import together

# So many rounds are always heard, and no further one begins after this time.
_LEAST_ROUNDS = 4
_ENOUGH_SECONDS = 2.0
# A storage on which seeking is slow must not cost more than hearing all of it.
_ROUND_LIMITS = Limits(address_space_bytes=24 << 30, cpu_seconds=60, wall_seconds=30.0, output_bytes=8 << 20)

_log = structlog.get_logger(__name__)


async def hear(assignment: Assignment, job: AudioJob, *, is_awaited: bool) -> Loudness:
    """How loud the sound is, by the word of whoever heard it first: all attempts must give it one gain.

    A long sound that viewers wait for is heard in pieces, every other one whole.
    """
    found = await _in_pieces(assignment, job) if is_awaited and loudness_sample.is_long(job) else None
    found = found or await _whole(assignment, job)
    holding = assignment.holding
    return await holding.say(partial(holding.client.put_loudness, holding.lease, job.audio.name, found))


async def _whole(assignment: Assignment, job: AudioJob) -> Loudness:
    found = loudness.heard(await _told(assignment, job))
    if not found.changes_format:
        return found
    # Heard in pieces by filters that were built anew; once more through those that are not.
    whole = loudness.heard(await _told(assignment, replace(job, changes_format=True)))
    return replace(whole, changes_format=True)


async def _told(assignment: Assignment, job: AudioJob) -> str:
    completed = await assignment.stream(listen(job), outputs=0, readers=lambda _: ())
    return completed.stderr_tail


async def _in_pieces(assignment: Assignment, job: AudioJob) -> Loudness | None:
    clock = asyncio.get_running_loop()
    begun_at = clock.time()
    told: list[str] = []
    for number in range(loudness_sample.ROUNDS):
        text, is_whole = await _round(assignment, job, number)
        told.append(text)
        is_enough = number + 1 >= _LEAST_ROUNDS and clock.time() - begun_at > _ENOUGH_SECONDS
        if not is_whole or is_enough:
            break
    return loudness_sample.heard(told)


async def _round(assignment: Assignment, job: AudioJob, number: int) -> tuple[str, bool]:
    """What one round tells, and whether it went well; what came before it was ended counts."""
    argv = loudness_sample.listen_at(job, loudness_sample.places(job, number))
    spec = JailSpec(source=assignment.source, limits=_ROUND_LIMITS, hurried=assignment.hurried)
    text = bytearray()

    async def read(reader: asyncio.StreamReader) -> None:
        while part := await reader.read(1 << 16):
            text.extend(part)

    try:
        async with await ffmpeg.start(assignment.jail, argv, spec=spec, outputs=1) as process:
            await together(read(process.outputs[0]))
            done = await process.wait()
        assignment.record(done)
        done.checked()
    except ToolFailure as error:
        _log.info("not all pieces were heard", reason=error.message)
        assignment.record(error.run)
        return text.decode("ascii", "replace"), False
    return text.decode("ascii", "replace"), True
