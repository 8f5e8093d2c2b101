"""One transaction per use case, retried as a whole when PostgreSQL asks for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import asyncpg
import msgspec

from vlog.db.engine import Database
from vlog.db.errors import RETRYABLE, mapped
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Unavailable

T = TypeVar("T")
CHANNEL = "vlog"
ATTEMPTS = 5


class Recordable(Protocol):
    """An event as the outbox stores it."""

    @property
    def type(self) -> str:
        """Its stable name, such as ``video.ready``."""

    def payload(self) -> dict[str, object]:
        """What it tells, JSON-serialisable."""


class Transaction:
    """A running transaction: SQL, events that commit with it, and hints that are sent when it commits."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def execute(self, sql: str, *args: object) -> str:
        """Run a statement; the answer is PostgreSQL's command tag."""
        with mapped():
            tag: str = await self._connection.execute(sql, *args)
            return tag

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once per row, in one round trip."""
        with mapped():
            await self._connection.executemany(sql, rows)

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """All rows."""
        with mapped():
            rows: list[asyncpg.Record] = await self._connection.fetch(sql, *args)
            return rows

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """The first row, or ``None``."""
        with mapped():
            row: asyncpg.Record | None = await self._connection.fetchrow(sql, *args)
            return row

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or ``None``."""
        with mapped():
            return await self._connection.fetchval(sql, *args)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Let the block's writes stand or fall together; an error undoes them alone, and goes on."""
        async with self._connection.transaction():
            yield

    async def record(self, event: Recordable) -> None:
        """Write the event to the outbox: it happens if and only if this transaction commits."""
        payload = msgspec.json.encode(event.payload()).decode()
        await self.execute("INSERT INTO outbox (event_type, payload) VALUES ($1, $2)", event.type, payload)
        await self.hint("event", type=event.type, **event.payload())

    async def hint(self, topic: str, **payload: object) -> None:
        """Wake listeners when this commits. A hint may be lost; the rows are the truth."""
        message = msgspec.json.encode({"topic": topic, "payload": payload}).decode()
        await self.execute("SELECT pg_notify($1, $2)", CHANNEL, message)


async def transaction(db: Database, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run ``work`` in one transaction and commit.

    On a serialisation failure or deadlock the whole of ``work`` runs again, so it must have no effect but the
    database. Raises ``Unavailable`` when the database can't be reached or keeps refusing.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with db.acquired() as connection, connection.transaction():
                result = await work(Transaction(connection))
                crash_point(CrashPoint.TRANSACTION_COMMITS)
            crash_point(CrashPoint.TRANSACTION_COMMITTED)
        except RETRYABLE as error:
            if attempt == ATTEMPTS:
                raise Unavailable(
                    "The database is too busy with the same rows.", code="database_busy"
                ) from error
            # Jitter, so that the two that collided don't meet again.
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - not a secret
        else:
            return result
    raise AssertionError("unreachable")
