"""uvicorn's protocol with one more thing to send: a stretch of a file, past Python.

The ASGI extension ``vlog.sendfile``. Where ``scope["extensions"]`` has it, an application may, after
``http.response.start`` with a Content-Length, end its answer with one message::

    {"type": "vlog.sendfile", "body": bytes, "file": file, "offset": int, "count": int}

which sends ``body`` and then ``count`` bytes of ``file`` (``fileno()`` and ``read(offset, length)``).

All waiting is the transport's own: when the socket is full, a small piece goes through the transport, which
polls for us, and ``sendfile`` goes on when the transport has got rid of it. So no second descriptor, no
second poll, and a peer that leaves is noticed as with any answer. Pages that are not in memory are read in
a thread and go through the transport as well: a slow disk never stops the loop.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vlog.api.protocol import BoundedProtocol
from vlog.storage import pagecache
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

EXTENSION = "vlog.sendfile"
# How much one call sends: the stretch that is known to be in memory.
WINDOW_BYTES = 512 << 10
# After so much for one client the others have their turn.
TURN_BYTES = 2 << 20
# What waits in the transport for a full socket: all that a stopped client costs us.
PIECE_BYTES = 4 << 10
# How much a thread reads when the disk has to be asked.
COLD_BYTES = 256 << 10
# A peer that has taken nothing for this long is gone, or holds our memory on purpose.
STALL_SECONDS = 60.0


class SendableFile(Protocol):
    """An open file with a descriptor."""

    def fileno(self) -> int:
        """The descriptor, valid while the answer is being sent."""

    async def read(self, offset: int, length: int) -> bytes:
        """The same bytes, read where waiting is allowed."""


class Cut(Exception):
    """The rest of the answer can't be sent."""


class SendfileProtocol(BoundedProtocol):
    """Offers ``vlog.sendfile`` on connections without TLS."""

    stall_seconds = STALL_SECONDS

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        # uvicorn calls this for each request, also for those that waited in the pipeline. Under TLS the bytes
        # have to be encrypted first.
        offered = self._offering(cycle, app) if self.scheme == "http" else app
        super()._start_asgi_task(cycle, offered)  # type: ignore[arg-type]

    def _offering(self, cycle: RequestResponseCycle, app: ASGIApp) -> ASGIApp:
        async def offering(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if message["type"] == EXTENSION:
                    await self._send_file(cycle, message)
                else:
                    await send(message)

            scope["extensions"] = {EXTENSION: {}}
            await app(scope, receive, sending)

        return offering

    async def _send_file(self, cycle: RequestResponseCycle, message: Message) -> None:
        body, count = message["body"], message["count"]
        if len(body) + count != cycle.expected_content_length:
            raise RuntimeError("vlog.sendfile is not as long as Content-Length")
        if self._is_gone(cycle):
            return
        transport = self.transport
        try:
            # One byte more than what waits, and uvloop sends it all at once instead of at the turn's end.
            transport.set_write_buffer_limits(high=transport.get_write_buffer_size())
            transport.write(body)
            # From here on the transport says when it holds a single byte, and when it has none left.
            transport.set_write_buffer_limits(high=0)
            await self._send_stretch(cycle, message["file"], offset=message["offset"], count=count)
            await self._drained()
        except Cut as cut:
            log.info("answer_cut", reason=str(cut))
            # Not close(): that would wait for a peer that takes nothing.
            transport.abort()
            cycle.disconnected = True
        finally:
            if not transport.is_closing():
                transport.set_write_buffer_limits()
        cycle.expected_content_length = 0
        await cycle.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_stretch(
        self, cycle: RequestResponseCycle, file: SendableFile, *, offset: int, count: int
    ) -> None:
        end, turn = offset + count, 0
        while offset < end:
            await self._drained()
            if self._is_gone(cycle):
                return
            window = min(WINDOW_BYTES, end - offset)
            if pagecache.is_cached(file.fileno(), offset, window):
                sent = self._sendfile(file.fileno(), offset, window)
                piece = PIECE_BYTES
            else:
                sent, piece = 0, COLD_BYTES
            offset, turn = offset + sent, turn + sent
            if sent < window:
                offset += await self._send_piece(file, offset=offset, count=min(piece, end - offset))
            elif turn >= TURN_BYTES:
                turn = 0
                await asyncio.sleep(0)

    def _sendfile(self, file: int, offset: int, count: int) -> int:
        try:
            return os.sendfile(self._socket(), file, offset, count)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Cut(str(error)) from error

    async def _send_piece(self, file: SendableFile, *, offset: int, count: int) -> int:
        data = pagecache.read_cached(file.fileno(), offset, count)
        if data is None:
            data = await file.read(offset, count)
        if not data:
            raise Cut("the file has become shorter")
        self.transport.write(data)
        return len(data)

    async def _drained(self) -> None:
        """Wait until the transport is empty; raises ``Cut`` when the peer takes nothing for too long.

        A full socket is writable again when a third of it is free, which a slow reader may take minutes for:
        as long as the kernel's queue gets shorter, it is alive.
        """
        while self.flow.write_paused:
            before = self._waiting_bytes()
            try:
                async with asyncio.timeout(self.stall_seconds):
                    await self.flow.drain()
            except TimeoutError:
                if self._waiting_bytes() >= before:
                    raise Cut("the client takes nothing") from None

    def _is_gone(self, cycle: RequestResponseCycle) -> bool:
        return cycle.disconnected or self.transport.is_closing()

    def _waiting_bytes(self) -> int:
        if self.transport.is_closing():
            return 0
        queue = struct.pack("i", 0)
        # tcp(7): SIOCOUTQ, what is not acknowledged yet; termios has its number by another name.
        queue = fcntl.ioctl(self._socket(), termios.TIOCOUTQ, queue)
        unsent: int = struct.unpack("i", queue)[0]
        return unsent + self.transport.get_write_buffer_size()

    def _socket(self) -> int:
        socket: Any = self.transport.get_extra_info("socket")
        number: int = socket.fileno()
        return number
