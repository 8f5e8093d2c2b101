"""A PostgreSQL server of one's own, and what can happen to it: it hangs, stops, is read-only, is full."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.support.databases import TEMPLATE, make_template, named
from tests.support.disks import small_disk
from tests.support.processes import descendants
from vlog.db.embedded import EmbeddedPostgres

# A cluster with its databases takes half of it.
DISK = "200m"
_SOME_LOG = "SELECT pg_logical_emit_message(true, 'test', 'words')"
_numbers = itertools.count(1)


@dataclass
class Server:
    """A running server; ``disk`` is the folder that it lives in."""

    disk: Path
    embedded: EmbeddedPostgres
    dsn: str

    async def database(self) -> str:
        """The DSN of a fresh, migrated database."""
        name = f"outage_{next(_numbers)}"
        await self._say(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return named(self.dsn, name)

    @asynccontextmanager
    async def hanging(self) -> AsyncIterator[None]:
        """All its processes are stopped where they are; connections stay open and say nothing."""
        leader = self.embedded.process.pid
        held = {leader, *descendants(leader)}
        for each in held:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in held:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """It ends at once (SIGQUIT), cutting everybody, and has to recover afterwards."""
        self.embedded.process.send_signal(signal.SIGQUIT)
        await self.embedded.process.wait()
        try:
            yield
        finally:
            await self.embedded.start()

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[None]:
        """No session may write."""
        await self._say("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await self._say("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")

    @asynccontextmanager
    async def without_log(self) -> AsyncIterator[None]:
        """Its disk is full and its write-ahead log wants another file: it gives up and can't come back."""
        with self.full():
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                for _ in range(100):
                    await self._say(_SOME_LOG, "SELECT pg_switch_wal()")
            yield
        while not await self._answers():
            if self.embedded.process.returncode is not None:
                # As `vlog up` does.
                await self.embedded.start()
            await asyncio.sleep(0.1)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more fits on its disk."""
        ballast = self.disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        try:
            yield
        finally:
            ballast.unlink()

    async def _answers(self) -> bool:
        try:
            await self._say("SELECT 1")
        except (asyncpg.PostgresError, OSError):
            return False
        return True

    async def _say(self, *statements: str) -> None:
        connection = await asyncpg.connect(
            self.dsn, timeout=20, server_settings={"default_transaction_read_only": "off"}
        )
        try:
            for each in statements:
                await connection.execute(each)
        finally:
            connection.terminate()


Fault = Callable[[Server], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def own_server(*, small: bool = False) -> AsyncIterator[Server]:
    """A server in a folder that goes away; ``small``: on a disk that can be filled, or skip the test."""
    # Not pytest's folder: those names grow beyond what a socket's path may have.
    with tempfile.TemporaryDirectory(prefix="vlog-test-") as folder, _disk(Path(folder), small=small) as disk:
        # Durable: what it has said must outlive its end.
        embedded = EmbeddedPostgres(disk)
        dsn = await embedded.start()
        try:
            await make_template(dsn)
            yield Server(disk, embedded, dsn)
        finally:
            await embedded.stop()


@contextmanager
def _disk(folder: Path, *, small: bool) -> Iterator[Path]:
    if not small:
        yield folder
        return
    with small_disk(folder / "disk", size=DISK) as disk:
        yield disk
