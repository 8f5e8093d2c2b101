"""Server-sent events (WHATWG HTML §9.2): one subscription per process, frames encoded once, bounded clients.

A client that reads too slowly is let go: it connects again and asks for the present state, which is cheaper
for everybody than keeping what it has missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vlog.kit.clock import monotonic_seconds

QUEUE_LENGTH = 64
HEARTBEAT_SECONDS = 15.0
# Proxies and load balancers cut what lives long; ending by ourselves, in peace, spreads the reconnects.
LIFE_SECONDS = 600.0
SEND_SECONDS = 30.0

_HEARTBEAT = b": heartbeat\n\n"
_OPENING = b"retry: 3000\n\n"
_RECONNECT = b"event: reconnect\ndata: {}\n\n"


def frame(event: str, data: object) -> bytes:
    """One event as it goes over the wire; JSON has no line breaks, so one ``data`` line is enough."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), msgspec.json.encode(data))


class Client:
    """One open stream and what it has still to send."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque([_OPENING])
        self._wake = asyncio.Event()
        self._wake.set()
        self._closed = False

    def push(self, data: bytes) -> bool:
        """Queue a frame; ``False`` when the client has fallen too far behind and is being let go."""
        if len(self._frames) >= QUEUE_LENGTH:
            self.close()
        else:
            self._frames.append(data)
        self._wake.set()
        return not self._closed

    def close(self) -> None:
        """End the stream soon; what is queued is not sent any more."""
        self._closed = True
        self._wake.set()

    async def take(self) -> bytes | None:
        """All frames that are waiting, as one; ``None`` when the stream is to end."""
        await self._wake.wait()
        self._wake.clear()
        if self._closed:
            return None
        data = b"".join(self._frames)
        self._frames.clear()
        return data


class Hub:
    """Everybody who listens."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._clients)

    def join(self) -> Client:
        """A new listener."""
        client = Client()
        if self._closed:
            client.close()
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """A listener who is gone."""
        self._clients.discard(client)

    def publish(self, data: bytes) -> None:
        """Send one encoded frame to everybody."""
        for client in tuple(self._clients):
            if not client.push(data):
                self._clients.discard(client)

    def restart(self) -> None:
        """Have everybody connect again: they will ask for the present state."""
        for client in tuple(self._clients):
            client.close()

    def close(self) -> None:
        """Let everybody go, and turn newcomers away: the process is stopping."""
        self._closed = True
        self.restart()

    async def beat(self, stopping: asyncio.Event) -> None:
        """One timer for all: a comment now and then, so that no proxy takes a quiet stream for a dead one."""
        while not stopping.is_set():
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await stopping.wait()
            except TimeoutError:
                self.publish(_HEARTBEAT)
        self.close()


class EventStream(Response):
    """The answer that stays open: ``opening`` first, then whatever the hub has, until either side ends it."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, opening: Callable[[], Awaitable[bytes]]) -> None:
        # X-Accel-Buffering: nginx would hold events back until its buffer is full.
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        # First a listener, then the present state: what happens in between is heard, perhaps twice.
        client = self._hub.join()
        watcher = asyncio.create_task(_close_when_gone(client, receive))
        try:
            client.push(await self._opening())
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            await _pump(client, send)
        finally:
            watcher.cancel()
            self._hub.leave(client)


async def _pump(client: Client, send: Send) -> None:
    end = monotonic_seconds() + LIFE_SECONDS
    farewell = b""
    while not farewell:
        try:
            async with asyncio.timeout(end - monotonic_seconds()):
                data = await client.take()
        except TimeoutError:
            data, farewell = b"", _RECONNECT
        if data is None:
            break
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": data + farewell, "more_body": True})
        except TimeoutError:
            # It takes nothing any more; what is on its way to it will never arrive.
            return
    await send({"type": "http.response.body"})


async def _close_when_gone(client: Client, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.close()
