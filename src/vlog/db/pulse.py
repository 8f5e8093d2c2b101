"""Notices that the database has stopped answering, so that nobody waits for it in a long line.

A server that is gone refuses connections, and each caller learns it at once. One that hangs (stopped, cut off
without a word, its disk stuck) says nothing. So whoever waits for longer than usual makes this ask for a sign
of life on a connection of its own; when that does not come, all who wait are refused together, and everybody
after them at once, until the server answers again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from vlog.kit.clock import monotonic_seconds
from vlog.kit.ending import end
from vlog.kit.errors import Unavailable
from vlog.telemetry.logs import get_logger

# Refusals of a living server: it is full, or does not know us. Each call meets them and says so itself.
_ALIVE = (asyncpg.TooManyConnectionsError, asyncpg.InvalidAuthorizationSpecificationError)
_SILENT = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

_log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """In seconds: how long a call may wait before there is a doubt (``suspect``), how long a sign of life may
    take (``life``), and how often to look (``step``).
    """

    suspect: float = 1.0
    life: float = 1.5
    step: float = 0.25


class Pulse:
    """Watches calls to one server. ``lose`` lets go of its connections, ``regain`` makes new ones."""

    def __init__(
        self,
        dsn: str,
        *,
        lose: Callable[[], None],
        regain: Callable[[], Awaitable[None]],
        pace: Pace | None = None,
    ) -> None:
        self._dsn = dsn
        self._lose = lose
        self._regain = regain
        self._pace = pace or Pace()
        self._began: dict[object, float] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_lost = False

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._watch(), name="database pulse")

    async def stop(self) -> None:
        """Watch no more."""
        await end(self._task)
        self._task = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around each call. Raises ``Unavailable`` at once while the server is known to be lost."""
        if self.is_lost:
            raise Unavailable("The database is not answering.", code="database_unavailable")
        call = object()
        self._began[call] = monotonic_seconds()
        try:
            yield
        finally:
            del self._began[call]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pace.step)
            if self.is_lost:
                await self._try_again()
            elif self._is_suspect() and not await self._is_alive():
                self.is_lost = True
                _log.error("the database hangs: calls are refused until it answers", waiting=len(self._began))
                self._lose()

    def _is_suspect(self) -> bool:
        oldest = min(self._began.values(), default=None)
        return oldest is not None and monotonic_seconds() - oldest > self._pace.suspect

    async def _is_alive(self) -> bool:
        try:
            async with asyncio.timeout(self._pace.life):
                connection = await asyncpg.connect(self._dsn, timeout=self._pace.life)
                try:
                    await connection.fetchval("SELECT 1")
                finally:
                    connection.terminate()
        except _ALIVE:
            return True
        except _SILENT:
            return False
        return True

    async def _try_again(self) -> None:
        if not await self._is_alive():
            return
        try:
            await self._regain()
        except (Unavailable, *_SILENT) as error:
            # Whatever it is (a password that was changed, a database that was dropped): it may be mended.
            _log.warning("the database answers and takes no connections", reason=str(error))
        else:
            self.is_lost = False
            _log.warning("the database answers again")
