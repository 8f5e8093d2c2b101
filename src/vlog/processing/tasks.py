"""Tasks between the queue and the workers: what is offered, and what a worker's words do.

Each function is one transaction. A word said twice, because its answer was lost, has one effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vlog.catalog import videos
from vlog.db.transaction import Transaction, transaction
from vlog.jobs import queue
from vlog.jobs.queue import LEASE_SECONDS, Task
from vlog.jobs.states import retry_delay_seconds
from vlog.kit.errors import Fault, Invalid, LeaseLost, Unavailable
from vlog.media.plan import AudioRendition, EncodePolicy, VideoRendition
from vlog.processing import outcomes, pictures, planning, publication, renditions, rows
from vlog.processing.publication import Terms
from vlog.processing.rooms import Rooms
from vlog.settings import known
from vlog.telemetry.logs import get_logger
from vlog.wire.work import (
    AudioWork,
    Capabilities,
    Failure,
    Framed,
    Inspected,
    InspectWork,
    Lease,
    Made,
    Offer,
    Pictured,
    Previewed,
    Progress,
    RemuxWork,
    Result,
    ToolRun,
    VideoWork,
    Work,
)

_log = get_logger(__name__)
_KINDS: dict[str, type[Result]] = {
    "inspect": Inspected,
    "thumbnail": Pictured,
    "frames": Framed,
    "picture": Pictured,
    "preview": Previewed,
    "remux": Made,
    "audio": Made,
    "video": Made,
}

# A full disk says nothing about the task, and its storage may be well again by the time that this is heard.
_OURS = frozenset({"out_of_space", "storage_read_only", "storage_not_mounted", "storage_hung"})
# How long a task rests that the storage has failed.
_STORAGE_SECONDS = 30.0

_BEGIN = """
UPDATE transcoding_jobs SET state = 'running', started_at = coalesce(started_at, app_now())
WHERE id = $1 AND state = 'queued' RETURNING CASE WHEN kind = 'media' THEN video_id END
"""
_DURABLE = """
SELECT quality, array_agg(number ORDER BY number) AS numbers FROM segments
WHERE generation_id = $1 AND quality = ANY($2) AND number >= $3 AND number < $4
GROUP BY quality
"""
# A wish is fulfilled or repeated within this time.
_WAITED_FOR = """
SELECT demanded_at > app_now() - interval '1 minute' FROM transcoding_tasks WHERE id = $1
"""
_COMPLETE = "SELECT quality FROM video_qualities WHERE generation_id = $1 AND quality = ANY($2)"
_ENDED_AS = "SELECT outcome FROM task_attempts WHERE task_id = $1 AND epoch = $2"


async def claim(ctx: Rooms, capabilities: Capabilities) -> Offer | None:
    """Lease the most urgent task that this worker can do, and say what there is to do."""
    policy = await planning.policy_of(ctx.settings)
    max_hours = await ctx.settings.get(known.MAX_DURATION_HOURS)
    terms = await publication.terms_of(ctx.settings)

    async def work(tx: Transaction) -> Offer | None:
        task = await queue.claim(
            tx,
            capabilities.worker,
            kinds=capabilities.kinds,
            encoders=capabilities.encoders,
            demanded_only=capabilities.demanded_only,
        )
        if task is None:
            return None
        video_id = await tx.fetchval(_BEGIN, task.job_id)
        if video_id is not None:
            await videos.mark_processing(tx, video_id)
        await renditions.hint(tx, task.job_id)
        try:
            asked = await _work(tx, task, policy=policy, max_hours=max_hours, encoders=capabilities.encoders)
        except (Fault, Invalid) as error:
            # Such as a plan that another version wrote: offered again and again it would stop every worker.
            _log.error("task can't be offered", task=task.id, exc_info=error)
            failure = Failure(code=error.code, message=error.message, retryable=False)
            ended = await queue.fail(tx, task.lease, failure, runs=(), delay_seconds=0)
            await outcomes.failed(ctx, tx, ended, terms=terms)
            return None
        return Offer(
            lease=task.lease,
            lease_seconds=LEASE_SECONDS,
            job_id=task.job_id,
            attempt=task.attempt,
            work=asked,
        )

    return await transaction(ctx.db, work)


async def _work(
    tx: Transaction, task: Task, *, policy: EncodePolicy, max_hours: int, encoders: Sequence[str]
) -> Work:
    """What a task asks for, of a worker that has these encoders."""
    if task.kind == "inspect":
        job = await rows.job(tx, task.job_id)
        return InspectWork(
            segment_seconds=policy.segment_seconds,
            max_frame_rate=policy.max_frame_rate,
            max_duration_seconds=max_hours * 3600,
            remux=policy.remux and job.remux,
            accept_audio=policy.accept_audio,
        )
    if task.generation_id is None:
        raise Fault(f"Task {task.id} has no generation.")
    info, grid = await rows.described(tx, task.generation_id)
    if task.kind in pictures.KINDS:
        return await pictures.work_of(tx, task, info=info, grid=grid, encoders=encoders)
    planned = await rows.planned(tx, task.generation_id)
    specs = [planned[name].spec for name in task.renditions]
    rungs = tuple(spec for spec in specs if isinstance(spec, VideoRendition))
    sound = [spec for spec in specs if isinstance(spec, AudioRendition)]
    durable = await _durable(tx, task)
    if task.kind == "remux":
        audio = sound[0] if sound else None
        return RemuxWork(info=info, grid=grid, video=rungs[0], audio=audio, durable=durable)
    if task.kind == "audio":
        loudness = planned[sound[0].name].loudness
        return AudioWork(
            info=info,
            grid=grid,
            audio=sound[0],
            loudness=loudness,
            durable=durable,
            first_cell=task.first_cell,
            end_cell=task.end_cell,
            hurried=await _is_hurried(tx, task),
        )
    return VideoWork(
        info=info,
        grid=grid.between(task.first_cell, task.end_cell),
        first_cell=task.first_cell,
        last=task.end_cell == len(grid.cells),
        rungs=rungs,
        durable=durable,
        hurried=await _is_hurried(tx, task),
    )


async def _is_hurried(tx: Transaction, task: Task) -> bool:
    """Whether somebody waits for the task's first cells: before the player, or for the video to begin."""
    opens = task.stage == 0 and task.first_cell == 0
    return opens or bool(await tx.fetchval(_WAITED_FOR, task.id))


async def _durable(tx: Transaction, task: Task) -> dict[str, tuple[int, ...]]:
    """Which cells of the task are here already, per rendition."""
    names = list(task.renditions)
    cells = await tx.fetch(_DURABLE, task.generation_id, names, task.first_cell, task.end_cell)
    durable: dict[str, tuple[int, ...]] = dict.fromkeys(names, ())
    durable.update({row["quality"]: tuple(row["numbers"]) for row in cells})
    for row in await tx.fetch(_COMPLETE, task.generation_id, names):
        durable[row["quality"]] = tuple(range(task.first_cell, task.end_cell))
    return durable


async def renew(ctx: Rooms, lease: Lease, *, progress: Progress) -> None:
    """Keep a lease and note progress. Raises ``LeaseLost``."""

    async def work(tx: Transaction) -> None:
        await renditions.hint(tx, await queue.renew(tx, lease, progress))

    await transaction(ctx.db, work)


async def finish(ctx: Rooms, lease: Lease, *, result: Result, runs: Sequence[ToolRun]) -> None:
    """End a task well. Raises ``LeaseLost``, ``Invalid`` (codes ``wrong_result``, ``incomplete``)."""
    policy = await planning.policy_of(ctx.settings)

    async def work(tx: Transaction) -> None:
        task = await _held(tx, lease, unless="done")
        if task is None:
            return
        if not isinstance(result, _KINDS[task.kind]):
            raise Invalid("This is not what the task was to give.", code="wrong_result")
        await _check_complete(ctx, tx, task, result=result)
        await renditions.skip(tx, task, result.unneeded if isinstance(result, Made) else ())
        await outcomes.finished(tx, await queue.finish(tx, lease, runs), result=result, policy=policy)

    await transaction(ctx.db, work)


async def _check_complete(ctx: Rooms, tx: Transaction, task: Task, *, result: Result) -> None:
    """Raise ``Invalid`` unless everything that the task was to make is durable."""
    without = result.unneeded if isinstance(result, Made) else ()
    durable = {name: cells for name, cells in (await _durable(tx, task)).items() if name not in without}
    cells = set(range(task.first_cell, task.end_cell))
    missing = {name: sorted(cells.difference(numbers)) for name, numbers in durable.items()}
    if any(missing.values()):
        raise Invalid(
            "Some segments are missing.",
            code="incomplete",
            missing={name: numbers[:20] for name, numbers in missing.items() if numbers},
        )
    for wanted in await pictures.promised(tx, task, result):
        if not await ctx.storage.exists(wanted):
            raise Invalid("A picture is missing.", code="incomplete")


async def fail(ctx: Rooms, lease: Lease, *, failure: Failure, runs: Sequence[ToolRun]) -> None:
    """End an attempt that failed: another one follows, or the task has failed for good.

    What fails while the storage is full or away has not failed by itself: it waits, however long that takes.
    """
    is_ours = failure.code in _OURS or await _storage_is_away(ctx)
    base_seconds = await ctx.settings.get(known.RETRY_BACKOFF_SECONDS)
    terms = await publication.terms_of(ctx.settings)

    async def work(tx: Transaction) -> None:
        held = await _held(tx, lease, unless="failed")
        if held is None:
            return
        if is_ours:
            task = await queue.put_off(tx, lease, failure, runs=runs, delay_seconds=_STORAGE_SECONDS)
        else:
            delay = retry_delay_seconds(held.attempt, base_seconds=base_seconds)
            task = await queue.fail(tx, lease, failure, runs=runs, delay_seconds=delay)
        await outcomes.failed(ctx, tx, task, terms=terms)

    await transaction(ctx.db, work)


async def _storage_is_away(ctx: Rooms) -> bool:
    try:
        await ctx.storage.check()
    except Unavailable:
        return True
    return False


async def release(ctx: Rooms, lease: Lease) -> None:
    """Give a task back untouched. Raises ``LeaseLost``."""

    async def work(tx: Transaction) -> None:
        if await _held(tx, lease, unless="released") is not None:
            await queue.release(tx, lease)

    await transaction(ctx.db, work)


async def _held(tx: Transaction, lease: Lease, *, unless: str) -> Task | None:
    """The task, held; ``None`` when its lease has had this outcome already: the answer was lost.

    Raises ``LeaseLost``.
    """
    try:
        return await queue.hold(tx, lease)
    except LeaseLost:
        if await tx.fetchval(_ENDED_AS, lease.task_id, lease.epoch) != unless:
            raise
        return None


async def sweep(ctx: Rooms) -> int:
    """End leases whose time is over; returns how many."""

    terms = await publication.terms_of(ctx.settings)

    async def work(tx: Transaction) -> int:
        return await _follow_up(ctx, tx, await queue.sweep(tx), terms=terms)

    return await transaction(ctx.db, work)


async def abandon(ctx: Rooms, worker: str) -> int:
    """End the leases of a worker that is known to be dead; returns how many."""

    terms = await publication.terms_of(ctx.settings)

    async def work(tx: Transaction) -> int:
        return await _follow_up(ctx, tx, await queue.abandon(tx, worker), terms=terms)

    return await transaction(ctx.db, work)


async def _follow_up(ctx: Rooms, tx: Transaction, ended: Iterable[Task], *, terms: Terms) -> int:
    count = 0
    for task in ended:
        await outcomes.failed(ctx, tx, task, terms=terms)
        count += 1
    return count
