"""Begins work on a video's media anew, and ends what is under way when something newer takes its place.

Nothing of what viewers have is touched: the generation that plays goes on until the next one is whole.
"""

from __future__ import annotations

from vlog.catalog import videos
from vlog.db.transaction import Transaction
from vlog.jobs.states import sources_of
from vlog.processing import planning, rows
from vlog.processing.rows import Job

_ACTIVE = """
SELECT id FROM transcoding_jobs
WHERE video_id = $1 AND kind = 'media' AND state IN ('queued', 'running')
"""
_LOCK_TASKS = """
SELECT t.id FROM transcoding_tasks t JOIN transcoding_jobs j ON j.id = t.job_id
WHERE j.video_id = $1 AND j.kind = 'media' AND t.state IN ('queued', 'leased') ORDER BY t.id FOR UPDATE OF t
"""
_STOP_TASKS = """
UPDATE transcoding_tasks SET state = 'failed', lease_expires_at = NULL, finished_at = app_now(),
  error_code = 'superseded', error_message = 'Something newer takes its place.'
WHERE job_id = $1 AND state IN ('queued', 'leased')
"""
_CANCEL = """
UPDATE transcoding_jobs SET state = 'cancelled', completed_at = app_now(), error_code = 'superseded',
  last_error = 'Something newer takes its place.'
WHERE id = $1 AND state = ANY($2)
"""
_RETIRE = """
UPDATE generations SET state = 'retired', retired_at = app_now() WHERE video_id = $1 AND state = 'building'
"""
_JOB = """
INSERT INTO transcoding_jobs (video_id, max_attempts, priority, qualities, remux)
VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_IS_LIVE = "SELECT EXISTS (SELECT FROM generations WHERE video_id = $1 AND state = 'live')"


async def hold(tx: Transaction, video_id: int) -> None:
    """Hold all tasks of the video's media, which comes before holding the video itself."""
    await tx.fetch(_LOCK_TASKS, video_id)


async def active(tx: Transaction, video_id: int) -> Job | None:
    """The job that is under way. The caller holds the video."""
    job_id = await tx.fetchval(_ACTIVE, video_id)
    return await rows.job(tx, job_id) if job_id is not None else None


async def is_playing(tx: Transaction, video_id: int) -> bool:
    """Whether viewers have a generation of it."""
    return bool(await tx.fetchval(_IS_LIVE, video_id))


async def cancel(tx: Transaction, job: Job) -> None:
    """End a job of which viewers have nothing yet; its workers learn it at their next word."""
    await tx.execute(_STOP_TASKS, job.id)
    await tx.execute(_CANCEL, job.id, sources_of("cancelled"))


async def begin(
    tx: Transaction,
    video_id: int,
    *,
    max_attempts: int,
    priority: int = 1,
    qualities: tuple[str, ...] | None = None,
) -> Job:
    """Begin with the source again, towards a generation of its own; the value is its job."""
    await tx.execute(_RETIRE, video_id)
    may_copy = qualities is None or "original" in qualities
    wanted = list(qualities) if qualities is not None else None
    job_id = await tx.fetchval(_JOB, video_id, max_attempts, priority, wanted, may_copy)
    await videos.mark_pending(tx, video_id)
    job = await rows.job(tx, job_id)
    await planning.add_inspection(tx, job)
    return job
