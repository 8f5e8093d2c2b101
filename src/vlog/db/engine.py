"""One pool of connections per process, with time limits on everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg

from vlog.db.errors import mapped
from vlog.db.pulse import Pulse

# Waiting for longer in front of a pool that others have emptied is no use to anybody.
ACQUIRE_TIMEOUT_SECONDS = 2.0
CONNECT_TIMEOUT_SECONDS = 5.0
# No statement, lock wait or forgotten transaction may hold others up for longer than this.
SERVER_SETTINGS = {
    "application_name": "vlog",
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    "jit": "off",
    # Other processes for one short question cost it more than they save, and others their turn.
    "max_parallel_workers_per_gather": "0",
    # Indexes are in memory or on an SSD; PostgreSQL's figure of 4 is that of a turning disk.
    "random_page_cost": "1.1",
    # An unknown search term must be planned for what it is: a generic plan is orders of magnitude slower.
    "plan_cache_mode": "force_custom_plan",
}


async def _nothing_to_reset(_connection: object) -> None:
    """Sessions hold nothing: settings and locks last as long as their transaction, and one that is still open
    is rolled back before this is called. Asking PostgreSQL to forget nothing would double the round trips of
    every read.
    """


class Database:
    """A pool of PostgreSQL connections. Reads go through ``fetch…``; writes through ``db.transaction``."""

    def __init__(self, dsn: str, *, max_connections: int = 10) -> None:
        self.dsn = dsn
        self._max_connections = max_connections
        self._pool: asyncpg.Pool | None = None
        # Left by the last read for the next one, while nobody waits: a way through the pool is a task and a
        # timer, which costs a short read half as much again.
        self._spare: tuple[asyncpg.Pool, Any] | None = None
        self._waiting = 0
        self.pulse = Pulse(dsn, lose=self._lose, regain=self._connect)

    async def open(self) -> None:
        """Connect; raises ``Unavailable`` when the server can't be reached."""
        await self._connect()
        self.pulse.start()

    async def close(self) -> None:
        """Close all connections; those in use get a few seconds to end."""
        await self.pulse.stop()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            spare, self._spare = self._spare, None
            if spare is not None and spare[0] is pool:
                await pool.release(spare[1])
            try:
                async with asyncio.timeout(5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    @property
    def pool(self) -> asyncpg.Pool:
        """The open pool."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    async def connect(self) -> asyncpg.Connection:
        """A connection outside the pool, for LISTEN and advisory locks; the caller closes it."""
        with mapped():
            return await asyncpg.connect(
                self.dsn, timeout=CONNECT_TIMEOUT_SECONDS, server_settings={"application_name": "vlog"}
            )

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """All rows of a read."""
        return cast(list[asyncpg.Record], await self._read("fetch", sql, args))

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """The first row of a read, or ``None``."""
        return cast(asyncpg.Record | None, await self._read("fetchrow", sql, args))

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or ``None``."""
        return await self._read("fetchval", sql, args)

    @asynccontextmanager
    async def acquired(self) -> AsyncIterator[Any]:
        """A connection of the pool; raises ``Unavailable`` when there is none to be had in time."""
        with mapped(), self.pulse.watched():
            pool, connection = await self._take()
            try:
                yield connection
            except asyncpg.InternalClientError:
                connection.terminate()
                raise
            finally:
                await pool.release(connection)

    async def _read(self, how: str, sql: str, args: tuple[object, ...]) -> object:
        with mapped(), self.pulse.watched():
            pool, connection = await self._take()
            try:
                found: object = await getattr(connection, how)(sql, *args)
            except BaseException as error:
                # The server's farewell has come and its end of the line has not: nothing else ends this one.
                if isinstance(error, asyncpg.InternalClientError):
                    connection.terminate()
                # What is still under way on it is the pool's to end.
                await pool.release(connection)
                raise
            if self._spare is None and not self._waiting and pool is self._pool:
                self._spare = pool, connection
            else:
                await pool.release(connection)
            return found

    async def _take(self) -> tuple[asyncpg.Pool, Any]:
        pool, spare, self._spare = self.pool, self._spare, None
        # One that was left while its pool was being replaced is not this pool's.
        if spare is not None and spare[0] is pool and _is_usable(spare[1]):
            return spare
        # Where nobody has to wait, no timer is needed: it is a task of its own.
        timeout = None if pool.get_idle_size() else ACQUIRE_TIMEOUT_SECONDS
        self._waiting += 1
        try:
            return pool, await pool.acquire(timeout=timeout)
        finally:
            self._waiting -= 1

    async def _connect(self) -> None:
        with mapped():
            self._pool = await asyncpg.create_pool(
                self.dsn,
                min_size=1,
                max_size=self._max_connections,
                timeout=CONNECT_TIMEOUT_SECONDS,
                command_timeout=15,
                server_settings=SERVER_SETTINGS,
                reset=_nothing_to_reset,
            )

    def _lose(self) -> None:
        """Drop all connections: who waits on one is told so now."""
        self._spare = None
        if self._pool is not None:
            self._pool.terminate()


def _is_usable(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # Its end was noticed, and the pool has taken it back.
        return False
