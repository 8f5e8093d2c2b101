"""The record of a job for people: its tasks, every attempt, and the exact commands with what they said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from vlog.db.reader import Reader
from vlog.jobs.states import JobState, Outcome, TaskState
from vlog.wire.codec import from_json
from vlog.wire.work import ToolRun

_JOB = """
SELECT id, state, attempt, created_at, started_at, completed_at, error_code, last_error
FROM transcoding_jobs WHERE video_id = $1 AND kind = 'media' ORDER BY id DESC LIMIT 1
"""
_TASKS = """
SELECT id, kind, first_cell, end_cell, renditions, state, attempt, max_attempts, worker, leased_at,
  finished_at, frames_done, frames_total, speed, error_code, error_message
FROM transcoding_tasks WHERE job_id = $1
ORDER BY (state = 'leased') DESC, coalesce(leased_at, created_at), id LIMIT $2
"""
_ATTEMPTS = """
SELECT task_id, epoch, worker, started_at, ended_at, outcome, error_code, error_message, runs
FROM task_attempts WHERE task_id = ANY($1) ORDER BY task_id, epoch
"""
MAX_TASKS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One lease of a task. ``outcome`` is done, failed, released or expired."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    error_code: str | None
    error_message: str | None
    runs: tuple[ToolRun, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRecord:
    """One task. Cells are counted from 0, ``end_cell`` is exclusive; ``speed`` is × real time."""

    id: int
    kind: str
    first_cell: int
    end_cell: int
    renditions: tuple[str, ...]
    state: TaskState
    attempt: int
    max_attempts: int
    worker: str | None
    leased_at: datetime | None
    finished_at: datetime | None
    frames_done: int
    frames_total: int
    speed: float | None
    error_code: str | None
    error_message: str | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The newest job of a video with its tasks, those in work first."""

    job_id: int
    state: JobState
    attempt: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_code: str | None
    last_error: str | None
    tasks: tuple[TaskRecord, ...]


async def timeline(reader: Reader, video_id: int) -> Timeline | None:
    """What has happened to a video so far."""
    job = await reader.fetchrow(_JOB, video_id)
    if job is None:
        return None
    tasks = await reader.fetch(_TASKS, job["id"], MAX_TASKS)
    attempts: defaultdict[int, list[Attempt]] = defaultdict(list)
    for row in await reader.fetch(_ATTEMPTS, [task["id"] for task in tasks]):
        attempts[row["task_id"]].append(_attempt(row))
    return Timeline(
        job_id=job["id"],
        state=job["state"],
        attempt=job["attempt"],
        created_at=job["created_at"],
        started_at=job["started_at"],
        completed_at=job["completed_at"],
        error_code=job["error_code"],
        last_error=job["last_error"],
        tasks=tuple(_task(task, tuple(attempts[task["id"]])) for task in tasks),
    )


def _attempt(row: asyncpg.Record) -> Attempt:
    return Attempt(
        number=row["epoch"],
        worker=row["worker"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        outcome=row["outcome"],
        error_code=row["error_code"],
        error_message=row["error_message"],
        runs=tuple(from_json(list[ToolRun], row["runs"])),
    )


def _task(row: asyncpg.Record, attempts: tuple[Attempt, ...]) -> TaskRecord:
    return TaskRecord(
        id=row["id"],
        kind=row["kind"],
        first_cell=row["first_cell"],
        end_cell=row["end_cell"],
        renditions=tuple(row["renditions"]),
        state=row["state"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        worker=row["worker"],
        leased_at=row["leased_at"],
        finished_at=row["finished_at"],
        frames_done=row["frames_done"],
        frames_total=row["frames_total"],
        speed=row["speed"],
        error_code=row["error_code"],
        error_message=row["error_message"],
        attempts=attempts,
    )
