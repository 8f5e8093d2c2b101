"""Takes the picture that stands for a video: early in it, upright, and not black."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from fractions import Fraction
from functools import partial

from vlog.kit.errors import Invalid, VlogError
from vlog.media.thumbnail_command import LIT, light, places, take_picture
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ExitedWithError
from vlog.wire.work import Pictured, ThumbnailWork

_JPEG_START = b"\xff\xd8"
_MAX_PICTURE_BYTES = 4 << 20


async def make_thumbnail(assignment: Assignment, work: ThumbnailWork) -> Pictured:
    """Store the picture at the wanted place, or at another one where there is more to see.

    Raises ``Invalid`` (``no_pictures``), ``ToolFailure``, ``LeaseLost`` and what the server answers.
    """
    brightest: tuple[int, bytes, Fraction] | None = None
    failure: VlogError = Invalid("No picture could be decoded.", code="no_pictures")
    for at in places(work.info, work.at_seconds):
        try:
            picture, sample = await _take(assignment, work, at)
        except ExitedWithError as error:
            # Behind the end, or nothing but damage there.
            failure = error
            continue
        if not picture.startswith(_JPEG_START):
            continue
        found = light(sample)
        if found >= LIT:
            return await _store(assignment, picture, at)
        if brightest is None or found > brightest[0]:
            brightest = (found, picture, at)
    if brightest is None:
        raise failure
    return await _store(assignment, *brightest[1:])


async def _take(assignment: Assignment, work: ThumbnailWork, at: Fraction) -> tuple[bytes, bytes]:
    argv = take_picture(
        assignment.ffmpeg_path, assignment.source_url, info=work.info, at=at, width=work.width
    )
    taken = [bytearray(), bytearray()]

    async def read(index: int, reader: asyncio.StreamReader) -> None:
        while part := await reader.read(_MAX_PICTURE_BYTES):
            taken[index] += part
            if len(taken[index]) > _MAX_PICTURE_BYTES:
                raise Invalid("The picture is too large.", code="no_pictures")

    def readers(outputs: Sequence[asyncio.StreamReader]) -> list[Awaitable[None]]:
        return [read(index, reader) for index, reader in enumerate(outputs)]

    await assignment.stream(argv, outputs=2, readers=readers)
    return bytes(taken[0]), bytes(taken[1])


async def _store(assignment: Assignment, picture: bytes, at: Fraction) -> Pictured:
    holding = assignment.holding
    await holding.say(partial(holding.client.put_thumbnail, holding.lease, picture))
    return Pictured(at_seconds=at)
