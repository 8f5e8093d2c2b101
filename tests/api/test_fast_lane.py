"""Two roads for media, one answer: the same requests on sockets, with the fast lane and without it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.support.api import SEGMENT, make_ready, media_files
from tests.support.roads import Listening, listening
from vlog.api.app import build_public
from vlog.api.contract import Application
from vlog.catalog import trash
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.proxies import TrustedProxies
from vlog.storage.layout import Key

LARGE = 12 << 20


@pytest.fixture
async def both(ctx: Context) -> AsyncIterator[tuple[Listening, Listening]]:
    app = build_public(ctx).app
    assert isinstance(app, Application)
    async with listening(app) as fast, listening(app, has_lane=False) as ordinary:
        yield fast, ordinary


@pytest.fixture
async def fast(both: tuple[Listening, Listening]) -> Listening:
    return both[0]


def request(path: str, *lines: str, method: str = "GET", version: str = "1.1", host: str = "x") -> bytes:
    head = [f"{method} {path} HTTP/{version}", *([f"Host: {host}"] if host else []), *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


def masked(answer: bytes) -> bytes:
    """Without what no two answers share."""
    answer = re.sub(rb"date: [^\r]+", b"date: -", answer)
    answer = re.sub(rb"x-request-id: [0-9a-f]{32}\r", b"x-request-id: -\r", answer)
    return re.sub(rb'"request_id":"[0-9a-f]{32}"', b"-", answer)


# Each may go by the lane; %s stands for a strong tag of the file.
READY: Sequence[tuple[str, ...]] = (
    (),
    ("Range: bytes=0-0",),
    ("Range: bytes=9-70000",),
    ("range:bytes=-7",),
    ("Range: bytes=0-1,5-6",),
    ("Range: chunks=1",),
    ("If-None-Match: %s",),
    ('If-None-Match: "other"', "Range: bytes=0-3"),
    ("If-None-Match: *",),
    ("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",),
    ("If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", "Range: bytes=0-3"),
    ("If-Modified-Since: yesterday",),
    ("If-Range: %s", "Range: bytes=0-3"),
    ('If-Range: "other"', "Range: bytes=0-3"),
    ("If-Range: Sat, 01 Jan 2000 00:00:00 GMT", "Range: bytes=0-3"),
    ("X-Request-ID: abcdef-0123456789",),
    ("X-Request-ID: no", "x-request-id: neither"),
    ("Connection: close",),
    ("Connection: keep-alive", "Range: bytes=0-9"),
    ("Host: another.example",),
    ("X-Forwarded-For: 1.2.3.4", "X-Sendfile-Type: X-Accel-Redirect"),
    ("Origin: https://other.example", "Cookie: a=b", "User-Agent: é"),
)
# These may not: somebody has to wait, to be refused, or to be read further.
UNREADY: Sequence[bytes | tuple[str, ...]] = (
    ("Range: bytes=99999999-",),
    ("Host: not a host",),
    ("Content-Length: 5",),
    ("Content-Length: 0",),
    ("Expect: 100-continue", "Content-Length: 2"),
    ("Expect: 100-continue",),
    ("Transfer-Encoding: chunked",),
    ("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"),
    ("Upgrade: websocket", "Connection: Upgrade"),
)
BODIES = {
    "Content-Length: 5": b"hello",
    "Content-Length: 2": b"ok",
    "Transfer-Encoding: chunked": b"0\r\n\r\n",
}


async def same(both: tuple[Listening, Listening], wanted: bytes) -> tuple[bytes, bool]:
    """The answer of both roads, and whether the lane has given it."""
    fast, ordinary = both
    before = fast.road.asked
    answer = masked(await fast.ask(wanted))
    is_fast = fast.road.asked == before
    assert answer == masked(await ordinary.ask(wanted)), wanted
    return answer, is_fast


async def same_by_lane(both: tuple[Listening, Listening], wanted: bytes) -> bytes:
    """The answer of both roads to what the lane can answer, once it has been asked for."""
    for _ in range(5):
        await both[0].ask(wanted)
        answer, is_fast = await same(both, wanted)
        if is_fast:
            return answer
        # What is remembered for a second was forgotten in between.
    raise AssertionError(wanted)


async def test_both_roads_give_the_same(ctx: Context, both: tuple[Listening, Listening]) -> None:
    fast, _ = both
    for path in (paths := media_files(await make_ready(ctx)))[:1] + paths[4:5]:
        for method in ("GET", "HEAD"):
            for version in ("1.1", "1.0"):
                tag = re.search(rb"etag: ([^\r]+)", await fast.ask(request(path)))
                assert tag is not None
                for lines in READY[:: 1 if version == "1.1" else 5]:
                    filled = [line.replace("%s", tag[1].decode()) for line in lines]
                    wanted = request(path, "Connection: close", *filled, method=method, version=version)
                    answer = await same_by_lane(both, wanted)
                    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206", b"HTTP/1.1 304")), answer[:99]
    assert all(file.users == 0 for file in fast.road.files)


async def test_what_is_not_ready_takes_the_ordinary_road(
    ctx: Context, both: tuple[Listening, Listening]
) -> None:
    fast, _ = both
    path = media_files(await make_ready(ctx))[4]
    for lines in UNREADY:
        await fast.ask(request(path, "Connection: close"))
        body = next((BODIES[line] for line in lines if line in BODIES), b"")
        _, is_fast = await same(both, request(path, "Connection: close", *lines) + body)
        assert not is_fast, lines
    others = [request(path, "Connection: close", method=method) for method in ("OPTIONS", "POST", "DELETE")]
    strange = (path + "#x", path.replace("segment", "%73egment"), path + "x", "/videos/", "/videos/../x")
    others += [request(each, "Connection: close") for each in (*strange, f"http://x{path}")]
    others.append(request(path, "Connection: close", host=""))
    for wanted in others:
        _, is_fast = await same(both, wanted)
        assert not is_fast, wanted
    assert all(file.users == 0 for file in fast.road.files)


async def test_a_picture_by_its_version(ctx: Context, both: tuple[Listening, Listening]) -> None:
    path = media_files(await make_ready(ctx))[2]
    for query in ("", "?v=1", "?v=2", "?v=1&x", "?"):
        answer = await same_by_lane(both, request(path + query, "Connection: close"))
        assert (b"max-age=604800" in answer) == (query == "?v=1")


async def test_nginx_is_told_the_same_by_both(ctx: Context) -> None:
    trusted = TrustedProxies.parse("127.0.0.1")
    config = replace(ctx.config, trusted_proxies=trusted, x_accel_prefix="/internal-media")
    path = media_files(await make_ready(ctx))[4]
    app = build_public(replace(ctx, config=config)).app
    assert isinstance(app, Application)
    async with listening(app) as fast, listening(app, has_lane=False) as ordinary:
        able = ("X-Sendfile-Type: X-Accel-Redirect", "X-Forwarded-For: 198.51.100.1", "Connection: close")
        for lines in (able, (*able, "Range: bytes=0-3"), (*able, "If-None-Match: *"), able[1:]):
            answer = await same_by_lane((fast, ordinary), request(path, *lines))
            assert (b"x-accel-redirect: /internal-media/videos/" in answer) == (lines[0] == able[0])


async def test_requests_in_a_row_are_answered_in_turn_by_whichever_road(
    ctx: Context, both: tuple[Listening, Listening]
) -> None:
    fast, _ = both
    paths = media_files(await make_ready(ctx))
    segment, manifest, missing = paths[4], paths[0], paths[4].replace("_0", "_9")
    part = request(segment, "Range: bytes=5-500004")
    rows = (
        [request(segment), request("/api/videos"), request(manifest)],
        [request("/api/videos"), request(segment), part],
        [request(missing), part, request(manifest, method="HEAD"), request(segment)],
        [part] * 12,
    )
    for row in rows:
        await fast.ask(request(segment, "Connection: close"))
        # At once, and one behind the other while the first is under way.
        await same(both, b"".join(row) + request(manifest, "Connection: close"))
        before = fast.road.asked
        reader, writer = await asyncio.open_connection("127.0.0.1", fast.port)
        for each in [*row, request(manifest, "Connection: close")]:
            writer.write(each)
            await asyncio.sleep(0.01)
        received = await asyncio.wait_for(reader.read(-1), 20)
        writer.close()
        assert masked(received) == masked(
            await both[1].ask(b"".join(row) + request(manifest, "Connection: close"))
        )
        assert fast.road.asked - before <= len(row)
    assert all(file.users == 0 for file in fast.road.files)


async def test_what_follows_an_answer_and_is_no_request_ends_the_connection(
    ctx: Context, fast: Listening
) -> None:
    path = await large(ctx)
    await fast.ask(request(path, "Connection: close", method="HEAD"))
    # Read with its request, it is refused; in the middle of an answer, that is cut.
    assert (await fast.ask(request(path) + b"\x00\x01\r\n\r\n"))[:12] == b"HTTP/1.1 400"
    reader, writer = await asyncio.open_connection("127.0.0.1", fast.port)
    writer.write(request(path))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    writer.write(b"\x00\x01\r\n\r\n")
    received = b""
    with suppress(ConnectionError):
        received = await asyncio.wait_for(reader.read(-1), 20)
    writer.close()
    assert b"HTTP/1.1 400" not in received
    await until_released(fast)


async def large(ctx: Context) -> str:
    """A segment that no socket holds, already asked for."""
    path = media_files(await make_ready(ctx))[4]
    pattern = bytes(range(251))
    await ctx.storage.put(Key(path[1:]), (pattern * (LARGE // len(pattern) + 1))[:LARGE])
    return path


async def begun(listening: Listening, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that has the head of an answer and takes nothing more by itself."""
    await listening.ask(request(path, "Connection: close", method="HEAD"))
    await listening.ask(request(path, "Connection: close", method="HEAD"))
    before = listening.road.asked
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", listening.port))
    reader, writer = await asyncio.open_connection(sock=client, limit=4096)
    writer.write(request(path))
    await reader.readuntil(b"\r\n\r\n")
    assert listening.road.asked == before
    assert any(file.users == 1 for file in listening.road.files)
    return reader, writer


async def until_released(listening: Listening) -> None:
    async with asyncio.timeout(10):
        while any(file.users for file in listening.road.files):
            await asyncio.sleep(0.01)
    assert not listening.server.server_state.tasks


async def test_who_leaves_in_the_middle_lets_go_of_the_file(ctx: Context, fast: Listening) -> None:
    _, writer = await begun(fast, await large(ctx))
    writer.transport.abort()
    await until_released(fast)


async def test_a_file_that_is_replaced_meanwhile_is_sent_as_it_was(ctx: Context, fast: Listening) -> None:
    path = await large(ctx)
    reader, writer = await begun(fast, path)
    await ctx.storage.put(Key(path[1:]), SEGMENT)
    received = await asyncio.wait_for(reader.readexactly(LARGE), 20)
    writer.close()
    assert received == (bytes(range(251)) * (LARGE // 251 + 1))[:LARGE]
    await until_released(fast)


async def test_a_server_that_stops_sends_what_it_has_begun(ctx: Context, fast: Listening) -> None:
    reader, writer = await begun(fast, await large(ctx))
    fast.server.should_exit = True
    await asyncio.sleep(0.3)
    received = await asyncio.wait_for(reader.read(-1), 20)
    writer.close()
    assert len(received) == LARGE
    await until_released(fast)


async def test_a_server_that_stops_waits_for_nobody_who_takes_nothing(ctx: Context, fast: Listening) -> None:
    _, writer = await begun(fast, await large(ctx))
    fast.server.should_exit = True
    # The grace of this server is two seconds.
    await until_released(fast)
    writer.close()


async def test_who_asks_and_does_not_read_fills_no_memory(ctx: Context, fast: Listening) -> None:
    path = media_files(await make_ready(ctx))[0]
    await ctx.storage.put(Key(path[1:]), b"#" * (1 << 20))
    await fast.ask(request(path, "Connection: close"))
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", fast.port))
    for _ in range(40):
        await loop.sock_sendall(client, request(path))
        await asyncio.sleep(0.005)
    held = [each.transport.get_write_buffer_size() for each in fast.server.server_state.connections]
    assert max(held) <= 2 << 20
    client.close()
    await until_released(fast)


async def test_more_connections_than_allowed_are_refused(ctx: Context) -> None:
    path = media_files(await make_ready(ctx))[4]
    app = build_public(ctx).app
    assert isinstance(app, Application)
    async with listening(app, limit=3) as fast:
        assert (await fast.ask(request(path, "Connection: close"))).startswith(b"HTTP/1.1 200")
        waiting = [await asyncio.open_connection("127.0.0.1", fast.port) for _ in range(2)]
        refused = (await fast.ask(request(path, "Connection: close"))).lower()
        assert refused.startswith(b"http/1.1 503")
        for header in (b"retry-after: 1", b"cache-control: no-store", b"access-control-allow-origin: *"):
            assert b"\r\n" + header + b"\r\n" in refused
        listed = await fast.ask(request("/api/videos", "Connection: close"))
        assert (listed[9:12], b"access-control" in listed) == (b"503", False)
        for _, writer in waiting:
            writer.close()


async def test_a_lost_hint_hides_a_second_later(ctx: Context, fast: Listening) -> None:
    """Nothing listens to events here: only the short memory ends."""
    video = await make_ready(ctx)
    path = media_files(video)[4]
    assert (await fast.ask(request(path, "Connection: close"))).startswith(b"HTTP/1.1 200")
    await transaction(ctx.db, lambda tx: trash.soft_delete(tx, video.id))
    await asyncio.sleep(1.1)
    assert (await fast.ask(request(path, "Connection: close"))).startswith(b"HTTP/1.1 404")
