"""uvicorn's protocol with one more thing to send: a stretch of a file, past Python.

The ASGI extension ``vlog.sendfile``. Where ``scope["extensions"]`` has it, an application may, after
``http.response.start`` with a Content-Length, end its answer with one message::

    {"type": "vlog.sendfile", "body": bytes, "file": file, "offset": int, "count": int, "cached": int}

which sends ``body`` and then ``count`` bytes of ``file`` (``fileno()`` and ``read(offset, length)``); the
first ``cached`` of them are known to be in memory.

When the socket is full, ``room`` tells when ``sendfile`` can go on. The transport reads all the while, so a
peer that leaves is noticed as with any answer. Pages that are not in memory are read in a thread and go
through the transport: a slow disk never stops the loop.
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
from vlog.api.room import room_of
from vlog.kit.errors import VlogError
from vlog.storage import pagecache
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

EXTENSION = "vlog.sendfile"
# How much one call sends: the stretch that is known to be in memory.
WINDOW_BYTES = 2 << 20
# After so much for one client the others have their turn.
TURN_BYTES = 2 << 20
# With less than this left of what is known to be in memory, it is asked again.
LEAST_BYTES = 256 << 10
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
    _is_watched = False

    def resume_writing(self) -> None:
        """The transport has got rid of what it held."""
        super().resume_writing()
        if self._stretch is not None:
            self._stretch.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        if self._is_watched:
            room_of(self.loop).forget(self.descriptor)
            self._is_watched = False
        if self._stretch is not None:
            self._stretch.go_on()

    def sending(self, stretch: Stretch) -> None:
        """Let ``stretch`` go on whenever there is room."""
        self._stretch = stretch

    def sent(self, stretch: Stretch) -> None:
        """It needs no more."""
        self._stretch = None
        stretch.leave_transport()

    def await_room(self) -> None:
        """The socket is full: whoever is sending goes on when it no longer is."""
        if not self._is_watched:
            self._is_watched = True
            room_of(self.loop).watch(self.descriptor, self._has_room)

    def _has_room(self) -> None:
        if self._stretch is not None:
            self._stretch.has_room()

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
            self.sent(stretch)
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
        self._call: Callable[[bool], None] | None = None
        self._before: tuple[int, int] | None = None
        self._look_at = 0.0
        self._looked_offset = -1
        # The socket has no room, and nobody has said yet that it has.
        self._is_full = False
        self._is_through_transport = False

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
        outcome = None if self._is_full else self.advance()
        if outcome is not None:
            return outcome
        waiter: asyncio.Future[bool] = self._protocol.loop.create_future()

        def tell(outcome: bool) -> None:
            if not waiter.done():
                waiter.set_result(outcome)

        self.then(tell)
        try:
            return await waiter
        finally:
            self.forget()

    def then(self, call: Callable[[bool], None]) -> None:
        """``call`` with ``sent``'s answer as soon as there is one; ``advance`` had none yet."""
        self._protocol.sending(self)
        self._before, self._look_at = None, self._protocol.loop.time() + self._protocol.stall_seconds
        self._call = call

    def forget(self) -> None:
        """Call nobody: somebody else goes on with it, or it is over."""
        self._call = None

    def has_room(self) -> None:
        """The socket is no longer full, or may not be."""
        self._is_full = False
        self.go_on()

    def go_on(self) -> None:
        """The transport is empty, or the client is gone."""
        if self._call is not None:
            outcome = self.advance()
            if outcome is not None:
                self._tell(outcome)

    def advance(self) -> bool | None:
        """Send what can be sent now: ``sent``'s answer, or ``None`` when there is more to come."""
        turn_end = self.offset + TURN_BYTES
        while not self._transport.is_closing():
            if self._transport.get_write_buffer_size():
                self._await_transport()
                return None
            if self.offset >= self.end:
                return True
            if self.offset >= turn_end:
                self._protocol.loop.call_soon(self.go_on)
                return None
            if not self._look_ahead():
                return False
            window = min(WINDOW_BYTES, self.cached_end - self.offset)
            if self._sendfile(window) < window and not self._transport.is_closing():
                self._is_full = True
                self._protocol.await_room()
                return None
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
        self._tell(True)

    def look(self, now: float) -> None:
        """See now and then whether the client has taken anything since the last time."""
        if self._call is None or self._transport.is_closing():
            return
        looked, self._looked_offset = self._looked_offset, self.offset
        if self._is_full and self.offset == looked:
            # What ended before the socket was full, as a file that has become shorter, makes no room.
            self._protocol.loop.call_soon(self.has_room)
        if now < self._look_at:
            return
        progress = self._progress()
        if progress == self._before:
            self.cut("the client takes nothing")
        self._before, self._look_at = progress, now + self._protocol.stall_seconds

    def _tell(self, outcome: bool) -> None:
        call, self._call = self._call, None
        if call is not None:
            call(outcome)

    def leave_transport(self) -> None:
        """Let the transport hold as much as it likes, as before."""
        if self._is_through_transport and not self._transport.is_closing():
            self._transport.set_write_buffer_limits()

    def _await_transport(self) -> None:
        if not self._is_through_transport:
            self._is_through_transport = True
            # From here on the transport says when it holds a single byte, and when it has none left.
            self._transport.set_write_buffer_limits(high=0)

    def _look_ahead(self) -> bool:
        """Whether what comes next is in memory."""
        if self.cached_end - self.offset >= min(LEAST_BYTES, self.end - self.offset):
            return True
        window = min(WINDOW_BYTES, self.end - self.offset)
        if not pagecache.is_cached(self._file, self.offset, window):
            return False
        self.cached_end = self.offset + window
        return True

    def _sendfile(self, count: int) -> int:
        """Send up to so much; what the socket took, and less only when it is full or nothing can be sent."""
        try:
            sent = os.sendfile(self._socket, self._file, self.offset, count)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno in _LEFT:
                # The transport will hear of it, too; nobody has to read about viewers who close a page.
                self._transport.abort()
            else:
                self.cut(str(error))
            return 0
        if not sent:
            self.cut("the file has become shorter")
        self.offset += sent
        return sent

    def _progress(self) -> tuple[int, int]:
        """What changes as long as the client takes anything.

        A full socket is writable again when a third of it is free, which a slow reader may take minutes for:
        as long as the kernel's queue gets shorter, it is alive.
        """
        # tcp(7): SIOCOUTQ, what is not acknowledged yet; termios has its number by another name.
        queue = fcntl.ioctl(self._socket, termios.TIOCOUTQ, struct.pack("i", 0))
        unsent: int = struct.unpack("i", queue)[0]
        return self.offset, unsent + self._transport.get_write_buffer_size()
