"""What a worker does: claim a task, do its step while the lease is renewed, tell how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path

import structlog

from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Invalid, LeaseLost, Unavailable, VlogError
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.audio import make_audio
from vlog.pipeline.client import JobClient
from vlog.pipeline.encode import encode
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.frames import make_frames
from vlog.pipeline.holding import Holding
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.pipeline.picture import make_picture
from vlog.pipeline.preview import make_preview
from vlog.pipeline.remux import remux
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import (
    AudioWork,
    Capabilities,
    Failure,
    FramesWork,
    InspectWork,
    Offer,
    PictureWork,
    PreviewWork,
    RemuxWork,
    Result,
    ThumbnailWork,
    VideoWork,
)

_RENEWALS_PER_LEASE = 4
_RELEASE_SECONDS = 2.0
_IDLE_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0

_OF_OUR_MAKING = frozenset({"bad_segment", "incomplete"})
"""Codes of ``Invalid`` that speak of what was made and not of the source: worth another attempt."""

_log = structlog.get_logger(__name__)


async def work(
    client: JobClient, jail: Jail, capabilities: Capabilities, *, slots: int, stop: asyncio.Event
) -> None:
    """Do tasks, up to ``slots`` at a time, until ``stop`` is set; what is under way then is given back."""
    running: set[asyncio.Task[None]] = set()
    stopping = asyncio.create_task(stop.wait())
    claiming = asyncio.create_task(_claim_all(client, jail, capabilities, slots=slots, running=running))
    try:
        await asyncio.wait({stopping, claiming}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        claiming.cancel()
        for task in running:
            task.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)
        # A loop that died by itself says why.
        with contextlib.suppress(asyncio.CancelledError):
            await claiming


async def run_task(offer: Offer, client: JobClient, jail: Jail) -> None:
    """Do one task to its end and tell the server how it ended.

    Nothing is raised but ``CancelledError``: then the tools are dead and the task has been given back.
    """
    lease = offer.lease
    with structlog.contextvars.bound_contextvars(task=lease.task_id, epoch=lease.epoch, job=offer.job_id):
        holding = Holding(client, lease, offer.lease_seconds)
        try:
            await _do(offer, holding, jail)
        except LeaseLost:
            _log.warning("lease lost", kind=type(offer.work).__name__)
        except asyncio.CancelledError:
            await _release(holding)
            raise
        except Unavailable as error:
            # The lease ends by itself and the task is offered anew.
            _log.warning("end of task not told", error=error.message)


async def _do(offer: Offer, holding: Holding, jail: Jail) -> None:
    client, lease = holding.client, holding.lease
    assignment = Assignment(holding=holding, jail=jail, source=Path())
    try:
        assignment.source = await holding.say(partial(client.source, lease))
        result = await _while_renewed(assignment, offer)
        crash_point(CrashPoint.TASK_ENDS)
        await holding.say(partial(client.finish, lease, result, assignment.runs))
        crash_point(CrashPoint.TASK_ENDED)
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - what a step or its acceptance raises ends the task, no worker
        if isinstance(error, ToolFailure):
            assignment.record(error.run)
        failure = _failure(error)
        expected = isinstance(error, VlogError)
        _log.warning("task failed", code=failure.code, message=failure.message, exc_info=not expected)
        await holding.say(partial(client.fail, lease, failure, assignment.runs))


async def _while_renewed(assignment: Assignment, offer: Offer) -> Result:
    """The step's result; the step is stopped as soon as the lease is lost."""
    step = asyncio.ensure_future(_step(assignment, offer))
    renewing = asyncio.ensure_future(_renew(assignment, offer.lease_seconds))
    try:
        await asyncio.wait({step, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if not step.done():
            await renewing
        return await step
    finally:
        step.cancel()
        renewing.cancel()
        await asyncio.gather(step, renewing, return_exceptions=True)


async def _step(assignment: Assignment, offer: Offer) -> Result:
    match offer.work:
        case InspectWork() as task:
            return await inspect(assignment.jail, assignment.source, task, on_run=assignment.record)
        case RemuxWork() as task:
            return await remux(assignment, task)
        case AudioWork() as task:
            return await make_audio(assignment, task)
        case VideoWork() as task:
            return await encode(assignment, task)
        case ThumbnailWork() as task:
            return await make_thumbnail(assignment, task)
        case FramesWork() as task:
            return await make_frames(assignment, task)
        case PictureWork() as task:
            return await make_picture(assignment, task)
        case PreviewWork() as task:
            return await make_preview(assignment, task)


async def _renew(assignment: Assignment, lease_seconds: int) -> None:
    holding = assignment.holding
    while True:
        await asyncio.sleep(lease_seconds / _RENEWALS_PER_LEASE)
        await holding.say(partial(holding.client.renew, holding.lease, assignment.progress))


async def _release(holding: Holding) -> None:
    """Give the task back, so that another worker need not wait for the lease to end."""
    with contextlib.suppress(VlogError, TimeoutError):
        async with asyncio.timeout(_RELEASE_SECONDS):
            await holding.client.release(holding.lease)


def _failure(error: Exception) -> Failure:
    if not isinstance(error, VlogError):
        return Failure(code="fault", message=f"VLog made a mistake ({type(error).__name__}).", retryable=True)
    about_source = isinstance(error, Invalid) and not isinstance(error, ToolFailure)
    retryable = not about_source or error.code in _OF_OUR_MAKING
    return Failure(code=error.code, message=error.message, retryable=retryable)


async def _claim_all(
    client: JobClient,
    jail: Jail,
    capabilities: Capabilities,
    *,
    slots: int,
    running: set[asyncio.Task[None]],
) -> None:
    pause = _FIRST_PAUSE_SECONDS
    while True:
        if len(running) >= slots:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            continue
        try:
            offer = await client.claim(capabilities)
            if offer is None:
                await client.wait(_IDLE_SECONDS)
        except Unavailable as error:
            _log.warning("no work to be had", error=error.message)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            continue
        pause = _FIRST_PAUSE_SECONDS
        if offer is not None:
            crash_point(CrashPoint.TASK_CLAIMED)
            task = asyncio.create_task(run_task(offer, client, jail))
            running.add(task)
            task.add_done_callback(running.discard)
