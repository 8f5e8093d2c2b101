"""A queue of leased tasks on PostgreSQL.

Every write carries the task's id and its epoch and is checked in the statement that makes it; no row means
that the lease is somebody else's. All times are the database's. The claim is one statement, and the epoch
that it raises is the fencing token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from vlog.db.transaction import Transaction
from vlog.kit.errors import Fault, LeaseLost
from vlog.wire.codec import to_json
from vlog.wire.work import Failure, Lease, Progress, ToolRun

LEASE_SECONDS = 60
# A worker that vanishes says less about its task than one that tells why it failed: it may have been killed.
VANISHINGS_PER_ATTEMPT = 10

_COLUMNS = (
    "id, job_id, generation_id, kind, stage, first_cell, end_cell, split_end, renditions, state, epoch,"
    " attempt, max_attempts, worker, leased_at, demanded_at, error_code, error_message, details"
)
# One statement, so there is no race to explain; SKIP LOCKED lets many claim at once without waiting.
# A worker may take a task when it can do its kind and has every encoder that the task needs. While a source
# is being remuxed, which takes seconds and makes it playable, its encoders must not take the processors.
# What somebody waits for comes first among its equals, and the latest wish before older ones: a viewer who
# seeks twice waits at the second place, and whoever else still waits asks again.
_CLAIM = f"""
UPDATE transcoding_tasks SET
  state = 'leased', epoch = epoch + 1, attempt = attempt + 1, worker = $1, leased_at = app_now(),
  lease_expires_at = app_now() + make_interval(secs => $4), frames_done = 0, speed = NULL,
  error_code = NULL, error_message = NULL, finished_at = NULL
WHERE id = (
  SELECT id FROM transcoding_tasks AS task
  WHERE state = 'queued' AND available_at <= (SELECT app_now()) AND kind = ANY($2) AND needs <@ $3::text[]
    AND (demanded_at IS NOT NULL OR NOT $5)
    AND (stage = 0 OR NOT EXISTS (
      SELECT FROM transcoding_tasks AS first
      WHERE first.job_id = task.job_id AND first.kind = 'remux' AND first.state IN ('queued', 'leased')
    ))
  ORDER BY priority, demanded_at DESC NULLS LAST, stage, job_id, first_cell, id
  LIMIT 1
  FOR UPDATE SKIP LOCKED
)
RETURNING {_COLUMNS}
"""
_HOLD = f"""
SELECT {_COLUMNS} FROM transcoding_tasks
WHERE id = $1 AND epoch = $2 AND state = 'leased' AND lease_expires_at > app_now()
FOR UPDATE
"""
_RENEW = """
UPDATE transcoding_tasks SET
  lease_expires_at = app_now() + make_interval(secs => $3),
  frames_done = greatest(frames_done, least($4, frames_total)), speed = coalesce($5, speed)
WHERE id = $1 AND epoch = $2 AND state = 'leased' AND lease_expires_at > app_now()
RETURNING job_id
"""
# What counts is attempts without progress: a worker that dies again and again while it gets on must not
# fail a video, and a file that kills every worker still ends after max_attempts.
_ADVANCE = """
UPDATE transcoding_tasks SET attempt = 1, lease_expires_at = app_now() + make_interval(secs => $3)
WHERE id = $1 AND epoch = $2 AND state = 'leased' AND lease_expires_at > app_now()
RETURNING job_id
"""
_END = f"""
UPDATE transcoding_tasks SET
  state = $3::text, lease_expires_at = NULL, error_code = $4, error_message = $5,
  available_at = app_now() + make_interval(secs => $6), attempt = attempt - $7,
  finished_at = CASE WHEN $3::text IN ('done', 'failed') THEN app_now() END,
  frames_done = CASE WHEN $3::text = 'done' THEN frames_total ELSE frames_done END
WHERE id = $1 AND epoch = $2 AND state = 'leased'
RETURNING {_COLUMNS}
"""
_ATTEMPT = """
INSERT INTO task_attempts (task_id, epoch, worker, started_at, outcome, error_code, error_message, runs)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_EXPIRED = f"""
SELECT {_COLUMNS} FROM transcoding_tasks
WHERE state = 'leased' AND lease_expires_at <= app_now()
ORDER BY lease_expires_at LIMIT $1
FOR UPDATE SKIP LOCKED
"""
_LEASES_OF = f"""
SELECT {_COLUMNS} FROM transcoding_tasks WHERE state = 'leased' AND worker = $1 FOR UPDATE SKIP LOCKED
"""
_HOLDING_CELL = f"""
SELECT {_COLUMNS} FROM transcoding_tasks
WHERE generation_id = $1 AND $2 = ANY(renditions) AND first_cell <= $3 AND end_cell > $3
  AND state IN ('queued', 'leased')
ORDER BY id LIMIT 1 FOR UPDATE
"""
_DEMAND = "UPDATE transcoding_tasks SET demanded_at = app_now() WHERE id = $1 RETURNING state"
_SHORTEN = """
UPDATE transcoding_tasks SET end_cell = $2, split_end = coalesce(split_end, end_cell),
  frames_total = greatest(frames_total - $3, 0), frames_done = least(frames_done, frames_total - $3)
WHERE id = $1
"""
# What follows is tried as often as any task, whatever befell the first part; it waits as long as that does.
_REST_OF = f"""
INSERT INTO transcoding_tasks
  (job_id, generation_id, kind, stage, first_cell, end_cell, renditions, needs, frames_total, priority,
   max_attempts, available_at)
SELECT job_id, generation_id, kind, stage, $2, $3, renditions, needs, $4, priority, max_attempts,
  CASE WHEN state = 'queued' THEN available_at ELSE app_now() END
FROM transcoding_tasks WHERE id = $1 RETURNING {_COLUMNS}
"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task as the queue knows it.

    ``split_end`` is where it ended before its last cells were given to others, ``None`` if none were;
    ``details`` is JSON that says what it is about beyond its kind.
    """

    id: int
    job_id: int
    generation_id: int | None
    kind: str
    stage: int
    first_cell: int
    end_cell: int
    split_end: int | None
    renditions: tuple[str, ...]
    state: str
    epoch: int
    attempt: int
    max_attempts: int
    worker: str | None
    leased_at: datetime | None
    demanded_at: datetime | None
    error_code: str | None
    error_message: str | None
    details: str | None

    @property
    def lease(self) -> Lease:
        """The lease of this epoch."""
        return Lease(task_id=self.id, epoch=self.epoch)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an attempt ended, and what becomes of the task."""

    outcome: str
    state: str
    error_code: str | None = None
    error_message: str | None = None
    delay_seconds: float = 0
    free_attempt: bool = False


async def claim(
    tx: Transaction,
    worker: str,
    *,
    kinds: Sequence[str],
    encoders: Sequence[str],
    demanded_only: bool = False,
) -> Task | None:
    """Lease the most urgent task that this worker can do, or answer ``None``.

    ``demanded_only`` leaves those that nobody waits for.
    """
    row = await tx.fetchrow(_CLAIM, worker, list(kinds), list(encoders), float(LEASE_SECONDS), demanded_only)
    return _task(row) if row else None


async def hold(tx: Transaction, lease: Lease) -> Task:
    """Lock the task's row for this transaction; raises ``LeaseLost`` unless the lease is alive."""
    row = await tx.fetchrow(_HOLD, lease.task_id, lease.epoch)
    if row is None:
        raise LeaseLost
    return _task(row)


async def renew(tx: Transaction, lease: Lease, progress: Progress) -> int:
    """Give the lease its full time again, note progress, answer the job's id. Raises ``LeaseLost``."""
    frames = min(max(progress.frames, 0), 2**31 - 1)
    speed = progress.speed if progress.speed is not None and 0 <= progress.speed < 1e6 else None
    job_id = await tx.fetchval(_RENEW, lease.task_id, lease.epoch, float(LEASE_SECONDS), frames, speed)
    if job_id is None:
        raise LeaseLost
    return int(job_id)


async def advance(tx: Transaction, lease: Lease) -> int:
    """Something is durable now: renew the lease and count attempts afresh. Raises ``LeaseLost``."""
    job_id = await tx.fetchval(_ADVANCE, lease.task_id, lease.epoch, float(LEASE_SECONDS))
    if job_id is None:
        raise LeaseLost
    return int(job_id)


async def abandon(tx: Transaction, worker: str) -> list[Task]:
    """End all leases of a worker known to be dead; each costs an attempt. Answers the tasks as they are."""
    return [await _expire(tx, _task(row)) for row in await tx.fetch(_LEASES_OF, worker)]


async def finish(tx: Transaction, lease: Lease, runs: Sequence[ToolRun]) -> Task:
    """The work is done. Raises ``LeaseLost``."""
    task = await hold(tx, lease)
    return await _end(tx, task, Ending(outcome="done", state="done"), runs=runs)


async def put_off(
    tx: Transaction, lease: Lease, failure: Failure, *, runs: Sequence[ToolRun], delay_seconds: float
) -> Task:
    """The work failed for want of something of ours: it costs no attempt. Raises ``LeaseLost``."""
    task = await hold(tx, lease)
    ending = Ending(
        outcome="failed",
        state="queued",
        error_code=failure.code[:50],
        error_message=failure.message[:2000],
        delay_seconds=delay_seconds,
        free_attempt=True,
    )
    return await _end(tx, task, ending, runs=runs)


async def fail(
    tx: Transaction, lease: Lease, failure: Failure, *, runs: Sequence[ToolRun], delay_seconds: float
) -> Task:
    """The work failed: the task waits for another attempt, or has failed for good. Raises ``LeaseLost``."""
    task = await hold(tx, lease)
    final = not failure.retryable or task.attempt >= task.max_attempts
    ending = Ending(
        outcome="failed",
        state="failed" if final else "queued",
        error_code=failure.code[:50],
        error_message=failure.message[:2000],
        delay_seconds=0 if final else delay_seconds,
    )
    return await _end(tx, task, ending, runs=runs)


async def release(tx: Transaction, lease: Lease) -> Task:
    """Give the task back as it was; costs no attempt. Raises ``LeaseLost``."""
    task = await hold(tx, lease)
    return await _end(tx, task, Ending(outcome="released", state="queued", free_attempt=True))


async def sweep(tx: Transaction, *, limit: int = 100) -> list[Task]:
    """End leases whose time is over; each costs its holder an attempt. Answers the tasks as they are now."""
    return [await _expire(tx, _task(row)) for row in await tx.fetch(_EXPIRED, limit)]


async def _expire(tx: Transaction, task: Task) -> Task:
    ending = Ending(
        outcome="expired",
        state="failed" if task.attempt >= VANISHINGS_PER_ATTEMPT * task.max_attempts else "queued",
        error_code="worker_vanished",
        error_message=f"Worker {task.worker} stopped answering.",
    )
    return await _end(tx, task, ending)


async def _end(tx: Transaction, task: Task, ending: Ending, *, runs: Sequence[ToolRun] = ()) -> Task:
    row = await tx.fetchrow(
        _END,
        task.id,
        task.epoch,
        ending.state,
        ending.error_code,
        ending.error_message,
        float(ending.delay_seconds),
        int(ending.free_attempt),
    )
    if row is None:
        raise LeaseLost
    await tx.execute(
        _ATTEMPT,
        task.id,
        task.epoch,
        task.worker or "",
        task.leased_at,
        ending.outcome,
        ending.error_code,
        ending.error_message,
        to_json(list(runs)).decode(),
    )
    if ending.state == "queued" or task.kind == "remux":
        await tx.hint("tasks")
    return _task(row)


async def holding_cell(tx: Transaction, generation_id: int, *, rendition: str, cell: int) -> Task | None:
    """The task that is to make a cell, locked; ``None`` when none is (any more)."""
    row = await tx.fetchrow(_HOLDING_CELL, generation_id, rendition, cell)
    return _task(row) if row else None


async def demand(tx: Transaction, task_id: int) -> None:
    """Somebody waits for what this task makes. Workers are woken if it can be claimed."""
    if await tx.fetchval(_DEMAND, task_id) == "queued":
        await tx.hint("tasks")


async def cut(tx: Transaction, task: Task, cell: int, *, frames: int) -> Task:
    """Give the cells from ``cell`` on, which hold ``frames`` pictures, to a task of their own.

    The caller holds the task. Whoever works on it goes on until there, and finds the rest taken.
    """
    await tx.execute(_SHORTEN, task.id, cell, frames)
    row = await tx.fetchrow(_REST_OF, task.id, cell, task.end_cell, frames)
    if row is None:
        raise Fault(f"Task {task.id} is gone.")
    return _task(row)


def _task(row: asyncpg.Record) -> Task:
    return Task(**{**dict(row), "renditions": tuple(row["renditions"])})
