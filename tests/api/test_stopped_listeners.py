"""Many listeners that stop reading, over real connections: they cost little and hold nobody up."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
from contextlib import ExitStack
from pathlib import Path

import uvloop
from starlette.types import Receive, Scope, Send

from tests.support.asgi_server import serving
from vlog.api.sse import EventStream, Hub

STOPPED = 60
EVENTS = 1000
EVENT = b"event: video\ndata: " + b"x" * 8000 + b"\n\n"


class App:
    """``/events`` is the stream; ``/publish`` sends all events and answers how many listen afterwards."""

    def __init__(self) -> None:
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/events":
            await EventStream(self.hub, self._opening)(scope, receive, send)
            return
        if scope["path"] == "/publish":
            for _ in range(EVENTS):
                self.hub.publish(EVENT)
                # Time for whoever reads.
                await asyncio.sleep(0.001)
        said = str(len(self.hub)).encode()
        headers = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _opening(self) -> bytes:
        return b"event: state\ndata: {}\n\n"


def ask(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return int(connection.getresponse().read())
    finally:
        connection.close()


def listener(port: int, *, receive_buffer: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(60)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    return client


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_listeners_that_stop_cost_little_and_hold_nobody_up() -> None:
    with serving(App(), uvloop.new_event_loop) as port, ExitStack() as opened:
        for _ in range(STOPPED):
            opened.enter_context(listener(port, receive_buffer=2048))
        reader = opened.enter_context(listener(port, receive_buffer=1 << 20))
        while ask(port, "/count") <= STOPPED:
            pass
        before = resident()
        publishing = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        publishing.request("GET", "/publish")
        heard = 0
        while heard < EVENTS:
            piece = reader.recv(1 << 16)
            assert piece, "the one that reads was let go"
            heard += piece.count(b"event: video")
        left = int(publishing.getresponse().read())
        publishing.close()
        # Kept for all of them, the events would be 480 MB.
        assert resident() - before < 60 << 20
        assert left == 1, "who takes nothing is let go"
