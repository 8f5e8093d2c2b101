"""uvicorn's protocol with one more thing to send: a stretch of a file, past Python.

The ASGI extension ``vlog.sendfile``. Where ``scope["extensions"]`` has it, an application may, after
``http.response.start`` with a Content-Length, end its answer with one message::

    {"type": "vlog.sendfile", "body": bytes, "file": file, "offset": int, "count": int, "cached": int}

which sends ``body`` and then ``count`` bytes of ``file`` (``fileno()`` and ``read(offset, length)``); the
first ``cached`` of them are known to be in memory.

All waiting is the transport's own: when the socket is full, a small piece goes through the transport, which
polls for us, and ``sendfile`` goes on when the transport has got rid of it. So no second descriptor, no
second poll, and a peer that leaves is noticed as with any answer. Pages that are not in memory are read in
a thread and go through the transport as well: a slow disk never stops the loop.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import termios
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vlog.api.receiving import ReceivingProtocol
from vlog.kit.errors import VlogError
from vlog.storage import pagecache
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

EXTENSION = "vlog.sendfile"
# How much one call sends: the stretch that is known to be in memory.
WINDOW_BYTES = 1 << 20
# After so much for one client the others have their turn.
TURN_BYTES = 2 << 20
# What waits in the transport for a full socket: all that a stopped client costs us.
PIECE_BYTES = 4 << 10
# How much a thread reads when the disk has to be asked.
COLD_BYTES = 256 << 10
# A peer that takes nothing from one look to the next is gone, or holds our memory on purpose.
STALL_SECONDS = 30.0


_LEFT = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.ETIMEDOUT})


class SendableFile(Protocol):
    """An open file with a descriptor."""

    def fileno(self) -> int:
        """The descriptor, valid while the answer is being sent."""

    async def read(self, offset: int, length: int) -> bytes:
        """The same bytes, read where waiting is allowed."""


class Cut(Exception):
    """The rest of the answer can't be sent."""


class SendfileProtocol(ReceivingProtocol):
    """Offers ``vlog.sendfile`` on connections without TLS."""

    stall_seconds = STALL_SECONDS
    _stretch: _Stretch | None = None

    def resume_writing(self) -> None:
        """The transport has got rid of what it held."""
        super().resume_writing()
        if self._stretch is not None:
            self._stretch.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        if self._stretch is not None:
            self._stretch.go_on()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        # uvicorn calls this for each request, also for those that waited in the pipeline. Under TLS the bytes
        # have to be encrypted first.
        offered = self._offering(cycle, app) if self.scheme == "http" else app
        super()._start_asgi_task(cycle, offered)

    def _offering(self, cycle: RequestResponseCycle, app: ASGIApp) -> ASGIApp:
        async def offering(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if message["type"] == EXTENSION:
                    await self._send_file(cycle, message)
                else:
                    await send(message)

            scope.setdefault("extensions", {})[EXTENSION] = {}
            await app(scope, receive, sending)

        return offering

    async def _send_file(self, cycle: RequestResponseCycle, message: Message) -> None:
        body, count = message["body"], message["count"]
        if len(body) + count != cycle.expected_content_length:
            raise RuntimeError("vlog.sendfile is not as long as Content-Length")
        transport = self.transport
        try:
            if not transport.is_closing():
                transport.write(body)
                # From here on the transport says when it holds a single byte, and when it has none left.
                transport.set_write_buffer_limits(high=0)
                await self._send_stretch(message["file"], message)
        except Cut as cut:
            log.info("answer_cut", reason=str(cut))
            # Not close(): that would wait for a peer that takes nothing.
            transport.abort()
        finally:
            self._stretch = None
            if transport.is_closing():
                # uvicorn hears of it in the loop's next turn only, and would complain about a short answer.
                cycle.disconnected = True
            else:
                transport.set_write_buffer_limits()
        cycle.expected_content_length = 0
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_stretch(self, file: SendableFile, message: Message) -> None:
        offset = message["offset"]
        stretch = _Stretch(self, file.fileno(), offset=offset, end=offset + message["count"])
        stretch.cached_end = offset + message.get("cached", 0)
        self._stretch = stretch
        while not await stretch.sent():
            # What comes next is not in memory.
            try:
                data = await file.read(stretch.offset, min(COLD_BYTES, stretch.end - stretch.offset))
            except VlogError as error:
                raise Cut(error.message) from error
            stretch.write(data)


class _Stretch:
    """What is still to be sent of a file. It goes on by itself whenever the transport is empty."""

    def __init__(self, protocol: SendfileProtocol, file: int, *, offset: int, end: int) -> None:
        self.offset = offset
        self.end = end
        self.cached_end = offset
        self._file = file
        self._protocol = protocol
        self._transport = protocol.transport
        self._socket = _descriptor(protocol.transport)
        self._loop = protocol.loop
        self._waiter: asyncio.Future[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def sent(self) -> bool:
        """Send; ``True`` when all is sent or nobody listens, ``False`` when a disk has to be asked.

        Raises ``Cut`` when the client takes nothing for too long.
        """
        outcome = self._advance()
        if outcome is not None:
            return outcome
        self._waiter = self._loop.create_future()
        self._timer = self._loop.call_later(self._protocol.stall_seconds, self._look, None)
        try:
            return await self._waiter
        finally:
            self._waiter = None
            if self._timer is not None:
                self._timer.cancel()

    def go_on(self) -> None:
        """The transport is empty, or the client is gone."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        try:
            outcome = self._advance()
        except Cut as cut:
            waiter.set_exception(cut)
            return
        if outcome is not None:
            waiter.set_result(outcome)

    def write(self, data: bytes) -> None:
        """Send the next bytes through the transport; raises ``Cut`` when there are none."""
        if not data:
            raise Cut("the file has become shorter")
        if not self._transport.is_closing():
            self._transport.write(data)
        self.offset += len(data)

    def _advance(self) -> bool | None:
        """Send what can be sent now; ``None`` when the transport will call again."""
        turn_end = self.offset + TURN_BYTES
        while not self._transport.is_closing():
            if self._protocol.flow.write_paused:
                return None
            if self.offset >= self.end:
                return True
            if self.offset >= turn_end:
                self._loop.call_soon(self.go_on)
                return None
            window = min(WINDOW_BYTES, self.end - self.offset)
            if self.offset + window > self.cached_end:
                if not pagecache.is_cached(self._file, self.offset, window):
                    return False
                self.cached_end = self.offset + window
            count = self._sendfile(window)
            self.offset += count
            if count < window and not self._transport.is_closing():
                # The socket is full. A little through the transport, and the transport waits for us.
                piece = pagecache.read_cached(self._file, self.offset, min(PIECE_BYTES, window - count))
                if piece is None:
                    return False
                self.write(piece)
        return True

    def _sendfile(self, count: int) -> int:
        try:
            return os.sendfile(self._socket, self._file, self.offset, count)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno in _LEFT:
                # The transport will hear of it, too; nobody has to read about viewers who close a page.
                self._transport.abort()
                return 0
            raise Cut(str(error)) from error

    def _look(self, before: tuple[int, int] | None) -> None:
        """Look now and then whether the client has taken anything since ``before``."""
        waiter = self._waiter
        if waiter is None or waiter.done() or self._transport.is_closing():
            return
        now = self._progress()
        if now == before:
            waiter.set_exception(Cut("the client takes nothing"))
            return
        self._timer = self._loop.call_later(self._protocol.stall_seconds, self._look, now)

    def _progress(self) -> tuple[int, int]:
        """What changes as long as the client takes anything.

        A full socket is writable again when a third of it is free, which a slow reader may take minutes for:
        as long as the kernel's queue gets shorter, it is alive.
        """
        # tcp(7): SIOCOUTQ, what is not acknowledged yet; termios has its number by another name.
        queue = fcntl.ioctl(self._socket, termios.TIOCOUTQ, struct.pack("i", 0))
        unsent: int = struct.unpack("i", queue)[0]
        return self.offset, unsent + self._transport.get_write_buffer_size()


def _descriptor(transport: asyncio.Transport) -> int:
    socket: Any = transport.get_extra_info("socket")
    number: int = socket.fileno()
    return number
