"""One background process per installation works, the others stand by: PostgreSQL's advisory lock decides.

The lock lives as long as its connection. Two leaders for a moment (one has lost its connection and not
noticed yet) do no harm: everything that they do is decided by rows that only one of them can lock.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg

from vlog.db.engine import Database
from vlog.db.errors import mapped
from vlog.kit.errors import Unavailable
from vlog.kit.supervise import pause
from vlog.telemetry.logs import get_logger

_LOCK = 0x564C4247
_POLL_SECONDS = 5.0

_log = get_logger(__name__)


class Leadership:
    """``leads`` is set while this process is the one."""

    def __init__(self, db: Database, *, poll_seconds: float = _POLL_SECONDS) -> None:
        self._db = db
        self._poll_seconds = poll_seconds
        self.leads = asyncio.Event()

    async def keep(self, stopping: asyncio.Event) -> None:
        """Strive for the lock, hold it, and strive again when it is lost, until ``stopping``."""
        while not stopping.is_set():
            try:
                await self._lead_once(stopping)
            except Unavailable as error:
                _log.warning("leadership lost", reason=error.message)
            self.leads.clear()
            await pause(self._poll_seconds, stopping)

    async def _lead_once(self, stopping: asyncio.Event) -> None:
        connection = await self._db.connect()
        try:
            while not stopping.is_set():
                # Also a sign of life: a connection that has died says so here.
                if not self.leads.is_set():
                    with mapped():
                        taken = await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK)
                    if taken:
                        _log.info("leads the background work")
                        self.leads.set()
                else:
                    with mapped():
                        await connection.fetchval("SELECT 1", timeout=_POLL_SECONDS)
                await pause(self._poll_seconds, stopping)
        finally:
            self.leads.clear()
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=2)
