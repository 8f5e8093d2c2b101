"""The small pictures of a video: asked for by people and chores, made by workers, kept when newer ones come.

Each wish is a short job of its own beside the work on the video's media. Of several wishes for the same thing
the latest one counts, whichever is done first. A picture that somebody has chosen or sent is never replaced
by the automatic one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from vlog.catalog import videos
from vlog.catalog.rows import ThumbnailSource, VideoRow
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.jobs.queue import Task
from vlog.kit.errors import Conflict, Fault
from vlog.media import preview_command, stills
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.picture_file import SentPicture
from vlog.storage import layout
from vlog.storage.layout import Key
from vlog.wire.codec import from_json, to_json
from vlog.wire.work import FramesWork, Pictured, PictureWork, PreviewWork, Result, ThumbnailWork

KINDS = ("thumbnail", "frames", "picture", "preview")
FRAMES = 5
FRAME_WIDTH = 480
# What stands for a video is one of these kinds.
_STANDING = ["thumbnail", "picture"]
_ATTEMPTS = 3

_JOB = """
INSERT INTO transcoding_jobs (video_id, generation_id, kind, priority, max_attempts)
VALUES ($1, $2, 'pictures', $3, $4) RETURNING id
"""
_TASK = """
INSERT INTO transcoding_tasks
  (job_id, generation_id, kind, stage, priority, needs, max_attempts, details, end_cell)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
"""
_LIVE = "SELECT id FROM generations WHERE video_id = $1 AND state = 'live'"
_OPEN = """
SELECT j.id FROM transcoding_jobs j JOIN transcoding_tasks t ON t.job_id = j.id
WHERE j.video_id = $1 AND j.kind = 'pictures' AND j.state IN ('queued', 'running') AND t.kind = $2
ORDER BY j.id DESC LIMIT 1
"""
_GRID = "SELECT grid FROM generations WHERE id = $1"
_IS_PASSED = """
SELECT EXISTS (
  SELECT FROM transcoding_tasks n JOIN transcoding_jobs j ON j.id = n.job_id
  WHERE j.video_id = $1 AND j.kind = 'pictures' AND n.kind = ANY($3) AND n.state <> 'failed' AND n.id > $2)
"""


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task is about beyond its kind.

    ``at_seconds`` (of the presentation) is the picture to take. ``is_wish`` tells that a person wants it so,
    whatever stands for the video now. ``source_key`` names the file to work on if it is not the video's
    source, ``picture`` describes it; ``moments``, ``frame_rate`` and ``shape`` are a preview's.
    """

    is_wish: bool = False
    at_seconds: float | None = None
    source_key: str | None = None
    picture: SentPicture | None = None
    moments: tuple[tuple[float, float], ...] = ()
    frame_rate: float = 0.0
    shape: tuple[int, int] = (0, 0)


async def request(
    tx: Transaction, video_id: int, kind: str, *, details: Details | None = None, priority: int = 0
) -> int:
    """Have it made; the value is the job's id. Candidates that are being looked for are not looked for twice.

    Raises ``NotFound``, ``Conflict`` (codes ``video_deleted``, ``not_ready``, ``no_pictures``).
    """
    video = await videos.locked(tx, video_id)
    videos.refuse_deleted(video)
    generation_id = await tx.fetchval(_LIVE, video_id)
    if generation_id is None:
        raise Conflict("This video can't be played yet: wait until it is ready.", code="not_ready")
    if kind in ("frames", "preview"):
        if not video.source_width and kind == "frames":
            raise Conflict("This video is sound alone: there is no picture to choose.", code="no_pictures")
        if (open_job := await tx.fetchval(_OPEN, video_id, kind)) is not None:
            return int(open_job)
    job_id = int(await tx.fetchval(_JOB, video_id, generation_id, priority, _ATTEMPTS))
    needs = ["libx264"] if kind == "preview" else []
    written = to_json(details).decode() if details is not None else None
    stage = int(kind == "preview")
    await tx.execute(_TASK, job_id, generation_id, kind, stage, priority, needs, _ATTEMPTS, written)
    await tx.hint("tasks")
    return job_id


async def work_of(
    tx: Transaction, task: Task, *, info: MediaInfo, grid: Grid, encoders: Sequence[str]
) -> ThumbnailWork | FramesWork | PictureWork | PreviewWork:
    """What such a task asks for, of a worker that has these encoders."""
    details = details_of(task)
    start, length = grid.start_seconds, grid.duration_seconds
    formats = stills.formats_of(encoders)
    if task.kind == "frames":
        return FramesWork(
            info=info, start_seconds=start, duration_seconds=length, count=FRAMES, width=FRAME_WIDTH
        )
    if task.kind == "picture":
        if details.picture is None:
            raise Fault(f"Task {task.id} has no picture.")
        return PictureWork(picture=details.picture, widths=stills.WIDTHS, formats=formats)
    if task.kind == "preview":
        width, height = preview_command.size(*details.shape)
        return PreviewWork(moments=details.moments, frame_rate=details.frame_rate, width=width, height=height)
    at_seconds = details.at_seconds
    if not details.is_wish:
        video = await _video_of(tx, task)
        # One that was chosen and got lost is taken again where it was.
        at_seconds = video.thumbnail_timestamp if video.thumbnail_source == "selected" else None
    return ThumbnailWork(
        info=info,
        start_seconds=start,
        duration_seconds=length,
        widths=stills.WIDTHS,
        formats=formats,
        at_seconds=None if at_seconds is None else _file_time(at_seconds, info=info, grid=grid),
    )


def source_of(task: Task) -> str | None:
    """The file that the task works on, ``None`` for the video's source."""
    return details_of(task).source_key


async def is_wanted(tx: Transaction, task: Task) -> bool:
    """Whether what the task has made shall stand for the video: nobody has wished for another one since."""
    if task.kind not in _STANDING:
        return True
    video = await _video_of(tx, task)
    if not details_of(task).is_wish and video.thumbnail_source == "custom":
        return False
    return not await tx.fetchval(_IS_PASSED, video.id, task.id, _STANDING)


async def promised(tx: Transaction, task: Task, result: Result) -> list[Key]:
    """The files that must be there when the task ends."""
    if not isinstance(result, Pictured) or not await is_wanted(tx, task):
        return []
    key = (await _video_of(tx, task)).storage_key
    return [layout.thumbnail(key), *(layout.thumbnail_file(key, file) for file in result.files)]


async def pictured(tx: Transaction, task: Task, video_id: int, *, result: Pictured) -> None:
    """What the task has made stands for the video now."""
    await videos.locked(tx, video_id)
    if not await is_wanted(tx, task):
        return
    details = details_of(task)
    timestamp = None
    if task.kind == "thumbnail" and task.generation_id is not None:
        grid = from_json(Grid, await tx.fetchval(_GRID, task.generation_id))
        timestamp = max(float(result.at_seconds - grid.start_seconds), 0.0)
    video = await videos.by_id(tx, video_id)
    source: ThumbnailSource
    if task.kind == "picture":
        source = "custom"
    elif details.is_wish:
        source = "selected" if details.at_seconds is not None else "auto"
    else:
        source = video.thumbnail_source
    await videos.set_thumbnail(tx, video_id, source=source, timestamp=timestamp, files=result.files)


def details_of(task: Task) -> Details:
    """What the task is about."""
    return from_json(Details, task.details) if task.details else Details()


async def _video_of(reader: Reader, task: Task) -> VideoRow:
    video_id = await reader.fetchval("SELECT video_id FROM transcoding_jobs WHERE id = $1", task.job_id)
    return await videos.by_id(reader, video_id)


def _file_time(at_seconds: float, *, info: MediaInfo, grid: Grid) -> Fraction:
    """The presentation's second as one of the file's clock, where a picture is shown."""
    last = grid.duration_seconds - 1 / max(info.video.frame_rate, Fraction(1))
    at = min(Fraction(at_seconds).limit_denominator(1_000_000), last)
    return grid.start_seconds + max(at, Fraction(0))
