"""uvicorn's protocol with one more way to receive: a body straight from the socket into our own memory.

On its usual way each byte of a body is copied five times: out of the transport's buffer, by the parser,
behind what has come already, into the message, and into the block that goes to the disk. The parser is
needed for the head only: where ``Content-Length`` tells how long the body is, the ASGI extension
``vlog.receive`` is an object whose ``read_into`` lets the kernel write into the caller's memory.

What comes is gathered for a moment: the faster a client sends, the less often anybody has to be woken.

Whoever begins to read a body by it has to go on that way. When the body is over, a fresh parser waits for the
next request; when it is left half read, the connection has to be closed, since no parser knows where it is.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

import httptools
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vlog.api.protocol import BoundedProtocol

EXTENSION = "vlog.receive"
# At a gigabyte per second a block of the disk's size comes in this time; the kernel holds more than that.
GATHER_SECONDS = 0.001
_METHODS = frozenset({"PATCH", "POST", "PUT"})


class ReceivingProtocol(BoundedProtocol):
    """Offers ``vlog.receive`` for bodies of a known length."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        scope = cycle.scope
        # Under TLS the bytes have to be decrypted first.
        if scope["method"] in _METHODS and self.scheme == "http":
            # The parser has refused two lengths, and one beside an encoding.
            length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
            if length:
                scope["extensions"] = {EXTENSION: Incoming(self, cycle, length)}  # type: ignore[dict-item]
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def body_received(self) -> None:
        """The whole body has come past the parser."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.on_message_complete()


class Incoming(asyncio.BufferedProtocol):
    """The body of one request; takes the connection over while somebody waits for its bytes."""

    def __init__(self, owner: ReceivingProtocol, cycle: RequestResponseCycle, length_bytes: int) -> None:
        self.left_bytes = length_bytes
        """What has not been read of it."""
        self._owner = owner
        self._cycle = cycle
        self._room = memoryview(b"")
        self._waiter: asyncio.Future[None] | None = None
        self._gathering: asyncio.TimerHandle | None = None
        opened: Any = owner.transport.get_extra_info("socket")
        self._socket: int = opened.fileno()

    async def read_into(self, room: memoryview) -> int:
        """Fill ``room`` with what has come, waiting until there is anything; how much, 0 at the end.

        Raises ``ClientDisconnect``.
        """
        cycle, transport = self._cycle, self._owner.transport
        before = self.left_bytes
        if cycle.body:
            # It came together with the head.
            count = min(len(room), len(cycle.body))
            room[:count] = cycle.body[:count]
            del cycle.body[:count]
            self.left_bytes -= count
        elif before:
            if cycle.disconnected or transport.is_closing():
                raise ClientDisconnect
            if cycle.waiting_for_100_continue:
                transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                cycle.waiting_for_100_continue = False
            await self._wait(transport, room[:before])
            if self.left_bytes == before:
                raise ClientDisconnect
        return before - self.left_bytes

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the protocol's own
        """Where the transport is to put what comes."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """So much has come."""
        self._took(nbytes)
        # What follows waits in the kernel; or the memory is its owner's again.
        self._owner.flow.pause_reading()
        if self._room:
            self._gathering = self._owner.loop.call_later(GATHER_SECONDS, self._gather)
        else:
            self._wake()

    def eof_received(self) -> None:
        """The client has ended before its body; the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._owner.connection_lost(exc)
        self._wake()

    def pause_writing(self) -> None:
        """The transport holds much to be sent."""
        self._owner.pause_writing()

    def resume_writing(self) -> None:
        """The transport has got rid of it."""
        self._owner.resume_writing()

    async def _wait(self, transport: asyncio.Transport, room: memoryview) -> None:
        self._room = room
        self._waiter = self._owner.loop.create_future()
        transport.set_protocol(self)
        self._owner.flow.resume_reading()
        try:
            await self._waiter
        finally:
            self._waiter = None
            if self._gathering is not None:
                self._gathering.cancel()
            self._owner.flow.pause_reading()
            transport.set_protocol(self._owner)
            self._room = memoryview(b"")

    def _gather(self) -> None:
        if not self._owner.transport.is_closing():
            # Nothing more has come, or the transport will hear of it, too.
            with suppress(OSError):
                self._took(os.readv(self._socket, [self._room]))
        self._wake()

    def _took(self, count: int) -> None:
        self.left_bytes -= count
        self._room = self._room[count:]
        if not self.left_bytes:
            # Whoever waited for it may have left meanwhile: the next request comes all the same.
            self._owner.body_received()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
