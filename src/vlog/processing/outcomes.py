"""What follows when a task has ended: the next tasks, the end of the job, the state of the video."""

from __future__ import annotations

from vlog.catalog import videos
from vlog.db.transaction import Transaction
from vlog.jobs.queue import Task
from vlog.jobs.states import JobState, sources_of
from vlog.media.plan import EncodePolicy
from vlog.processing import (
    generations,
    pictures,
    planning,
    publication,
    remarks,
    renditions,
    replacements,
    rows,
)
from vlog.processing.publication import Terms
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Job
from vlog.wire.work import Inspected, Made, Pictured, Previewed

SUPERSEDED = "superseded"
_NEVER_PLAYABLE = "never_playable"

# Whoever holds one of these learns at the next word that the lease is lost.
_STOP_TASKS = """
UPDATE transcoding_tasks SET state = 'failed', lease_expires_at = NULL,
  finished_at = app_now(), error_code = $2, error_message = $3
WHERE job_id = $1 AND state IN ('queued', 'leased')
  AND ($4::text[] IS NULL OR (renditions <> '{}' AND renditions <@ $4))
"""
_LOCK_TASKS = "SELECT id FROM transcoding_tasks WHERE job_id = $1 AND state = 'leased' ORDER BY id FOR UPDATE"
_FAIL_RENDITIONS = """
UPDATE quality_progress SET status = 'failed', error_message = $3
WHERE generation_id = $1 AND quality = ANY($2) AND status <> 'completed'
RETURNING quality
"""
_OPEN_TASKS = "SELECT count(*) FROM transcoding_tasks WHERE job_id = $1 AND state IN ('queued', 'leased')"
_FAILURES = """
SELECT error_code, error_message FROM transcoding_tasks
WHERE job_id = $1 AND state = 'failed' AND error_code <> ALL($2)
  AND (generation_id IS NULL OR generation_id = $3)
ORDER BY finished_at, id LIMIT 1
"""
_END_JOB = """
UPDATE transcoding_jobs SET state = $2, completed_at = app_now(), error_code = $3, last_error = $4
WHERE id = $1 AND state = ANY($5)
"""


async def finished(tx: Transaction, task: Task, *, result: object, policy: EncodePolicy) -> None:
    """A task is done."""
    job = await rows.locked_job(tx, task.job_id)
    if isinstance(result, Inspected):
        await planning.lay_out(tx, job, inspected=result, policy=policy)
    elif isinstance(result, Pictured):
        await pictures.pictured(tx, task, job.video_id, result=result)
    elif isinstance(result, Previewed):
        await videos.set_preview(tx, job.video_id)
    elif isinstance(result, Made):
        await remarks.count_missing(tx, task, missing_frames=result.missing_frames)
    await _end_if_over(tx, job.id)
    await renditions.hint(tx, job.id)


async def failed(ctx: Rooms, tx: Transaction, task: Task, *, terms: Terms) -> None:
    """An attempt failed or expired; ``task`` tells whether there will be another one."""
    if task.state == "failed":
        # Before anything else is locked: whoever delivers holds a task and then asks for its rendition.
        await tx.fetch(_LOCK_TASKS, task.job_id)
        job = await rows.locked_job(tx, task.job_id)
        if task.kind == "remux" and job.remux and task.generation_id == job.generation_id:
            await _start_over_without_remux(tx, job)
        elif task.generation_id is not None and task.generation_id == job.generation_id:
            if await _give_up_renditions(tx, task):
                await publication.lost(ctx, tx, task.generation_id, terms=terms)
            await _stop_if_hopeless(tx, task)
        await _end_if_over(tx, job.id)
    await renditions.hint(tx, task.job_id)


async def _start_over_without_remux(tx: Transaction, job: Job) -> None:
    """The source can't be taken over as it is, for whatever reason: plan anew, and encode everything.

    What is live and complete stays live until the new generation is.
    """
    await tx.execute(
        _STOP_TASKS, job.id, SUPERSEDED, "The source is encoded instead of being taken over.", None
    )
    if job.generation_id is not None:
        await publication.withdraw_unfinished(tx, job.generation_id)
        await generations.retire(tx, job.generation_id)
    await tx.execute("UPDATE transcoding_jobs SET remux = false, generation_id = NULL WHERE id = $1", job.id)
    await planning.add_inspection(tx, job)


async def _give_up_renditions(tx: Transaction, task: Task) -> bool:
    """The task's renditions will not be complete: no work is spent on the rest of them; whether it had
    any.
    """
    lost = await tx.fetch(_FAIL_RENDITIONS, task.generation_id, list(task.renditions), task.error_message)
    names = [row["quality"] for row in lost]
    if names:
        await tx.execute(_STOP_TASKS, task.job_id, task.error_code, task.error_message, names)
    return bool(names)


async def _stop_if_hopeless(tx: Transaction, task: Task) -> None:
    if task.generation_id is not None and not await _can_become_playable(tx, task.generation_id):
        await tx.execute(
            _STOP_TASKS, task.job_id, _NEVER_PLAYABLE, "The video could not have become playable.", None
        )


async def _can_become_playable(tx: Transaction, generation_id: int) -> bool:
    generation = await rows.generation(tx, generation_id)
    if generation.state == "live":
        return True
    planned = (await rows.planned(tx, generation_id)).values()
    wanted = {each.kind for each in planned}
    return wanted == {each.kind for each in planned if each.status != "failed"}


async def _is_live(tx: Transaction, job: Job) -> bool:
    if job.generation_id is None:
        return False
    return (await rows.generation(tx, job.generation_id)).state == "live"


async def _end_if_over(tx: Transaction, job_id: int) -> None:
    """End the job with the last of its tasks. The caller holds it: of several that end at the same moment
    none sees the others' ends before they are committed, and each would leave the job to the next.
    """
    if await tx.fetchval(_OPEN_TASKS, job_id):
        return
    job = await rows.job(tx, job_id)
    failure = await tx.fetchrow(_FAILURES, job.id, [SUPERSEDED, _NEVER_PLAYABLE], job.generation_id)
    code, message = (failure["error_code"], failure["error_message"]) if failure else (None, None)
    is_good = failure is None if job.kind == "pictures" else await _is_live(tx, job)
    state: JobState = "done" if is_good else "failed"
    await tx.execute(_END_JOB, job.id, state, code, message, sources_of(state))
    if job.kind == "media":
        await replacements.job_ended(tx, job, is_good=is_good)
    if state == "failed" and job.kind == "media":
        # The generation stays as it is: a retry goes on with what is durable.
        await videos.mark_failed(
            tx, job.video_id, code=code or "failed", message=message or "The video could not be made."
        )
