"""Transactions: one effect or none, retried as a whole, with errors in our own words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.events.bus import EventBus
from vlog.events.types import VideoReady
from vlog.kit.errors import Conflict, Invalid, Unavailable


async def insert(tx: Transaction, name: str) -> None:
    await tx.execute("INSERT INTO categories (name, slug) VALUES ($1, $1)", name)


async def count(db: Database, table: str) -> int:
    return int(await db.fetchval(f"SELECT count(*) FROM {table}"))


async def test_a_failing_use_case_leaves_nothing(db: Database) -> None:
    async def work(tx: Transaction) -> None:
        await insert(tx, "films")
        await tx.record(VideoReady(1))
        raise RuntimeError("after the writes")

    with pytest.raises(RuntimeError, match="after the writes"):
        await transaction(db, work)
    assert await count(db, "categories") == 0
    assert await count(db, "outbox") == 0


async def test_an_event_is_written_and_heard_when_the_transaction_commits(db: Database) -> None:
    bus = EventBus(db)
    await bus.start()
    try:
        async with bus.subscribe() as subscription:
            await asyncio.sleep(0.2)
            await transaction(db, lambda tx: tx.record(VideoReady(7)))
            message = await asyncio.wait_for(subscription.get(), 5)
    finally:
        await bus.stop()
    assert (message.topic, message.payload) == ("event", {"type": "video.ready", "video_id": 7})
    row = await db.fetchrow("SELECT event_type, payload FROM outbox")
    assert row is not None
    assert row["event_type"] == "video.ready"


async def test_a_duplicate_is_a_conflict_and_an_unknown_reference_is_invalid(db: Database) -> None:
    await transaction(db, lambda tx: insert(tx, "films"))
    with pytest.raises(Conflict, match="exists already"):
        await transaction(db, lambda tx: insert(tx, "films"))
    with pytest.raises(Invalid, match="does not exist"):
        await transaction(
            db, lambda tx: tx.execute("INSERT INTO slug_redirects (slug, video_id) VALUES ('a', 99)")
        )


async def test_a_deadlock_is_retried_as_a_whole(db: Database) -> None:
    await transaction(db, lambda tx: insert(tx, "one"))
    await transaction(db, lambda tx: insert(tx, "two"))
    both_hold_one = asyncio.Barrier(2)
    runs: list[str] = []

    def update_in_order(first: str, second: str) -> Awaitable[None]:
        async def work(tx: Transaction) -> None:
            runs.append(first)
            await tx.execute("UPDATE categories SET description = $1 WHERE name = $2", first, first)
            if len(runs) <= 2:
                await both_hold_one.wait()
            await tx.execute("UPDATE categories SET description = $1 WHERE name = $2", first, second)

        return transaction(db, work)

    await asyncio.gather(update_in_order("one", "two"), update_in_order("two", "one"))
    assert len(runs) == 3, "one of the two was chosen as victim and ran again"


async def test_a_lost_server_is_unavailable_and_comes_back(db: Database) -> None:
    async def cut(tx: Transaction) -> None:
        await insert(tx, "films")
        other = await db.connect()
        try:
            await other.execute(
                "SELECT pg_terminate_backend($1)", await tx.fetchval("SELECT pg_backend_pid()")
            )
        finally:
            await other.close()
        await tx.fetchval("SELECT 1")

    with pytest.raises(Unavailable):
        await transaction(db, cut)
    assert await count(db, "categories") == 0


async def test_the_partitions_take_every_month(db: Database) -> None:
    await transaction(
        db, lambda tx: tx.execute("INSERT INTO videos (title, slug, storage_key) VALUES ('a', 'a', 'a')")
    )
    await db.pool.execute(
        "INSERT INTO playback_sessions (video_id, started_at) SELECT id, '1999-01-01' FROM videos"
    )
    assert await count(db, "playback_sessions_default") == 1
