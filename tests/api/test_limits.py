"""The real process with more viewers than it can serve, and with viewers who take nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.api import SECRET, SEGMENT, make_ready, media_files
from tests.support.serving import Running, serving
from vlog.api.descriptors import most_connections
from vlog.context import Context

LARGE = 8 << 20
STOPPED = 500


@asynccontextmanager
async def asking(port: int, request: bytes) -> AsyncIterator[socket.socket]:
    """A client that has asked and reads nothing by itself."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    try:
        with suppress(ConnectionError):
            await loop.sock_connect(client, ("127.0.0.1", port))
            await loop.sock_sendall(client, request)
        yield client
    finally:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def resident_bytes(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_descriptors(process_id: int) -> int:
    return len(list(Path(f"/proc/{process_id}/fd").iterdir()))


async def until_healthy(running: Running) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(running.url(0) + "/health")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def test_viewers_who_stop_cost_next_to_nothing(ctx: Context) -> None:
    path = media_files(await make_ready(ctx))[4]
    ctx.config.storage_path.joinpath(path[1:]).write_bytes(bytes(LARGE))
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with serving(ctx) as running, AsyncExitStack() as stack:
        process_id = running.process.pid
        async with httpx.AsyncClient() as client:
            assert len((await client.get(running.url(0) + path)).content) == LARGE
        before, descriptors = resident_bytes(process_id), open_descriptors(process_id)
        for _ in range(STOPPED):
            await stack.enter_async_context(asking(running.ports[0], request))
        async with httpx.AsyncClient(timeout=30) as client:
            assert len((await client.get(running.url(0) + path)).content) == LARGE
        # One descriptor each, and the file once for all; chunks in memory would be 128 MB.
        assert open_descriptors(process_id) <= descriptors + STOPPED + 8
        assert resident_bytes(process_id) - before < 48 << 20
        await stack.aclose()
        async with asyncio.timeout(20):
            while open_descriptors(process_id) > descriptors + 8:
                await asyncio.sleep(0.1)


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit sets the limit")
async def test_without_descriptors_it_refuses_and_recovers(ctx: Context) -> None:
    path = media_files(await make_ready(ctx))[4]
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with serving(ctx, descriptors=256) as running:
        async with AsyncExitStack() as stack:
            for number in range(400):
                said = request if number % 2 else b""
                await stack.enter_async_context(asking(running.ports[number % 3], said))
            # What is connected already is served; who comes now is refused, one way or the other.
            async with httpx.AsyncClient() as client:
                with suppress(httpx.TransportError):
                    assert (await client.get(running.url(0) + path)).status_code == 503
            assert running.process.returncode is None
            assert open_descriptors(running.process.pid) < 250
        await until_healthy(running)
        async with httpx.AsyncClient() as client:
            assert (await client.get(running.url(0) + path)).content == SEGMENT
            listed = await client.get(running.url(1) + "/api/videos", headers={"X-Admin-Secret": SECRET})
            assert listed.status_code == 200


@pytest.mark.parametrize(
    ("limit", "services", "connections"),
    [(20_000, 3, 2000), (1 << 20, 1, 2000), (1024, 3, 224), (256, 3, 32), (64, 3, 8)],
)
def test_connections_leave_room_for_files(limit: int, services: int, connections: int) -> None:
    assert most_connections(limit, services=services) == connections
