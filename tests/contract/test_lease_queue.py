"""What the lease queue promises: one holder at a time, fenced writes, nothing lost when holders vanish."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.databases import opened, shift_clock
from vlog.db.engine import Database
from vlog.db.transaction import transaction
from vlog.jobs import queue
from vlog.jobs.queue import Task
from vlog.jobs.states import JOB_STATES, check_move, retry_delay_seconds, sources_of
from vlog.kit.errors import Conflict, LeaseLost
from vlog.wire.work import Failure, Lease, Progress, ToolRun

RUN = ToolRun(command="ffmpeg -i a", stderr_tail="no", exit_status=1, cpu_seconds=0.5, max_rss_bytes=1)
HICCUP = Failure(code="stalled", message="No progress.", retryable=True)
HOPELESS = Failure(code="not_media", message="This is not a video.", retryable=False)


async def add_tasks(db: Database, count: int, *, kind: str = "inspect", **columns: object) -> list[int]:
    video = await db.fetchval(
        "INSERT INTO videos (title, slug, storage_key)"
        " VALUES ('a', gen_random_uuid()::text, gen_random_uuid()::text) RETURNING id"
    )
    job = await db.fetchval("INSERT INTO transcoding_jobs (video_id) VALUES ($1) RETURNING id", video)
    names = "".join(f", {name}" for name in columns)
    values = "".join(f", ${number}" for number in range(3, 3 + len(columns)))
    sql = f"INSERT INTO transcoding_tasks (job_id, kind{names}) VALUES ($1, $2{values}) RETURNING id"
    return [await db.fetchval(sql, job, kind, *columns.values()) for _ in range(count)]


async def claim(db: Database, worker: str = "a", *, encoders: tuple[str, ...] = ()) -> Task | None:
    kinds = ("inspect", "remux", "audio", "video", "thumbnail")
    return await transaction(db, lambda tx: queue.claim(tx, worker, kinds=kinds, encoders=encoders))


async def claimed(db: Database, worker: str = "a") -> Task:
    task = await claim(db, worker)
    assert task is not None
    return task


async def renew(db: Database, lease: Lease, progress: Progress | None = None) -> int:
    return await transaction(db, lambda tx: queue.renew(tx, lease, progress or Progress()))


async def fail(db: Database, lease: Lease, failure: Failure = HICCUP, *, delay_seconds: float = 0) -> Task:
    return await transaction(
        db, lambda tx: queue.fail(tx, lease, failure, runs=[RUN], delay_seconds=delay_seconds)
    )


async def finish(db: Database, lease: Lease) -> Task:
    return await transaction(db, lambda tx: queue.finish(tx, lease, [RUN]))


async def release(db: Database, lease: Lease) -> Task:
    return await transaction(db, lambda tx: queue.release(tx, lease))


async def test_many_claims_at_once_never_share_a_task(dsn: str) -> None:
    async with opened(dsn, max_connections=20) as db:
        tasks = await add_tasks(db, 60)
        claims = await asyncio.gather(*(claim(db, f"worker-{number}") for number in range(200)))
    taken = [task.id for task in claims if task is not None]
    assert sorted(taken) == sorted(tasks)


async def test_the_order_is_priority_stage_age_cell(db: Database) -> None:
    later = await add_tasks(db, 1, stage=1)
    last_cell = await add_tasks(db, 1, stage=0, first_cell=5)
    first = await add_tasks(db, 1, stage=1, priority=0)
    order = [(await claimed(db)).id for _ in range(3)]
    assert order == [*first, *last_cell, *later]


async def test_encoders_wait_until_the_source_is_remuxed(db: Database) -> None:
    (remux,) = await add_tasks(db, 1, kind="remux")
    job = await db.fetchval("SELECT job_id FROM transcoding_tasks WHERE id = $1", remux)
    await db.pool.execute("INSERT INTO transcoding_tasks (job_id, kind, stage) VALUES ($1, 'video', 1)", job)
    task = await claimed(db)
    assert task.id == remux
    assert await claim(db) is None
    await finish(db, task.lease)
    assert (await claimed(db)).kind == "video"


async def test_a_worker_gets_only_what_it_can_do(db: Database) -> None:
    await add_tasks(db, 1, needs=["h264_nvenc"])
    assert await claim(db, encoders=("libx264",)) is None
    assert await claim(db, encoders=("libx264", "h264_nvenc")) is not None


async def test_a_renewed_lease_lives_on_and_an_expired_one_is_swept(db: Database) -> None:
    await add_tasks(db, 1)
    task = await claimed(db)
    await renew(db, task.lease, Progress(frames=10, speed=2.0))
    assert await transaction(db, queue.sweep) == []
    await shift_clock(db, "61 seconds")
    with pytest.raises(LeaseLost):
        await renew(db, task.lease)
    (swept,) = await transaction(db, queue.sweep)
    assert (swept.state, swept.error_code) == ("queued", "worker_vanished")
    assert (await claimed(db, "b")).epoch == task.epoch + 1


async def test_a_zombie_is_refused_everywhere(db: Database) -> None:
    await add_tasks(db, 1)
    zombie = (await claimed(db, "a")).lease
    await shift_clock(db, "61 seconds")
    await transaction(db, queue.sweep)
    heir = await claimed(db, "a")
    for write in (renew, fail, finish, release):
        with pytest.raises(LeaseLost):
            await write(db, zombie)
    await finish(db, heir.lease)
    for write in (renew, fail, finish, release):
        with pytest.raises(LeaseLost):
            await write(db, zombie)


async def test_failures_count_and_the_last_one_is_final(db: Database) -> None:
    await add_tasks(db, 1)
    states = [(await fail(db, (await claimed(db)).lease)).state for _ in range(3)]
    assert states == ["queued", "queued", "failed"]
    assert await claim(db) is None
    rows = await db.fetch("SELECT outcome, error_code, runs FROM task_attempts ORDER BY epoch")
    assert [row["outcome"] for row in rows] == ["failed"] * 3
    assert "ffmpeg -i a" in rows[0]["runs"]


async def test_a_failure_that_trying_again_cannot_help_is_final_at_once(db: Database) -> None:
    await add_tasks(db, 1)
    assert (await fail(db, (await claimed(db)).lease, HOPELESS)).state == "failed"


async def test_a_failed_task_waits_before_it_is_tried_again(db: Database) -> None:
    await add_tasks(db, 1)
    await fail(db, (await claimed(db)).lease, delay_seconds=20)
    assert await claim(db) is None
    await shift_clock(db, "21 seconds")
    assert await claim(db) is not None


async def test_a_release_costs_no_attempt(db: Database) -> None:
    await add_tasks(db, 1)
    for _ in range(5):
        await release(db, (await claimed(db)).lease)
    assert (await claimed(db)).attempt == 1


async def test_kills_with_progress_never_fail_a_task(db: Database) -> None:
    await add_tasks(db, 1)
    for _ in range(10):
        task = await claimed(db)
        await transaction(db, lambda tx, lease=task.lease: queue.advance(tx, lease))  # type: ignore[misc]
        (abandoned,) = await transaction(db, lambda tx: queue.abandon(tx, "a"))
        assert abandoned.state == "queued"


async def test_kills_without_progress_end(db: Database) -> None:
    await add_tasks(db, 1)
    states = []
    for _ in range(30):
        await claimed(db)
        states += [task.state for task in await transaction(db, lambda tx: queue.abandon(tx, "a"))]
    assert states == ["queued"] * 29 + ["failed"]


async def test_finishing_twice_has_one_effect(db: Database) -> None:
    await add_tasks(db, 1)
    lease = (await claimed(db)).lease
    results = await asyncio.gather(finish(db, lease), finish(db, lease), return_exceptions=True)
    assert sum(isinstance(result, LeaseLost) for result in results) == 1


def test_jobs_move_only_along_the_arrows() -> None:
    for target in JOB_STATES:
        for source in JOB_STATES:
            if source in sources_of(target):
                check_move(source, target)
            else:
                with pytest.raises(Conflict):
                    check_move(source, target)
    assert sources_of("queued") == ["done", "failed"]


def test_the_wait_doubles_and_is_bounded() -> None:
    waits = [retry_delay_seconds(attempt, base_seconds=10) for attempt in (1, 2, 3, 30)]
    assert waits == [10, 20, 40, 3600]
