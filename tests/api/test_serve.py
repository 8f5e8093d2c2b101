"""The real process: three listeners, raw sockets, signals, and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from tests.support.api import SECRET, SEGMENT, make_ready, media_files
from tests.support.serving import ALL, Running, free_ports, serving, start
from vlog.api.protocol import HEAD_SECONDS
from vlog.context import Context

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'"
)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def raw(port: int, request: bytes) -> bytes:
    """What comes back for exactly these bytes, until the server closes or nothing more comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        with suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(2):
                while piece := await reader.read(65_536):
                    answer += piece
    finally:
        writer.close()
    return answer


async def test_three_services_in_one_process(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx)
    async with httpx.AsyncClient() as client:
        address = running.url(0) + media_files(video)[4]
        segment = await client.get(address)
        assert segment.content == SEGMENT
        assert "server" not in segment.headers
        part = await client.get(address, headers={"Range": "bytes=1000-400000"})
        assert part.content == SEGMENT[1000:400_001]
        listed = await client.get(f"{running.url(1)}/api/videos", headers={"X-Admin-Secret": SECRET})
        assert listed.json()["videos"][0]["id"] == video.id
        assert (await client.get(f"{running.url(1)}/api/videos")).status_code == 401


async def test_one_service_can_t_starve_another(ctx: Context, running: Running) -> None:
    """Visitors whose questions all wait for a lock take their own service's connections, and no others."""
    async with ctx.db.pool.acquire() as holder, httpx.AsyncClient(timeout=20) as client:
        async with holder.transaction():
            await holder.execute("LOCK TABLE categories IN ACCESS EXCLUSIVE MODE")
            waiting = [
                asyncio.create_task(client.get(f"{running.url(0)}/api/videos/nobody-{number}"))
                for number in range(40)
            ]
            async with asyncio.timeout(20):
                while await ctx.db.fetchval(_WAITING) < 10:
                    await asyncio.sleep(0.05)
            others = await asyncio.gather(
                client.get(f"{running.url(1)}/api/uploads", headers={"X-Admin-Secret": SECRET}),
                client.get(f"{running.url(2)}/api/health"),
            )
            assert [(each.status_code, each.json().get("status")) for each in others] == [
                (200, None),
                (200, "healthy"),
            ]
            assert not all(task.done() for task in waiting), "nobody was waiting any more"
        answers = await asyncio.gather(*waiting)
        assert {each.status_code for each in answers} <= {404, 503}
        assert (await client.get(f"{running.url(0)}/api/videos/nobody")).status_code == 404


async def test_no_path_leads_out(ctx: Context, running: Running) -> None:
    """As bytes on a socket: a client library would tidy such paths up."""
    await make_ready(ctx)
    for path in (
        "/videos/../../etc/passwd",
        "/videos/..%2f..%2fetc/passwd",
        "/videos/%2e%2e/%2e%2e/etc/passwd",
        "/videos/..\\..\\etc\\passwd",
        "/videos/%c0%ae%c0%ae/master.m3u8",
        "/videos/....//....//etc/passwd",
        "/videos/a-title/master.m3u8%00.jpg",
        "/videos/a-title/master.m3u8.",
        "/videos/a-title/master.m3u8%20",
        "/videos//a-title/master.m3u8",
        "//videos/a-title/master.m3u8",
        "/static/../templates/public/home.html",
        "/static/%2e%2e/manifest.json",
        "/watch/../api/videos/x",
        "/api/videos/%ff%fe",
    ):
        answer = await raw(
            running.ports[0], f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
        )
        assert answer.startswith(b"HTTP/1.1 404"), path
        assert b"root:" not in answer


async def test_malformed_requests_are_refused(running: Running) -> None:
    start = b"GET /health HTTP/1.1\r\nHost: x\r\n"
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    for request in (
        b"GARBAGE\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a/../b\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: x\r\n" + both,
        start + b"X: " + b"y" * 40_000 + b"\r\n\r\n",
        start + b"X: " + b"y" * 2_000_000,
        start + b"X: y\r\n" * 200 + b"\r\n",
        start + b"X-" + b"y" * 40_000 + b": z\r\n\r\n",
        b"GET /health?" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        answer = await raw(running.ports[0], request)
        # Who still sends when the connection closes may lose the answer: TCP resets.
        lost = not answer and len(request) > 100_000
        assert lost or answer.startswith(b"HTTP/1.1 400"), (request[:60], answer[:100])
        if not lost:
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"application/problem+json" in head
            assert json.loads(body)["code"] in {"bad_request", "bad_host"}


async def test_requests_near_the_limits_are_served(running: Running) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 300) for number in range(90))
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n" + many + b"Connection: close\r\n\r\n"
    assert (await raw(running.ports[0], request)).startswith(b"HTTP/1.1 200")
    # A body may be longer than a head.
    body = b'{"secret": "' + b"y" * 500_000 + b'"}'
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    assert (await raw(running.ports[1], request)).startswith(b"HTTP/1.1 422")


async def silence(port: int, said: bytes) -> float:
    """How long a connection stays open on which nothing more is said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    started = time.monotonic()
    async with asyncio.timeout(HEAD_SECONDS + 10):
        while await reader.read(1000):
            pass
    writer.close()
    return time.monotonic() - started


async def test_connections_that_say_nothing_are_closed(running: Running) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    kinds = (b"", b"GET / HTTP/1.1\r\nHost:", request + b"GET")
    lasted = await asyncio.gather(*(silence(running.ports[0], said) for said in kinds))
    assert all(HEAD_SECONDS - 1 < seconds < HEAD_SECONDS + 5 for seconds in lasted)


async def test_a_refused_upload_does_not_have_to_be_sent(running: Running) -> None:
    head = (
        "POST /api/videos HTTP/1.1\r\nHost: x\r\nX-Admin-Secret: wrong and long enough\r\n"
        f"Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {100 << 30}\r\n\r\n"
    )
    started = time.monotonic()
    answer = await raw(running.ports[1], head.encode() + b"x" * 100_000)
    assert time.monotonic() - started < 10
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"connection: close" in answer.lower()


async def test_a_client_that_waits_for_leave_to_send_is_refused_at_once(running: Running) -> None:
    head = (
        f"POST /api/videos HTTP/1.1\r\nHost: x\r\nX-Admin-Secret: {SECRET}\r\nExpect: 100-continue\r\n"
        f"Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {1 << 50}\r\n\r\n"
    )
    answer = await raw(running.ports[1], head.encode())
    assert b"413" in answer
    assert b"upload_too_large" in answer


async def test_it_ends_in_peace_with_streams_open(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx)
    request = f"GET /api/events/progress HTTP/1.1\r\nHost: x\r\nX-Admin-Secret: {SECRET}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", running.ports[1])
    writer.write(request.encode())
    assert b"retry: 3000" in await reader.readuntil(b"retry: 3000")
    # A viewer who has stopped reading in the middle of a segment.
    stalled, stalled_writer = await asyncio.open_connection("127.0.0.1", running.ports[0], limit=1024)
    stalled_writer.write(f"GET {media_files(video)[4]} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 8)
    await stalled.readuntil(b"200")
    started = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    _, log = await asyncio.wait_for(running.process.communicate(), 15)
    assert time.monotonic() - started < 6.5
    assert running.process.returncode == 0, log.decode()
    assert (await reader.read()).endswith(b"0\r\n\r\n")
    for each in (writer, stalled_writer):
        each.close()


async def test_a_port_that_is_taken_is_said_in_one_sentence(ctx: Context) -> None:
    ports = free_ports()
    with socket.create_server(("127.0.0.1", ports[1])):
        process = await start(ctx, ports, *ALL)
        _, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    sentence = log.decode().strip()
    assert sentence.startswith(f"port_taken: Port {ports[1]} on 127.0.0.1 can't be used")
    assert "VLOG_ADMIN_PORT" in sentence
    assert "\n" not in sentence


async def test_an_unknown_service_is_refused(ctx: Context) -> None:
    process = await start(ctx, free_ports(), "everything")
    _, log = await asyncio.wait_for(process.communicate(), 30)
    assert log.decode().strip() == "unknown_service: Services are public, admin, worker-api."


async def test_requests_that_mean_something_else_are_refused(ctx: Context, running: Running) -> None:
    """Methods that nobody serves, upgrades, and ranges by the thousand, as bytes on a socket."""
    path = media_files(await make_ready(ctx))[4]
    for method in ("TRACE", "CONNECT", "PROPFIND", "DELETE", "__init__", "get"):
        for target in (path, "/health", "/"):
            request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = await raw(running.ports[0], request.encode())
            assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 405"}, (method, target, answer[:60])
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close"
    upgrade = f"{head}, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    assert (await raw(running.ports[0], upgrade.encode())).startswith(b"HTTP/1.1 200")
    many = f"{head}\r\nRange: bytes={','.join(['0-0'] * 1000)}\r\n\r\n"
    answer = await raw(running.ports[0], many.encode())
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(SEGMENT)
    endless = f"{head}\r\nRange: bytes=0-{'9' * 10_000_000}\r\n\r\n"
    answer = await raw(running.ports[0], endless.encode())
    assert answer[:12] in {b"", b"HTTP/1.1 400"}
