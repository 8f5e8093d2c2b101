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
import ctypes
import errno
import fcntl
import os
import socket
import struct
import termios
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vlog.api.protocol import too_many
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


# send(2), with flags. An object of Python's would own the descriptor, which is the transport's.
_send = ctypes.CDLL(None, use_errno=True).send
_send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_send.restype = ctypes.c_ssize_t
_MORE_FOLLOWS = socket.MSG_MORE | socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
_LEFT = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.ETIMEDOUT})


class SendableFile(Protocol):
    """An open file with a descriptor."""

    def fileno(self) -> int:
        """The descriptor, valid while the answer is being sent."""

    async def read(self, offset: int, length: int) -> bytes:
        """The same bytes, read where waiting is allowed."""


Read = Callable[[int, int], Awaitable[bytes]]


class SendfileProtocol(ReceivingProtocol):
    """Offers ``vlog.sendfile`` on connections without TLS."""

    stall_seconds = STALL_SECONDS
    _stretch: Stretch | None = None

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

    def look(self, now: float) -> None:
        """Once a second."""
        super().look(now)
        if self._stretch is not None:
            self._stretch.look(now)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        # uvicorn calls this for each request, also for those that waited in the pipeline. Under TLS the bytes
        # have to be encrypted first.
        chosen = too_many if app is service_unavailable else app
        offered = self._offering(cycle, chosen) if self.scheme == "http" else chosen
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
        body, offset, count = message["body"], message["offset"], message["count"]
        if len(body) + count != cycle.expected_content_length:
            raise RuntimeError("vlog.sendfile is not as long as Content-Length")
        if not self.transport.is_closing():
            self.transport.write(body)
            file: SendableFile = message["file"]
            stretch = Stretch(self, file.fileno(), offset=offset, end=offset + count)
            stretch.cached_end = offset + message.get("cached", 0)
            await self.send_rest(stretch, file.read)
        # uvicorn hears of it in the loop's next turn only, and would complain about a short answer.
        cycle.disconnected = cycle.disconnected or self.transport.is_closing()
        cycle.expected_content_length = 0
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send_rest(self, stretch: Stretch, read: Read) -> None:
        """Send what is left of a stretch, as fast as the client takes it. Who can't be served is cut off."""
        self._stretch = stretch
        # From here on the transport says when it holds a single byte, and when it has none left.
        self.transport.set_write_buffer_limits(high=0)
        try:
            while not await stretch.sent():
                # What comes next is not in memory.
                try:
                    data = await read(stretch.offset, min(COLD_BYTES, stretch.end - stretch.offset))
                except VlogError as error:
                    stretch.cut(error.message)
                else:
                    stretch.write(data)
        finally:
            self._stretch = None
            if not self.transport.is_closing():
                self.transport.set_write_buffer_limits()
        if stretch.cut_because:
            log.info("answer_cut", reason=stretch.cut_because)


class Stretch:
    """What is still to be sent of a file. It goes on by itself whenever the transport is empty."""

    def __init__(self, protocol: SendfileProtocol, file: int, *, offset: int, end: int) -> None:
        self.offset = offset
        self.end = end
        self.cached_end = offset
        self.cut_because = ""
        self._file = file
        self._protocol = protocol
        self._transport = protocol.transport
        self._socket = protocol.descriptor
        self._waiter: asyncio.Future[bool] | None = None
        self._before: tuple[int, int] | None = None
        self._look_at = 0.0

    def lead(self, head: bytes) -> None:
        """Send this first, in one packet with what follows at once: half as many wake the client."""
        if self._transport.is_closing():
            return
        count = 0
        if not self._transport.get_write_buffer_size():
            # Whatever is wrong (-1), the transport will meet it as well.
            count = max(0, _send(self._socket, head, len(head), _MORE_FOLLOWS))
        if count < len(head):
            self._transport.write(head[count:])

    async def sent(self) -> bool:
        """Send; ``True`` when all is sent or nobody listens, ``False`` when a disk has to be asked."""
        outcome = self.advance()
        if outcome is not None:
            return outcome
        loop = self._protocol.loop
        self._waiter = loop.create_future()
        self._before, self._look_at = None, loop.time() + self._protocol.stall_seconds
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def go_on(self) -> None:
        """The transport is empty, or the client is gone."""
        if self._waiter is None or self._waiter.done():
            return
        outcome = self.advance()
        if outcome is not None and not self._waiter.done():
            self._waiter.set_result(outcome)

    def advance(self) -> bool | None:
        """Send what can be sent now: ``sent``'s answer, or ``None`` when there is more to come."""
        turn_end = self.offset + TURN_BYTES
        while not self._transport.is_closing():
            if self._transport.get_write_buffer_size():
                return None
            if self.offset >= self.end:
                return True
            if self.offset >= turn_end:
                self._protocol.loop.call_soon(self.go_on)
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

    def write(self, data: bytes) -> None:
        """Send the next bytes through the transport."""
        if not data:
            self.cut("the file has become shorter")
        elif not self._transport.is_closing():
            self._transport.write(data)
        self.offset += len(data)

    def cut(self, reason: str) -> None:
        """End the connection: the rest can't be sent."""
        self.cut_because = self.cut_because or reason
        # Not close(): that would wait for a peer that takes nothing.
        self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    def look(self, now: float) -> None:
        """See now and then whether the client has taken anything since the last time."""
        waits = self._waiter is not None and not self._waiter.done() and not self._transport.is_closing()
        if not waits or now < self._look_at:
            return
        progress = self._progress()
        if progress == self._before:
            self.cut("the client takes nothing")
        self._before, self._look_at = progress, now + self._protocol.stall_seconds

    def _sendfile(self, count: int) -> int:
        try:
            return os.sendfile(self._socket, self._file, self.offset, count)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno in _LEFT:
                # The transport will hear of it, too; nobody has to read about viewers who close a page.
                self._transport.abort()
            else:
                self.cut(str(error))
            return 0

    def _progress(self) -> tuple[int, int]:
        """What changes as long as the client takes anything.

        A full socket is writable again when a third of it is free, which a slow reader may take minutes for:
        as long as the kernel's queue gets shorter, it is alive.
        """
        # tcp(7): SIOCOUTQ, what is not acknowledged yet; termios has its number by another name.
        queue = fcntl.ioctl(self._socket, termios.TIOCOUTQ, struct.pack("i", 0))
        unsent: int = struct.unpack("i", queue)[0]
        return self.offset, unsent + self._transport.get_write_buffer_size()
