"""One video for the admin: its row, renditions and the record of its newest job, put together."""

from __future__ import annotations

from vlog.api.admin.shapes import (
    AdminVideoDetail,
    Job,
    Run,
    Task,
    TaskAttempt,
    common,
    quality_of,
    rendition_of,
)
from vlog.api.media_urls import dash_url, stream_url
from vlog.catalog import videos
from vlog.context import Context
from vlog.processing import generations, progress, replacements
from vlog.processing.progress import JobProgress
from vlog.processing.timeline import Attempt, TaskRecord, Timeline, timeline
from vlog.settings.known import ENABLE_DASH


async def detail_of(ctx: Context, video_id: int) -> AdminVideoDetail:
    """Everything about one video, deleted or not; raises ``NotFound``."""
    video = await videos.by_id(ctx.db, video_id)
    job = await progress.of_video(ctx, video_id)
    record = await timeline(ctx.db, video_id)
    qualities = await generations.qualities(ctx.db, video_id)
    return AdminVideoDetail(
        **common(video, job),
        stream_url=stream_url(video),
        dash_url=dash_url(video) if await ctx.settings.get(ENABLE_DASH) else None,
        source_width=video.source_width,
        source_height=video.source_height,
        publish_when_ready=video.publish_when_ready,
        qualities=[quality_of(each) for each in qualities],
        replacement=await replacements.latest(ctx.db, video_id),
        job=_job(job, record) if job is not None and record is not None else None,
    )


def _job(job: JobProgress, record: Timeline) -> Job:
    return Job(
        id=record.job_id,
        state=record.state,
        current_step=job.current_step,
        progress_percent=job.percent,
        eta_seconds=job.eta_seconds,
        playable_seconds=job.playable_seconds,
        attempt=record.attempt,
        max_attempts=job.max_attempts,
        created_at=record.created_at,
        started_at=record.started_at,
        finished_at=record.completed_at,
        last_error=record.last_error,
        tasks=[_task(each) for each in record.tasks],
        renditions=[rendition_of(each) for each in job.renditions],
    )


def _task(task: TaskRecord) -> Task:
    attempts = [_attempt(each) for each in task.attempts]
    # What an earlier attempt said is no news once a later one has succeeded.
    runs = [run for attempt in attempts for run in attempt.runs] if task.state != "done" else []
    has_cells = task.end_cell > task.first_cell
    return Task(
        id=task.id,
        kind=task.kind,
        state=task.state,
        renditions=list(task.renditions),
        first_cell=task.first_cell if has_cells else None,
        last_cell=task.end_cell - 1 if has_cells else None,
        attempt=task.attempt,
        max_attempts=task.max_attempts,
        worker=task.worker,
        started_at=task.leased_at,
        finished_at=task.finished_at,
        progress_percent=_percent(task),
        error_code=task.error_code,
        error_message=task.error_message,
        command=runs[-1].command if runs else None,
        stderr_tail=runs[-1].stderr_tail if runs else None,
        attempts=attempts,
    )


def _attempt(attempt: Attempt) -> TaskAttempt:
    # Commands of attempts that went well would make the answer for a long film megabytes long.
    told = attempt.runs if attempt.outcome != "done" else ()
    return TaskAttempt(
        number=attempt.number,
        worker=attempt.worker,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        error_code=attempt.error_code,
        error_message=attempt.error_message,
        runs=[
            Run(
                command=run.command,
                stderr_tail=run.stderr_tail,
                exit_status=run.exit_status,
                cpu_seconds=run.cpu_seconds,
            )
            for run in told
        ],
    )


def _percent(task: TaskRecord) -> float:
    if task.state == "done":
        return 100.0
    return round(100 * task.frames_done / task.frames_total, 1) if task.frames_total else 0.0
