"""An ASGI application behind our protocol, in a thread with a loop of its own: uvloop or asyncio."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from vlog.api.receiving import EXTENSION as RECEIVE
from vlog.api.sendfile import EXTENSION, SendfileProtocol
from vlog.kit.errors import Unavailable

NewLoop = Callable[[], asyncio.AbstractEventLoop]


class OpenFile:
    """A file with a descriptor that counts how often a thread had to read it."""

    def __init__(self, path: Path, *, hangs_from: int) -> None:
        """``hangs_from``: the disk answers no question about what lies behind."""
        self.reads = 0
        self.hangs_from = hangs_from
        self._file = os.open(path, os.O_RDONLY)

    def fileno(self) -> int:
        return self._file

    async def read(self, offset: int, length: int) -> bytes:
        self.reads += 1
        if offset >= self.hangs_from:
            raise Unavailable("The storage is not answering.", code="storage_unavailable")
        return await asyncio.to_thread(os.pread, self._file, length, offset)

    def close(self) -> None:
        os.close(self._file)


@dataclass
class Files:
    """Answers ``/{name}/{offset}/{count}`` with that stretch of a file, and counts what it does."""

    folder: Path
    offered: list[bool] = field(default_factory=list)
    busy: int = 0
    done: int = 0
    reads: int = 0
    hangs_from: int = 1 << 60
    between: Callable[[], None] = lambda: None
    """Called after the file was opened, before it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, name, offset, count = scope["path"].split("/")
        self.offered.append(EXTENSION in scope.get("extensions", ()))
        self.busy += 1
        file = OpenFile(self.folder / name, hangs_from=self.hangs_from)
        try:
            self.between()
            headers = [(b"content-length", count.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if self.offered[-1]:
                whole = {"file": file, "offset": int(offset), "count": int(count)}
                await send({"type": EXTENSION, "body": b"", **whole})
            else:
                await send({"type": "http.response.body", "body": await file.read(int(offset), int(count))})
        finally:
            self.reads += file.reads
            file.close()
            self.busy -= 1
            self.done += 1


@dataclass
class Bodies:
    """Answers each request with how long its body was and the SHA-256, read as the path says.

    ``/straight`` reads through the extension into rooms of ``room_bytes``, ``/left/{n}`` stops after ``n``
    bytes, and anything else reads messages.
    """

    room_bytes: int = 100_000
    reads: int = 0
    ended: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sha256, length, stop = hashlib.sha256(), 0, 1 << 60
        straight = scope.get("extensions", {}).get(RECEIVE)
        if scope["path"].startswith("/left/"):
            stop = int(scope["path"].rpartition("/")[2])
        try:
            room = memoryview(bytearray(self.room_bytes))
            while straight is not None and scope["path"] != "/messages" and length < stop:
                count = await straight.read_into(room)
                self.reads += 1
                if not count:
                    break
                sha256.update(room[:count])
                length += count
            more = straight is None or scope["path"] == "/messages"
            while more:
                message = await receive()
                sha256.update(message.get("body", b""))
                length += len(message.get("body", b""))
                more = message.get("more_body", False)
        except ClientDisconnect:
            self.ended.append("left")
            return
        self.ended.append("answered")
        said = f"{length} {sha256.hexdigest()} {'straight' if straight is not None else 'messages'}".encode()
        headers = [(b"content-length", str(len(said)).encode())]
        if length >= stop:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


@contextmanager
def serving(
    app: ASGIApp, new_loop: NewLoop, *, stall_seconds: float = 30, certificate: tuple[str, str] | None = None
) -> Iterator[int]:
    """Serve ``app``; the value is the port."""
    protocol = type("Protocol", (SendfileProtocol,), {"stall_seconds": stall_seconds})
    key, chain = certificate or (None, None)
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        ssl_keyfile=key,
        ssl_certfile=chain,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        thread = threading.Thread(target=_serve, args=(server, opened, new_loop))
        thread.start()
        try:
            yield opened.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A thread may not have handlers of signals."""
        yield


def _serve(server: uvicorn.Server, opened: socket.socket, new_loop: NewLoop) -> None:
    with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(server.serve(sockets=[opened]))
