"""An application behind our protocol in the test's own loop, with its fast lane or without it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from vlog.api.contract import Application
from vlog.api.fast_protocol import FastProtocol


class Road:
    """The application behind a listener; counts what comes to it, which what the lane answers does not."""

    def __init__(self, app: Application, *, has_lane: bool) -> None:
        self.app = app
        self.fast_lane = app.fast_lane if has_lane else None
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.app(scope, receive, send)

    @property
    def files(self) -> list[Any]:
        """The files that are open now."""
        assert self.app.fast_lane is not None
        return list(self.app.fast_lane._media._files._kept.values())


class Server(uvicorn.Server):
    """Beside the test, whose signals are its own."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield


@dataclass
class Listening:
    """One road and its port."""

    road: Road
    port: int
    server: Server

    async def ask(self, request: bytes) -> bytes:
        """All that comes until the server closes, or waits for more."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        received = b""
        with suppress(TimeoutError, ConnectionError):
            while piece := await asyncio.wait_for(reader.read(1 << 20), 0.25 if received else 5):
                received += piece
        writer.close()
        return received


@asynccontextmanager
async def listening(app: Application, *, has_lane: bool = True, limit: int = 100) -> AsyncIterator[Listening]:
    road = Road(app, has_lane=has_lane)
    config = uvicorn.Config(
        road,
        http=FastProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limit,
        timeout_graceful_shutdown=2,
    )
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        try:
            yield Listening(road, opened.getsockname()[1], server)
        finally:
            server.should_exit = True
            await serving
