"""What people ask of a job: another try; and what deleting a video asks of it: to rest."""

from __future__ import annotations

from vlog.catalog import videos
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.jobs.states import check_move
from vlog.kit.errors import Conflict
from vlog.processing import renditions, replacements, rows
from vlog.processing.rooms import Rooms
from vlog.storage.layout import Key

_AGAIN = """
UPDATE transcoding_tasks SET state = 'queued', attempt = 0, available_at = app_now(), finished_at = NULL,
  error_code = NULL, error_message = NULL, frames_done = 0
WHERE job_id = $1 AND state = 'failed' AND generation_id IS NOT DISTINCT FROM $2
RETURNING id
"""
_RENDITIONS_AGAIN = """
UPDATE quality_progress SET error_message = NULL,
  status = CASE WHEN segments_completed > 0 THEN 'in_progress' ELSE 'pending' END
WHERE generation_id = $1 AND status = 'failed'
"""
_JOB_AGAIN = """
UPDATE transcoding_jobs SET state = 'queued', attempt = attempt + 1, started_at = NULL, completed_at = NULL,
  error_code = NULL, last_error = NULL
WHERE id = $1
"""
# A task in the far future is nobody's: the job rests, and what is durable stays.
_REST = """
UPDATE transcoding_tasks SET state = 'queued', attempt = greatest(attempt - (state = 'leased')::int, 0),
  lease_expires_at = NULL, available_at = 'infinity'
WHERE state IN ('queued', 'leased') AND job_id IN (SELECT id FROM transcoding_jobs WHERE video_id = $1)
"""
_WAKE = """
UPDATE transcoding_tasks SET available_at = app_now()
WHERE state = 'queued' AND available_at = 'infinity'
  AND job_id IN (SELECT id FROM transcoding_jobs WHERE video_id = $1)
"""


async def retry(ctx: Rooms, video_id: int) -> None:
    """Try again what has failed; what is durable is kept.

    Raises ``NotFound``, ``Conflict`` (codes ``illegal_state``, ``nothing_to_retry``, ``video_deleted``,
    ``source_missing``).
    """
    video = await videos.by_id(ctx.db, video_id)
    if video.deleted_at is not None:
        raise Conflict("This video is in the archive; restore it first.", code="video_deleted")
    if video.source_key is None or not await ctx.storage.exists(Key(video.source_key)):
        raise Conflict("The source of this video is no longer here.", code="source_missing")

    async def work(tx: Transaction) -> None:
        latest = await rows.latest_job(tx, video_id)
        if latest is None:
            raise Conflict("Nothing of this video has failed.", code="nothing_to_retry")
        job = await rows.locked_job(tx, latest.id)
        check_move(job.state, "queued")
        if not await tx.fetch(_AGAIN, job.id, job.generation_id):
            raise Conflict("Nothing of this video has failed.", code="nothing_to_retry")
        await tx.execute(_JOB_AGAIN, job.id)
        if job.generation_id is not None:
            await tx.execute(_RENDITIONS_AGAIN, job.generation_id)
        await replacements.job_again(tx, job)
        await videos.mark_pending(tx, video_id)
        await audit.note(tx, "video.retried", (video_id, video.title))
        await tx.hint("tasks")
        await renditions.hint(tx, job.id)

    await transaction(ctx.db, work)


async def rest(tx: Transaction, video_id: int) -> None:
    """Take the video's tasks out of the queue and out of the workers' hands; costs no attempt."""
    await tx.execute(_REST, video_id)


async def wake(tx: Transaction, video_id: int) -> None:
    """Put them back."""
    await tx.execute(_WAKE, video_id)
    await tx.hint("tasks")
