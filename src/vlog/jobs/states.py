"""The states of jobs and the only moves between them; those of tasks are moved by the queue's statements."""

from __future__ import annotations

from typing import Literal, get_args

from vlog.kit.errors import Conflict

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
TaskState = Literal["queued", "leased", "done", "failed"]
# How one attempt at a task ended.
Outcome = Literal["done", "failed", "released", "expired"]

JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    "queued": frozenset({"running", "failed", "cancelled"}),
    "running": frozenset({"done", "failed", "cancelled"}),
    # A person asks for another try; what is durable is kept.
    "failed": frozenset({"queued"}),
    "done": frozenset({"queued"}),
    "cancelled": frozenset(),
}
JOB_STATES: tuple[JobState, ...] = get_args(JobState)


def sources_of(target: JobState) -> list[JobState]:
    """The job states from which ``target`` may be reached: for the WHERE clause of the move."""
    return [state for state in JOB_STATES if target in JOB_MOVES[state]]


def check_move(current: JobState, target: JobState) -> None:
    """Raise ``Conflict`` (code ``illegal_state``) unless a job may move from ``current`` to ``target``."""
    if target not in JOB_MOVES[current]:
        raise Conflict(f"A job that is {current} cannot become {target}.", code="illegal_state")


def retry_delay_seconds(attempt: int, *, base_seconds: float) -> float:
    """How long a task waits after its ``attempt``-th failure (1, 2, …): doubling, at most an hour."""
    return float(min(base_seconds * 2 ** max(attempt - 1, 0), 3600))
