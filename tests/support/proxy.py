"""A TCP proxy in front of PostgreSQL that does what networks do: cut, hold, delay, lose an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Proxy:
    """Stands between ``dsn`` and the server of another one."""

    def __init__(self, dsn: str) -> None:
        self._parts = urlsplit(dsn)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._lose_reply_to: bytes | None = None
        self._mute: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.lost_replies = 0
        self.delay_seconds = 0.0
        # Keeps a client's end open when the server has closed its own.
        self.lingers = False

    @property
    def dsn(self) -> str:
        """The same database, through this proxy."""
        user = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{self._port}", query=""))

    async def start(self) -> None:
        """Take connections (again)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and cut those that are there, as a server that has stopped."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        self._flows.set()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset all connections."""
        for pair in tuple(self._pairs):
            for writer in pair:
                writer.transport.abort()

    def hold(self) -> None:
        """Let nothing through, in either direction, and say nothing."""
        self._flows.clear()

    def let_flow(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def lose_reply_to(self, words: bytes) -> None:
        """Hand the next request with ``words`` on, and cut the connection instead of the answer."""
        self._lose_reply_to = words

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        folder = parse_qs(self._parts.query)["host"][0]
        with suppress(OSError):
            server_reader, server_writer = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
            pair = (writer, server_writer)
            self._pairs.add(pair)
            there = asyncio.create_task(self._pass_on(reader, server_writer, pair=pair, is_request=True))
            back = asyncio.create_task(self._pass_on(server_reader, writer, pair=pair, is_request=False))
            self._tasks |= {there, back}
            try:
                await asyncio.wait(
                    {there} if self.lingers else {there, back}, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                for task in (there, back):
                    task.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
                self._tasks -= {there, back}
                self._pairs.discard(pair)
                self._mute.discard(pair)
                for each in pair:
                    each.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        is_request: bool,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._flows.wait()
                await asyncio.sleep(self.delay_seconds)
                loses = is_request and self._lose_reply_to is not None and self._lose_reply_to in data
                if loses:
                    self._mute.add(pair)
                    self._lose_reply_to = None
                if is_request or pair not in self._mute:
                    writer.write(data)
                    await writer.drain()
                if loses:
                    # The server has it, and its answer has nobody to go to.
                    await asyncio.sleep(0.2)
                    self.lost_replies += 1
                    for each in pair:
                        each.transport.abort()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[Proxy]:
    """A running proxy in front of ``dsn``."""
    proxy = Proxy(dsn)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
