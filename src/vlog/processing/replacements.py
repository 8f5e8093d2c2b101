"""Another source for a video that there is: what plays goes on until what is made of the other one does.

Of several the latest counts. One that comes while the first renditions of what plays are still being made
waits for them: half a ladder would stay behind. The source before it is kept until the other one plays, and
for a while after it; one that came to nothing is kept for as long as an upload can be resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from vlog.catalog import chapters, videos
from vlog.catalog.videos import NewVideo
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.events.types import VideoReplaced, VideoReplaceFailed, VideoUpdated
from vlog.kit.errors import Invalid, NotFound
from vlog.media.info import MediaInfo
from vlog.processing import pictures, superseding
from vlog.processing.one_by_one import for_each
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Generation, Job
from vlog.settings import known
from vlog.storage.layout import Key

_OPEN = "SELECT EXISTS (SELECT FROM replacements WHERE video_id = $1 AND state IN ('waiting', 'making'))"
_SUPERSEDE = """
UPDATE replacements SET state = 'superseded', stale_key = source_key, stale_at = app_now(),
  ended_at = app_now()
WHERE video_id = $1 AND state IN ('waiting', 'making')
"""
_INSERT = """
INSERT INTO replacements (video_id, source_key, source_filename, size_bytes, sha256)
VALUES ($1, $2, $3, $4, $5)
"""
_WAITING = "SELECT id FROM replacements WHERE video_id = $1 AND state = 'waiting' FOR UPDATE"
_START = "UPDATE replacements SET state = 'making', job_id = $2 WHERE id = $1"
_OF_GENERATION = """
SELECT r.id, r.source_key, r.source_filename, r.size_bytes, r.sha256
FROM replacements r JOIN transcoding_jobs j ON j.id = r.job_id
WHERE j.generation_id = $1 AND r.state = 'making' FOR UPDATE OF r
"""
_DONE = """
UPDATE replacements SET state = 'done', stale_key = $2, stale_at = app_now(), ended_at = app_now(),
  remark = $3
WHERE id = $1
"""
_TAKE = """
UPDATE videos SET source_key = $2, source_filename = $3, source_size_bytes = $4, source_sha256 = $5,
  has_preview = false, preview_of = NULL
WHERE id = $1
"""
_FAILED = """
UPDATE replacements SET state = 'failed', stale_key = source_key, stale_at = app_now(), ended_at = app_now()
WHERE job_id = $1 AND state = 'making' RETURNING id
"""
_AGAIN = """
UPDATE replacements SET state = 'making', stale_key = NULL, stale_at = NULL, ended_at = NULL
WHERE job_id = $1 AND state = 'failed' AND stale_key IS NOT NULL
"""
_LATEST = """
SELECT r.state, r.source_filename, r.size_bytes, r.created_at, r.ended_at, r.remark,
  CASE WHEN r.state = 'failed' THEN j.error_code END AS error_code,
  CASE WHEN r.state = 'failed' THEN j.last_error END AS error_message
FROM replacements r LEFT JOIN transcoding_jobs j ON j.id = r.job_id
WHERE r.video_id = $1 ORDER BY r.id DESC LIMIT 1
"""
_STALE = """
SELECT id, stale_key FROM replacements r
WHERE stale_key IS NOT NULL AND stale_at < app_now() - CASE WHEN state = 'failed'
  THEN make_interval(hours => $2) ELSE make_interval(mins => $1) END
  AND NOT EXISTS (SELECT FROM videos v WHERE v.source_key = r.stale_key)
ORDER BY stale_at LIMIT $3
"""
_FORGET_STALE = "UPDATE replacements SET stale_key = NULL WHERE id = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReplacement:
    """The latest other source: ``state`` is waiting, making, done, failed or superseded; ``remark`` is what
    its owner should know.
    """

    state: str
    source_filename: str
    size_bytes: int
    created_at: datetime
    ended_at: datetime | None
    remark: str
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file whose bytes are durable."""

    key: Key
    size_bytes: int
    sha256: bytes


async def is_open(tx: Reader, video_id: int) -> bool:
    """Whether another source is about to take its place."""
    return bool(await tx.fetchval(_OPEN, video_id))


async def latest(reader: Reader, video_id: int) -> SourceReplacement | None:
    """The latest one."""
    row = await reader.fetchrow(_LATEST, video_id)
    return SourceReplacement(**dict(row)) if row else None


async def require_replaceable(reader: Reader, video_id: int) -> None:
    """Raise ``Invalid`` (codes ``unknown_video``, ``video_deleted``) for what can have no other source."""
    try:
        video = await videos.by_id(reader, video_id)
    except NotFound as error:
        raise Invalid("The video that this was to replace is gone.", code="unknown_video") from error
    if video.deleted_at is not None:
        raise Invalid("This video is in the archive; restore it first.", code="video_deleted")


async def accept(tx: Transaction, new: NewVideo, *, source: Source, max_attempts: int) -> str:
    """Take a received source in; the value is the video's slug. Raises ``Invalid``."""
    video_id = new.replaces or 0
    await superseding.hold(tx, video_id)
    await require_replaceable(tx, video_id)
    video = await videos.locked(tx, video_id)
    await tx.execute(_SUPERSEDE, video_id)
    name = new.source_filename[: videos.FILENAME_MAX_LENGTH]
    await tx.execute(_INSERT, video_id, source.key, name, source.size_bytes, source.sha256)
    await audit.note(tx, "video.replaced", (video_id, video.title), filename=name)
    await tx.record(VideoUpdated(video_id))
    busy = await superseding.active(tx, video_id)
    if busy is not None:
        if await _is_shown(tx, busy):
            return video.slug
        await superseding.cancel(tx, busy)
    await _start(tx, video_id, max_attempts=max_attempts)
    return video.slug


async def job_ended(tx: Transaction, job: Job, *, is_good: bool) -> None:
    """A job on the video's media has ended: another source has failed, or the next one may begin."""
    if not is_good and await tx.fetchval(_FAILED, job.id) is not None:
        await tx.record(VideoReplaceFailed(job.video_id))
    await videos.locked(tx, job.video_id)
    await _start(tx, job.video_id, max_attempts=job.max_attempts)


async def job_again(tx: Transaction, job: Job) -> None:
    """Somebody tries again what has failed."""
    await tx.execute(_AGAIN, job.id)


async def took_over(tx: Transaction, generation: Generation, info: MediaInfo) -> None:
    """A generation plays now: if it is made of another source, that one is the video's from here on.

    The caller holds the video. Chapters behind the end go, a picture that was chosen automatically is
    chosen anew.
    """
    row = await tx.fetchrow(_OF_GENERATION, generation.id)
    if row is None:
        return
    video = await videos.by_id(tx, generation.video_id)
    await tx.execute(
        _TAKE, video.id, row["source_key"], row["source_filename"], row["size_bytes"], row["sha256"]
    )
    remark = await _fit_chapters(tx, video.id, info)
    await tx.execute(_DONE, row["id"], video.source_key, remark)
    if video.thumbnail_version and video.thumbnail_source == "auto":
        await pictures.request(tx, video.id, "thumbnail")
    await tx.record(VideoReplaced(video.id))


async def sweep(ctx: Rooms, *, limit: int = 20) -> int:
    """Remove sources that nobody needs any more."""
    grace_minutes = await ctx.settings.get(known.RETIRED_GRACE_MINUTES)
    kept_hours = await ctx.settings.get(known.UPLOAD_EXPIRY_HOURS)
    stale = {
        row["id"]: row["stale_key"] for row in await ctx.db.fetch(_STALE, grace_minutes, kept_hours, limit)
    }

    async def remove(replacement_id: int) -> None:
        await ctx.storage.delete(Key(stale[replacement_id]))
        await transaction(ctx.db, partial(_forget, replacement_id))

    return await for_each(ctx, stale, remove, what="earlier source")


async def _forget(replacement_id: int, tx: Transaction) -> None:
    await tx.execute(_FORGET_STALE, replacement_id)


async def _start(tx: Transaction, video_id: int, *, max_attempts: int) -> None:
    waiting = await tx.fetchval(_WAITING, video_id)
    if waiting is None:
        return
    job = await superseding.begin(tx, video_id, max_attempts=max_attempts)
    await tx.execute(_START, waiting, job.id)


async def _is_shown(tx: Transaction, job: Job) -> bool:
    """Whether viewers have what this job makes."""
    if job.generation_id is None:
        return False
    state = await tx.fetchval("SELECT state FROM generations WHERE id = $1", job.generation_id)
    return bool(state == "live")


async def _fit_chapters(tx: Transaction, video_id: int, info: MediaInfo) -> str:
    """Keep what is within the other source; what its owner should know of it."""
    seconds = float(info.duration_seconds)
    present = await chapters.of_video(tx, video_id)
    if not present:
        await chapters.take_from_source(tx, video_id, info.chapters)
        return ""
    gone = await chapters.fit(tx, video_id, duration_seconds=seconds)
    if not gone:
        return ""
    return f"Chapters behind the end of the new source were removed: {', '.join(gone)}."
