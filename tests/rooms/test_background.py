"""What happens although nobody asks for it."""

from __future__ import annotations

import asyncio
import os
from datetime import date
from functools import partial

import pytest

from tests.support.databases import shift_clock
from tests.support.deliveries import EVERYTHING, work_off
from tests.support.uploaded import assert_all_is_there, claimed, source_values, upload
from vlog.catalog import trash, videos
from vlog.context import Context
from vlog.db import partitions
from vlog.db.transaction import transaction
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Unavailable
from vlog.processing import generations, removal
from vlog.storage.layout import Key
from vlog.workers.background import CHORES, Chore, FileSweep, do, look_after_outbox, repair_manifests
from vlog.workers.leadership import Leadership
from vlog.workers.local_client import LocalClient, local_client


async def every_chore(ctx: Context) -> None:
    for chore in CHORES:
        assert not isinstance(await chore.work(ctx), BaseException)


async def test_every_chore_is_harmless_when_there_is_nothing_to_do(ctx: Context) -> None:
    await every_chore(ctx)
    await every_chore(ctx)


async def test_every_chore_leaves_a_playing_video_as_it_is(ctx: Context) -> None:
    await upload(ctx)
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    await every_chore(ctx)
    await assert_all_is_there(ctx)


async def test_expired_leases_are_taken_back(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    first = await claimed(client)
    await shift_clock(ctx.db, "61 seconds")
    leases = next(chore for chore in CHORES if chore.name == "leases")
    assert await leases.work(ctx) == 1
    assert (await claimed(client)).lease.task_id == first.lease.task_id


async def test_a_video_whose_workers_all_vanish_fails_with_that_reason(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    leases = next(chore for chore in CHORES if chore.name == "leases")
    for attempt in range(1, 31):
        await claimed(client)
        await shift_clock(ctx.db, f"{61 * attempt} seconds")
        await leases.work(ctx)
    row = await ctx.db.fetchrow("SELECT status, error_code FROM videos WHERE id = $1", accepted.video_id)
    assert row is not None
    assert tuple(row) == ("failed", "worker_vanished")


async def test_one_video_that_a_bad_disk_keeps_keeps_no_other(ctx: Context) -> None:
    ids = [(await upload(ctx, title)).video_id for title in ("Bad", "Good")]
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    for video_id in ids:
        await transaction(ctx.db, partial(videos.bump_manifest, video_id=video_id))
    folder = ctx.config.storage_path / "videos"
    (folder / "bad").rename(folder / "aside")
    (folder / "bad").write_bytes(b"no folder")
    (folder / "good" / "master.m3u8").unlink()
    assert await repair_manifests(ctx) == 1
    assert (folder / "good" / "master.m3u8").exists()
    # In the trash, too.
    for video_id in ids:
        await transaction(ctx.db, partial(trash.soft_delete, video_id=video_id))
    (ctx.config.storage_path / "archive" / "bad").mkdir(parents=True)
    assert await removal.finish_all(ctx) == 1
    assert not (folder / "good").exists()
    (ctx.config.storage_path / "archive" / "bad").rmdir()
    (folder / "bad").unlink()
    (folder / "aside").rename(folder / "bad")
    assert await removal.finish_all(ctx) == 1


async def test_when_the_storage_is_away_a_round_ends_at_once(ctx: Context) -> None:
    video_id = (await upload(ctx)).video_id
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    await transaction(ctx.db, lambda tx: videos.bump_manifest(tx, video_id))
    (ctx.config.storage_path / ".vlog-root").unlink()
    with pytest.raises(Unavailable):
        await repair_manifests(ctx)


async def test_unfinished_renames_and_old_manifests_are_repaired(ctx: Context) -> None:
    accepted = await upload(ctx)
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    await transaction(ctx.db, lambda tx: generations.rotate_token(tx, accepted.video_id))
    assert await repair_manifests(ctx) == 1
    await assert_all_is_there(ctx)
    assert await repair_manifests(ctx) == 0


async def test_events_are_handed_on_once_and_kept_for_a_while(ctx: Context) -> None:
    await upload(ctx)
    assert await look_after_outbox(ctx) == 1
    assert await look_after_outbox(ctx) == 0
    assert await ctx.db.fetchval("SELECT count(*) FROM outbox") == 1
    await shift_clock(ctx.db, "31 days")
    await look_after_outbox(ctx)
    assert await ctx.db.fetchval("SELECT count(*) FROM outbox") == 0


async def test_stray_staged_bytes_go_after_an_hour(ctx: Context) -> None:
    await ctx.storage.put(Key("videos/x/y"), b"1")
    await ctx.storage.stage([b"stray"])
    assert await FileSweep(0)(ctx) == 0
    for path in (ctx.config.storage_path / ".staging").iterdir():
        os.utime(path, (0, 0))
    assert await FileSweep(0)(ctx) == 1


async def test_a_chore_whose_part_is_away_is_put_off(ctx: Context) -> None:
    async def fails(_: Context) -> None:
        raise Unavailable("The storage is not answering.")

    async def is_wrong(_: Context) -> None:
        raise ZeroDivisionError

    await do(ctx, Chore("away", 1, fails))
    with pytest.raises(ZeroDivisionError):
        await do(ctx, Chore("wrong", 1, is_wrong))


# ---------------------------------------------------------------- partitions


async def test_partitions_are_there_for_the_months_to_come(ctx: Context) -> None:
    made = await transaction(ctx.db, partitions.ensure)
    assert len(made) == 4
    assert await transaction(ctx.db, partitions.ensure) == []
    await shift_clock(ctx.db, "40 days")
    assert 1 <= len(await transaction(ctx.db, partitions.ensure)) <= 2


async def test_two_that_make_partitions_at_once(ctx: Context) -> None:
    made = await asyncio.gather(*(transaction(ctx.db, partitions.ensure) for _ in range(4)))
    assert sorted(map(len, made)) == [0, 0, 0, 4]


async def test_a_month_that_began_without_a_partition_loses_nothing(ctx: Context) -> None:
    accepted = await upload(ctx)
    watch = "INSERT INTO playback_sessions (video_id) VALUES ($1)"
    await ctx.db.fetch(watch, accepted.video_id)
    assert len(await transaction(ctx.db, partitions.ensure)) == 3
    await ctx.db.fetch(watch, accepted.video_id)
    assert await ctx.db.fetchval("SELECT count(*) FROM playback_sessions") == 2
    assert await ctx.db.fetchval("SELECT count(*) FROM playback_sessions_default") == 2


@pytest.mark.parametrize(
    ("month", "following"), [(date(2026, 1, 1), date(2026, 2, 1)), (date(2026, 12, 1), date(2027, 1, 1))]
)
def test_after_december_comes_january(month: date, following: date) -> None:
    assert partitions.next_month(month) == following


# ---------------------------------------------------------------- leadership


async def test_one_leads_and_the_next_one_takes_over(ctx: Context) -> None:
    one, two = Leadership(ctx.db, poll_seconds=0.05), Leadership(ctx.db, poll_seconds=0.05)
    stop_one, stop_two = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(one.keep(stop_one))
    await asyncio.wait_for(one.leads.wait(), 5)
    second = asyncio.create_task(two.keep(stop_two))
    await asyncio.sleep(0.3)
    assert not two.leads.is_set()
    stop_one.set()
    await asyncio.wait_for(first, 5)
    await asyncio.wait_for(two.leads.wait(), 5)
    stop_two.set()
    await asyncio.wait_for(second, 5)
    assert not two.leads.is_set()


async def test_a_lost_connection_is_a_lost_lead_and_won_again(ctx: Context) -> None:
    leadership = Leadership(ctx.db, poll_seconds=0.05)
    stopping = asyncio.Event()
    keeping = asyncio.create_task(leadership.keep(stopping))
    await asyncio.wait_for(leadership.leads.wait(), 5)
    holders = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    (before,) = await ctx.db.fetch(holders)
    await ctx.db.fetch("SELECT pg_terminate_backend($1)", before["pid"])
    async with asyncio.timeout(10):
        while [row["pid"] for row in await ctx.db.fetch(holders)] in ([], [before["pid"]]):
            await asyncio.sleep(0.05)
    await asyncio.wait_for(leadership.leads.wait(), 5)
    stopping.set()
    await keeping


# ---------------------------------------------------------------- wake-ups


async def test_new_work_wakes_those_who_wait(ctx: Context) -> None:
    async with local_client(ctx) as client:

        async def woken() -> None:
            while await client.claim(EVERYTHING) is None:
                await client.wait(20)

        waiting = asyncio.create_task(woken())
        await asyncio.sleep(0.5)
        await upload(ctx)
        await asyncio.wait_for(waiting, 5)


async def test_work_that_comes_between_looking_and_waiting_is_not_slept_over(ctx: Context) -> None:
    async with local_client(ctx) as client:
        assert await client.claim(EVERYTHING) is None
        # Until the bus listens, hints are lost: that is what the polling is for.
        while not await _hint_arrives(ctx, client):
            pass
        assert await client.claim(EVERYTHING) is None
        await transaction(ctx.db, lambda tx: tx.hint("tasks"))
        await asyncio.sleep(0.3)
        async with asyncio.timeout(1):
            await client.wait(20)


async def _hint_arrives(ctx: Context, client: LocalClient) -> bool:
    await transaction(ctx.db, lambda tx: tx.hint("tasks"))
    start = monotonic_seconds()
    await client.wait(0.5)
    return monotonic_seconds() - start < 0.4
