"""What people do with the picture of a video: look for candidates, choose one, send one, go back."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from functools import partial

from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, Invalid, NotFound, TooLarge
from vlog.media import picture_file
from vlog.processing import pictures
from vlog.processing.one_by_one import for_each
from vlog.processing.pictures import Details
from vlog.processing.rooms import Rooms
from vlog.settings import known
from vlog.storage import layout
from vlog.storage.layout import Key

KEEP_FRAMES_HOURS = 24

_ENDING = "SELECT state, error_code, last_error FROM transcoding_jobs WHERE id = $1"
_FRAMES = (
    "SELECT position, at_seconds, width, height FROM thumbnail_frames WHERE video_id = $1 ORDER BY position"
)
_FRAME = "SELECT jpeg FROM thumbnail_frames WHERE video_id = $1 AND position = $2"
_IS_PENDING = """
SELECT EXISTS (
  SELECT FROM transcoding_jobs j JOIN transcoding_tasks t ON t.job_id = j.id
  WHERE j.video_id = $1 AND j.kind = 'pictures' AND j.state IN ('queued', 'running')
    AND t.kind IN ('thumbnail', 'picture'))
"""
_OLD_FRAMES = "DELETE FROM thumbnail_frames WHERE created_at < app_now() - make_interval(hours => $1)"
_RETIRED = """
SELECT id FROM videos
WHERE retired_pictures <> '{}' AND pictures_retired_at < app_now() - make_interval(mins => $1)
  AND deleted_at IS NULL
ORDER BY pictures_retired_at LIMIT $2
"""
# What they were made of lies in files of their own, which nobody needs when they are made or can't be.
_USED_UP = """
SELECT t.id, t.details ->> 'source_key' AS key FROM transcoding_tasks t
JOIN transcoding_jobs j ON j.id = t.job_id
WHERE j.kind = 'pictures' AND j.state NOT IN ('queued', 'running') AND t.details ? 'source_key' LIMIT $1
"""
_FORGET_SOURCE = "UPDATE transcoding_tasks SET details = details - 'source_key' WHERE id = $1"
_FORGET_JOBS = """
DELETE FROM transcoding_jobs j WHERE kind = 'pictures' AND state NOT IN ('queued', 'running')
  AND completed_at < app_now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM transcoding_tasks t WHERE t.job_id = j.id AND t.details ? 'source_key')
"""
_RETIRED_OF = "SELECT retired_pictures FROM videos WHERE id = $1"
_FORGET_RETIRED = "UPDATE videos SET retired_pictures = '{}', pictures_retired_at = NULL WHERE id = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameRow:
    """A picture that may be chosen: its place in the row, seconds of the presentation, pixels."""

    position: int
    at_seconds: float
    width: int
    height: int


async def find_frames(ctx: Rooms, video_id: int) -> int:
    """Have candidates looked for; the value is the job's id, for ``is_done``.

    Raises ``NotFound``, ``Conflict`` (as ``pictures.request``, and ``source_missing``).
    """
    await _require_source(ctx, video_id)
    return await transaction(ctx.db, lambda tx: pictures.request(tx, video_id, "frames"))


async def frames(reader: Reader, video_id: int) -> list[FrameRow]:
    """The candidates that were found last."""
    return [FrameRow(**dict(row)) for row in await reader.fetch(_FRAMES, video_id)]


async def frame(reader: Reader, video_id: int, position: int) -> bytes:
    """One of them as a JPEG. Raises ``NotFound`` (code ``unknown_frame``)."""
    found = await reader.fetchval(_FRAME, video_id, position)
    if found is None:
        raise NotFound("There is no such picture any more: look for candidates again.", code="unknown_frame")
    return bytes(found)


async def select(ctx: Rooms, video_id: int, *, at_seconds: float, seen_version: int | None = None) -> int:
    """Take the picture at this second of the video. Raises as ``find_frames`` does, and ``Invalid`` (code
    ``invalid_time``), ``Conflict`` (code ``edited_meanwhile``).
    """
    video = await _require_source(ctx, video_id)
    if not video.source_width:
        raise Conflict("This video is sound alone: there is no picture to choose.", code="no_pictures")
    if not 0 <= at_seconds <= video.duration:
        raise Invalid("The picture is one within the video.", code="invalid_time", field="time_seconds")
    details = Details(is_wish=True, at_seconds=at_seconds)
    return await _change(ctx, video_id, "thumbnail", details=details, seen_version=seen_version)


async def revert(ctx: Rooms, video_id: int, *, seen_version: int | None = None) -> int:
    """Let the picture be chosen automatically again. Raises as ``select`` does."""
    await _require_source(ctx, video_id)
    return await _change(ctx, video_id, "thumbnail", details=Details(is_wish=True), seen_version=seen_version)


async def send(ctx: Rooms, video_id: int, *, data: bytes, seen_version: int | None = None) -> int:
    """Take a picture that somebody has sent. Raises ``TooLarge``, what ``picture_file.read`` raises, and
    ``NotFound``, ``Conflict`` as ``select`` does.
    """
    if len(data) > picture_file.MAX_BYTES:
        raise too_large()
    described = await asyncio.to_thread(picture_file.read, data)
    key = layout.picture_source(secrets.token_hex(16))
    await ctx.storage.put(key, data)
    try:
        details = Details(is_wish=True, source_key=str(key), picture=described)
        return await _change(ctx, video_id, "picture", details=details, seen_version=seen_version)
    except (NotFound, Conflict, Invalid):
        await ctx.storage.delete(key)
        raise


async def is_done(reader: Reader, job_id: int) -> bool:
    """Whether such a job has done its work. Raises ``Invalid`` with why it has failed."""
    row = await reader.fetchrow(_ENDING, job_id)
    if row is not None and row["state"] == "failed":
        words = row["last_error"] or "The picture could not be made."
        raise Invalid(words, code=row["error_code"] or "failed")
    return row is None or row["state"] == "done"


def too_large() -> TooLarge:
    """What to say of a picture with too many bytes."""
    return TooLarge(f"A picture has at most {picture_file.MAX_BYTES >> 20} MiB.", code="upload_too_large")


async def is_pending(reader: Reader, video_id: int) -> bool:
    """Whether another picture is being made."""
    return bool(await reader.fetchval(_IS_PENDING, video_id))


async def sweep(ctx: Rooms, *, limit: int = 50) -> int:
    """Remove the files of earlier pictures that no page asks for any more, what pictures were made of, and
    what nobody asks about.
    """
    for row in await ctx.db.fetch(_USED_UP, limit):
        await ctx.storage.delete(Key(row["key"]))
        await transaction(ctx.db, partial(_forget_source, row["id"]))
    await transaction(ctx.db, _forget)
    grace_minutes = await ctx.settings.get(known.RETIRED_GRACE_MINUTES)
    found = [row["id"] for row in await ctx.db.fetch(_RETIRED, grace_minutes, limit)]
    return await for_each(ctx, found, lambda video_id: _sweep(ctx, video_id), what="earlier picture")


async def _forget_source(task_id: int, tx: Transaction) -> None:
    await tx.execute(_FORGET_SOURCE, task_id)


async def _forget(tx: Transaction) -> None:
    await tx.execute(_OLD_FRAMES, KEEP_FRAMES_HOURS)
    await tx.execute(_FORGET_JOBS)


async def _sweep(ctx: Rooms, video_id: int) -> None:
    async def work(tx: Transaction) -> None:
        # Whoever stores a picture holds the video too: none of the names comes back meanwhile.
        video = await videos.locked(tx, video_id)
        if video.deleted_at is None:
            for name in await tx.fetchval(_RETIRED_OF, video_id):
                await ctx.storage.delete(layout.video(video.storage_key).child(name))
            await tx.execute(_FORGET_RETIRED, video_id)

    await transaction(ctx.db, work)


async def _change(ctx: Rooms, video_id: int, kind: str, *, details: Details, seen_version: int | None) -> int:
    async def work(tx: Transaction) -> int:
        video = await videos.locked(tx, video_id)
        if seen_version is not None and seen_version != video.thumbnail_version:
            raise Conflict(
                "Somebody else has changed this picture since you opened it: look at it, then try again.",
                code="edited_meanwhile",
            )
        source = "custom" if kind == "picture" else "auto" if details.at_seconds is None else "selected"
        subject = (video_id, video.title)
        await audit.note(tx, "video.thumbnail", subject, source=source, at_seconds=details.at_seconds)
        return await pictures.request(tx, video_id, kind, details=details)

    return await transaction(ctx.db, work)


async def _require_source(ctx: Rooms, video_id: int) -> VideoRow:
    video = await videos.by_id(ctx.db, video_id)
    videos.refuse_deleted(video)
    if video.source_key is None or not await ctx.storage.exists(Key(video.source_key)):
        raise Conflict("The source of this video is no longer here.", code="source_missing")
    return video
