"""A database that stops, hangs, loses answers or can only be read: refusals in time, and one effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import asyncpg
import pytest

from tests.support.databases import expire, opened
from tests.support.proxy import Proxy, proxied
from vlog.db.engine import Database
from vlog.db.pulse import Pace, Pulse
from vlog.db.transaction import Transaction, transaction
from vlog.events.bus import EventBus
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Unavailable, VlogError

END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'vlog' AND datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def proxy(dsn: str) -> AsyncIterator[Proxy]:
    async with proxied(dsn) as between:
        yield between


@pytest.fixture
async def db(proxy: Proxy) -> AsyncIterator[Database]:
    """Shadows the fixture of all tests: this database is reached through the proxy."""
    async with opened(proxy.dsn, max_connections=5) as database:
        yield database


async def add(db: Database, name: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.execute("INSERT INTO categories (name, slug) VALUES ($1, $1)", name)

    await transaction(db, work)


async def names(db: Database) -> set[str]:
    return {row["name"] for row in await db.fetch("SELECT name FROM categories")}


async def code_of(question: Awaitable[object]) -> str:
    with pytest.raises(VlogError) as caught:
        await question
    return caught.value.code


async def until_it_answers(db: Database) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await db.fetchval("SELECT 1")
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_server_that_stops_is_refused_and_used_again(db: Database, proxy: Proxy) -> None:
    await proxy.stop()
    for _ in range(20):
        assert await code_of(db.fetchval("SELECT 1")) == "database_unavailable"
        assert await code_of(add(db, "lost")) == "database_unavailable"
    await proxy.start()
    await until_it_answers(db)
    await add(db, "kept")
    assert await names(db) == {"kept"}


async def test_a_server_that_hangs_holds_nobody_up(db: Database, proxy: Proxy) -> None:
    await asyncio.gather(*(db.fetchval("SELECT 1") for _ in range(5)))
    proxy.hold()
    began = monotonic_seconds()
    calls = [db.fetchval("SELECT 1") for _ in range(200)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {getattr(answer, "code", answer) for answer in answers} == {"database_unavailable"}
    # The time limit of a statement is 15 s: they were all let go together, by the missing sign of life.
    assert monotonic_seconds() - began < 14
    assert db.pulse.is_lost
    for _ in range(1000):
        assert await code_of(db.fetchval("SELECT 1")) == "database_unavailable"
    proxy.let_flow()
    await until_it_answers(db)
    assert not db.pulse.is_lost


async def test_a_slow_statement_is_not_taken_for_a_hung_server(db: Database) -> None:
    assert await db.fetchval("SELECT 1 FROM pg_sleep(2.5)") == 1
    assert not db.pulse.is_lost


async def test_an_empty_pool_is_said_in_time(db: Database) -> None:
    holding = [asyncio.create_task(db.fetchval("SELECT pg_sleep(6)")) for _ in range(5)]
    await asyncio.sleep(0.5)
    answers = await asyncio.gather(*(db.fetchval("SELECT 1") for _ in range(50)), return_exceptions=True)
    assert {getattr(answer, "code", answer) for answer in answers} == {"database_unavailable"}
    assert not any(task.done() for task in holding), "the refusals came before a connection was free"
    await asyncio.gather(*holding)
    assert await db.fetchval("SELECT 1") == 1


async def test_a_cut_connection_is_replaced(db: Database, proxy: Proxy) -> None:
    for number in range(10):
        await add(db, f"n{number}")
        proxy.cut()
        await until_it_answers(db)
    assert len(await names(db)) == 10


async def test_a_lost_answer_to_commit_is_an_unknown_outcome_and_one_effect(
    db: Database, proxy: Proxy
) -> None:
    """What has committed has happened; saying it again meets the first time, not a second one."""
    for number in range(10):
        name = f"n{number}"
        proxy.lose_reply_to(b"COMMIT")
        assert await code_of(add(db, name)) == "database_unavailable"
        await until_it_answers(db)
        assert name in await names(db), "the answer was lost, not the commit"
        assert await code_of(add(db, name)) == "already_exists"
    assert proxy.lost_replies == 10


async def test_a_lock_that_another_holds_is_not_waited_for_long(db: Database) -> None:
    await add(db, "held")
    held, done = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await tx.execute("UPDATE categories SET description = 'x'")
        held.set()
        await done.wait()

    holder = asyncio.create_task(transaction(db, hold))
    await held.wait()
    slow = transaction(db, lambda tx: tx.execute("UPDATE categories SET description = 'y'"))
    assert await code_of(slow) == "database_slow"
    done.set()
    await holder


async def test_a_transaction_that_somebody_forgot_ends(db: Database) -> None:
    limit = await db.fetchval("SELECT current_setting('idle_in_transaction_session_timeout')")
    assert limit == "15s"


async def test_a_read_only_server_is_said(db: Database) -> None:
    name = await db.fetchval("SELECT current_database()")
    await db.pool.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await expire(db)
    assert await names(db) == set()
    assert await code_of(add(db, "x")) == "database_read_only"
    async with db.pool.acquire() as connection:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    await expire(db)
    await add(db, "x")


async def test_the_bus_hears_again_after_a_cut(db: Database, proxy: Proxy) -> None:
    bus = EventBus(db)
    await bus.start()
    try:
        async with bus.subscribe() as subscription:
            await asyncio.sleep(0.3)
            proxy.cut()
            async with asyncio.timeout(20):
                assert (await subscription.get()).topic == "resync"
                await until_it_answers(db)
                heard = asyncio.create_task(subscription.get())
                while not heard.done():
                    await transaction(db, lambda tx: tx.hint("tasks"))
                    await asyncio.wait({heard}, timeout=0.2)
    finally:
        await bus.stop()
    assert (await heard).topic == "tasks"


async def test_the_bus_survives_a_connection_that_breaks_before_it_listens(dsn: str) -> None:
    class Breaking(Database):
        """Its first connection is gone as soon as it is there."""

        is_first = True

        async def connect(self) -> asyncpg.Connection:
            connection = await super().connect()
            if self.is_first:
                self.is_first = False
                connection.terminate()
            return connection

    db = Breaking(dsn, max_connections=2)
    await db.open()
    bus = EventBus(db)
    await bus.start()
    try:
        async with bus.subscribe() as subscription, asyncio.timeout(20):
            heard = asyncio.create_task(subscription.get())
            while (await asyncio.shield(heard)).topic != "tasks":
                heard = asyncio.create_task(subscription.get())
                while not heard.done():
                    await transaction(db, lambda tx: tx.hint("tasks"))
                    await asyncio.wait({heard}, timeout=0.2)
    finally:
        await bus.stop()
        await db.close()


async def test_a_server_that_knows_us_no_more_for_a_while_is_used_again(dsn: str) -> None:
    """A password that is changed, a database that is being restored."""
    refusals = [asyncpg.InvalidPasswordError("no"), asyncpg.InvalidCatalogNameError("no")]

    async def regain() -> None:
        if refusals:
            raise refusals.pop()

    pulse = Pulse(dsn, lose=lambda: None, regain=regain, pace=Pace(step=0.01))
    pulse.is_lost = True
    pulse.start()
    try:
        async with asyncio.timeout(20):
            while pulse.is_lost:
                await asyncio.sleep(0.01)
    finally:
        await pulse.stop()
    assert refusals == []


async def test_the_connection_that_reads_leave_each_other_is_everybodys(dsn: str) -> None:
    async with opened(dsn, max_connections=1) as db:
        backend = await db.fetchval("SELECT pg_backend_pid()")
        assert await db.fetchval("SELECT pg_backend_pid()") == backend
        await add(db, "written")
        assert await names(db) == {"written"}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await db.fetchval("SELECT pg_sleep(10)")
        assert len(await asyncio.gather(*(db.fetchval("SELECT 1") for _ in range(20)))) == 20
        other = await asyncpg.connect(dsn)
        await other.execute(END_THE_OTHERS)
        await other.close()
        await until_it_answers(db)
        await add(db, "again")
        assert await names(db) == {"written", "again"}


@pytest.mark.parametrize("writes", [False, True])
async def test_a_farewell_whose_line_stays_open_costs_one_refusal(
    dsn: str, proxy: Proxy, *, writes: bool
) -> None:
    proxy.lingers = True
    async with opened(proxy.dsn, max_connections=1) as db:
        await add(db, "before")
        other = await asyncpg.connect(dsn)
        await other.execute(END_THE_OTHERS)
        await other.close()
        await asyncio.sleep(0.2)
        proxy.lingers = False
        assert await code_of(add(db, "after") if writes else names(db)) == "database_unavailable"
        assert await names(db) == {"before"}
