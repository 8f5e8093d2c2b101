"""The only way out of a jail that needs the internet: a proxy on a socket in the file system, which looks at
every address before it connects.

Names are resolved here, once for each connection, and the connection goes to exactly the address that was
judged: a name that changes its mind in between (DNS rebinding) gains nothing, and a redirect is a connection
like any other. Time and bytes are bounded for all connections together.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from vlog.kit.addresses import Network, may_reach
from vlog.kit.errors import NotPermitted

Resolve = Callable[[str, int], Awaitable[list[str]]]

_HEAD_BYTES = 64 << 10
_BLOCK_BYTES = 64 << 10
_CONNECT_SECONDS = 15.0
# Both ways silent for so long: nobody is there any more.
_IDLE_SECONDS = 60.0
_PORTS = frozenset({80, 443})
_CONNECTIONS = 32


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver orders them; raises ``OSError``."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(kw_only=True)
class Egress:
    """What may go out. ``allowed`` are networks that are open although they are private, on any port."""

    max_bytes: int
    allowed: tuple[Network, ...] = ()
    resolve: Resolve = resolve
    received_bytes: int = 0
    refused: list[str] = field(default_factory=list)
    """Where somebody wanted to, and was not let."""

    @asynccontextmanager
    async def serving(self, path: Path) -> AsyncIterator[None]:
        """Answer on a socket at ``path``."""
        places = asyncio.Semaphore(_CONNECTIONS)
        tasks: set[asyncio.Task[None]] = set()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            try:
                async with places:
                    await self._answer(reader, writer)
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_unix_server(take, path, limit=_HEAD_BYTES)
        try:
            yield
        finally:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first address of the name that may be reached.

        Raises ``NotPermitted`` (code ``address_not_public``) when none may be, ``OSError`` when none answers.
        """
        addresses = await self.resolve(host, port)
        good = [each for each in addresses if self._may_reach(each, port)]
        if not good:
            self.refused.append(f"{host}:{port}")
            raise NotPermitted(f"{host}:{port} is no public address.", code="address_not_public")
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await asyncio.open_connection(good[0], port)

    def _may_reach(self, address: str, port: int) -> bool:
        if may_reach(address) and port in _PORTS:
            return True
        return may_reach(address, allowed=self.allowed) and not may_reach(address)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_IDLE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        line, _, rest = head.partition(b"\r\n")
        method, target, _ = line.decode("ascii").split(" ", 2)
        is_tunnel = method == "CONNECT"
        address = urlsplit(f"//{target}" if is_tunnel else target)
        if (
            not address.hostname
            or address.username is not None
            or (not is_tunnel and address.scheme != "http")
        ):
            writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            return
        port = address.port or (443 if is_tunnel else 80)
        try:
            far_reader, far_writer = await self.connect(address.hostname, port)
        except NotPermitted:
            writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        except (OSError, TimeoutError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        try:
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                # One request for each connection: the next one may be for another host.
                path = address._replace(scheme="", netloc="", fragment="").geturl() or "/"
                far_writer.write(f"{method} {path} HTTP/1.1\r\n".encode() + _closing(rest))
            await _both(self._relay(far_reader, writer, counted=True), self._relay(reader, far_writer))
        finally:
            far_writer.close()

    async def _relay(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                block = await source.read(_BLOCK_BYTES)
            if not block:
                return
            if counted:
                self.received_bytes += len(block)
                if self.received_bytes > self.max_bytes:
                    raise OSError("more bytes than allowed")
            target.write(block)
            await target.drain()


async def _both(down: Awaitable[None], up: Awaitable[None]) -> None:
    """Until the far side has said all; what is still being said to it then interests nobody."""
    upward = asyncio.ensure_future(up)
    try:
        await down
    finally:
        upward.cancel()
        with suppress(asyncio.CancelledError, OSError, TimeoutError):
            await upward


def _closing(headers: bytes) -> bytes:
    """The headers of a request without those for the proxy, and with an end after the answer."""
    kept = [
        line
        for line in headers.split(b"\r\n")
        if line and not line.lower().startswith((b"connection:", b"proxy-", b"keep-alive:"))
    ]
    return b"\r\n".join([*kept, b"connection: close", b"", b""])
