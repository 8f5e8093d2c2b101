"""The protocol that lets the kernel write bodies into our memory: every byte, every ending, both loops."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
import uvloop

from tests.support.asgi_server import Bodies, NewLoop, serving

DATA = random.Random(11).randbytes(3_000_001)


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def new_loop(request: pytest.FixtureRequest) -> NewLoop:
    loop: NewLoop = request.param
    return loop


def patch(data: bytes, path: str = "/straight", *, extra: str = "", length: int | None = None) -> bytes:
    said = f"Content-Length: {len(data) if length is None else length}\r\n"
    return f"PATCH {path} HTTP/1.1\r\nHost: x\r\n{said}{extra}\r\n".encode() + data


def said_of(data: bytes, how: str = "straight") -> str:
    return f"{len(data)} {hashlib.sha256(data).hexdigest()} {how}"


def answer(client: socket.socket) -> str:
    """The body of the next answer; empty when the connection ends instead."""
    client.settimeout(20)
    got = b""
    while b"\r\n\r\n" not in got:
        piece = client.recv(1)
        if not piece:
            return ""
        got += piece
    assert b"HTTP/1.1 200" in got, got
    length = int(got.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += client.recv(length - len(body))
    return body.decode()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("room_bytes", [1, 4096, 1 << 20, 4 << 20])
def test_bodies_arrive_whole_and_the_connection_goes_on(new_loop: NewLoop, room_bytes: int) -> None:
    data = DATA[:3000] if room_bytes == 1 else DATA
    with (
        serving(Bodies(room_bytes), new_loop) as port,
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        for part in (data, b"x", data[: len(data) // 2], b""):
            client.sendall(patch(part))
            assert answer(client) == said_of(part, "straight" if part else "messages")


def test_requests_that_follow_at_once_are_not_taken_for_the_body(new_loop: NewLoop) -> None:
    """Pipelined (RFC 9112 §9.3.2): what comes behind the body is the next request's."""
    with serving(Bodies(), new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(patch(DATA[:70_000]) + patch(DATA[:9]) + patch(DATA, "/messages") + patch(DATA))
        assert answer(client) == said_of(DATA[:70_000])
        assert answer(client) == said_of(DATA[:9])
        assert answer(client) == said_of(DATA)
        assert answer(client) == said_of(DATA)


def test_bytes_that_trickle_are_given_on_as_they_come(new_loop: NewLoop) -> None:
    bodies = Bodies(1 << 20)
    with serving(bodies, new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(patch(b"", length=5))
        for number, byte in enumerate((b"a", b"b", b"c", b"d", b"e"), start=1):
            client.sendall(byte)
            wait_until(lambda reached=number: bodies.reads >= reached)  # type: ignore[misc]
        assert answer(client) == said_of(b"abcde")


def test_a_client_that_sends_much_is_not_asked_often(new_loop: NewLoop) -> None:
    bodies = Bodies(1 << 20)
    data = DATA * 10
    with serving(bodies, new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(patch(data))
        assert answer(client) == said_of(data)
    # As messages they are 65 KB each at most: 458 of them.
    assert bodies.reads < 300


def test_a_client_may_wait_for_leave_to_send(new_loop: NewLoop) -> None:
    """``Expect: 100-continue`` (RFC 9110 §10.1.1)."""
    with serving(Bodies(), new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(patch(b"", extra="Expect: 100-continue\r\n", length=4))
        client.settimeout(20)
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"body")
        assert answer(client) == said_of(b"body")


@pytest.mark.parametrize("rude", [True, False], ids=["reset", "closed"])
def test_a_client_that_leaves_is_noticed(new_loop: NewLoop, *, rude: bool) -> None:
    bodies = Bodies()
    with serving(bodies, new_loop) as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(patch(DATA[:300_000], length=len(DATA)))
        wait_until(lambda: bodies.reads > 0)
        if rude:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        wait_until(lambda: bodies.ended == ["left"])
        # The others go on.
        with socket.create_connection(("127.0.0.1", port)) as other:
            other.sendall(patch(b"other"))
            assert answer(other) == said_of(b"other")


def test_a_body_that_is_left_ends_its_connection(new_loop: NewLoop) -> None:
    """What is still coming must not be read as the next request."""
    smuggled = patch(b"smuggled")
    with serving(Bodies(1000), new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(patch(bytes(2000) + smuggled, "/left/2000"))
        assert answer(client).startswith("2000 ")
        with suppress(ConnectionError):
            assert client.recv(1000) == b""


def test_a_body_without_a_length_comes_in_messages(new_loop: NewLoop) -> None:
    head = b"PATCH /straight HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(Bodies(), new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(head + b"5\r\nhello\r\n0\r\n\r\n")
        assert answer(client) == said_of(b"hello", "messages")


@pytest.mark.parametrize(
    "said",
    [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 99999999999999999999999\r\n",
    ],
)
def test_a_length_that_is_none_is_refused_by_the_parser(new_loop: NewLoop, said: str) -> None:
    bodies = Bodies()
    with serving(bodies, new_loop) as port, socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(20)
        client.sendall(f"PATCH /straight HTTP/1.1\r\nHost: x\r\n{said}\r\nhello".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert bodies.reads == 0
