"""Makes all sizes and formats of one picture, and hands them to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog

from vlog.kit.errors import Invalid
from vlog.media.command import start
from vlog.media.stills import FORMATS, PictureFile, Still, files, is_sound, write
from vlog.pipeline import ffmpeg
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.jail import Jail, JailSpec, Limits
from vlog.pipeline.workfolders import work_folder
from vlog.wire.work import Picture

LIMITS = Limits(
    address_space_bytes=8 << 30, cpu_seconds=120, wall_seconds=300.0, file_size_bytes=4 << 20, open_files=128
)
"""What one run that looks for a picture or writes it may take: a damaged film must not cost hours."""

_TRIAL = Still(inputs=("-f", "lavfi", "-i", "testsrc2=size=128x72"), graph="[0:v]null[still]", size=(128, 72))

_log = structlog.get_logger(__name__)


async def store_still(
    assignment: Assignment, still: Still, *, formats: Sequence[str], widths: Sequence[int]
) -> tuple[PictureFile, ...]:
    """Make ``still`` in all sizes and formats and make them durable; the value says what there is.

    A format that fails is left out, unless it is JPEG, which everybody can be shown. Raises ``ToolFailure``,
    ``LeaseLost`` and what the server answers.
    """
    wanted = files(still.size, formats, widths)
    made = await _make(assignment, still, wanted)
    if made is None:
        _log.warning("pictures are made as JPEG alone", formats=formats)
        made = await _make(assignment, still, [each for each in wanted if each.format == "jpeg"], last=True)
    pictures = [Picture(file=file, data=data) for file, data in (made or {}).items()]
    holding = assignment.holding
    await holding.say(partial(holding.client.put_thumbnail, holding.lease, pictures))
    return tuple(picture.file for picture in pictures)


async def encode_still(assignment: Assignment, still: Still, *, width: int) -> bytes:
    """``still`` as one JPEG of this width, or its own if that is less. Raises ``ToolFailure``."""
    wanted = [each for each in files(still.size, ["jpeg"], [width]) if not each.is_wide]
    made = await _make(assignment, still, wanted, last=True) or {}
    return made[wanted[0]]


async def _make(
    assignment: Assignment, still: Still, wanted: Sequence[PictureFile], *, last: bool = False
) -> dict[PictureFile, bytes] | None:
    """The encoded pictures; ``None`` when a run that is not the ``last`` try went wrong."""
    async with work_folder() as folder:
        argv = [
            *start(assignment.ffmpeg_path, is_clock_mended=still.is_clock_mended),
            *write(still, wanted, str(folder)),
        ]
        spec = JailSpec(source=assignment.source, limits=LIMITS, writable=(folder,), patient=True)
        done = await ffmpeg.run(assignment.jail, argv, spec=spec)
        assignment.record(done)
        found = await asyncio.to_thread(_read, folder, wanted)
    if last and not found:
        done.checked()
        raise Invalid("No picture could be decoded.", code="no_pictures")
    return found if last or len(found) == len(wanted) else None


async def proven_formats(jail: Jail) -> tuple[str, ...]:
    """The formats that can be written here, by their names in ``media.stills.FORMATS``."""
    works = await asyncio.gather(*(_can_write(jail, name) for name in FORMATS))
    return tuple(name for name, can in zip(FORMATS, works, strict=True) if can)


async def _can_write(jail: Jail, name: str) -> bool:
    wanted = [PictureFile(format=name, width=_TRIAL.size[0], height=_TRIAL.size[1])]
    async with work_folder() as folder:
        argv = [*start(str(jail.tools.ffmpeg)), *write(_TRIAL, wanted, str(folder))]
        try:
            done = await ffmpeg.run(jail, argv, spec=JailSpec(limits=LIMITS, writable=(folder,)))
        except ToolFailure as error:
            _log.warning("picture format does not work here", format=name, reason=error.message)
            return False
        found = await asyncio.to_thread(_read, folder, wanted)
    is_sound_one = all(is_sound(file, data) for file, data in found.items())
    if not found or not is_sound_one:
        _log.warning("picture format does not work here", format=name, reason=done.stderr_tail[-500:])
    return bool(found) and is_sound_one


def _read(folder: Path, wanted: Sequence[PictureFile]) -> dict[PictureFile, bytes]:
    found = {}
    for file in wanted:
        path = folder / file.name
        if path.is_file() and (data := path.read_bytes()):
            found[file] = data
    return found
