"""uvicorn's HTTP/1.1 protocol with limits that it leaves to a proxy: how long a request's head is and takes.

Without them one connection can fill the memory with a header that never ends, and a few thousand that say
nothing can hold every place. One timer per second looks after all connections of a server: setting and
cancelling two for each request cost more than reading it.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from math import inf
from random import getrandbits
from typing import Any
from weakref import WeakSet

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from vlog.api.errors import Problem, problem_response
from vlog.api.headers import FOR_OTHER_SITES
from vlog.api.media_paths import MEDIA_PREFIX
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

# Request line and headers together; what browsers send with full cookies stays below half of it.
MAX_HEAD_BYTES = 32 << 10
MAX_HEADERS = 100
HEAD_SECONDS = 10.0
SWEEP_SECONDS = 1.0

_swept: WeakSet[ServerState] = WeakSet()


class BoundedProtocol(HttpToolsProtocol):
    """Answers 400 to heads that are too long, and closes connections that are silent for too long."""

    # When the client must have sent its next head, by the loop's clock.
    _head_due = inf
    _in_head = True
    _fed_bytes = 0
    _parsed_bytes = 0
    descriptor = -1

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected: its first request must come soon."""
        super().connection_made(transport)
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) > limit + limit // 8:
            # Requests beyond the limit are answered with 503; connections beyond a few of those, not at all.
            transport.abort()
            return
        socket: Any = transport.get_extra_info("socket")
        self.descriptor = socket.fileno()
        self._await_head()
        if self.server_state not in _swept:
            _swept.add(self.server_state)
            self.loop.call_later(SWEEP_SECONDS, _sweep, self.loop, self.server_state)

    def look(self, now: float) -> None:
        """Once a second: close the connection if its client has let its time pass."""
        if now >= self._head_due and not self.transport.is_closing():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        super().data_received(data)
        if self._in_head:
            # The parser keeps a header to itself until it is complete: only the bytes fed tell its length.
            self._fed_bytes += len(data)
            if self._fed_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A complete header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is here; the body has limits of its own."""
        self.head_is_here()
        super().on_headers_complete()

    def head_is_here(self) -> None:
        """Nothing more is expected of the client for now."""
        self._in_head = False
        self._head_due = inf

    def on_response_complete(self) -> None:
        """An answer is sent: now the next in the pipeline, or so much time for the client to ask again."""
        # As uvicorn's, whose timer the sweep makes needless.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._head_due = min(self._head_due, self.loop.time() + self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, as everything is refused (RFC 9457), and close."""
        cycle: Any = self.cycle
        is_under_way = cycle is not None and cycle.response_started and not cycle.response_complete
        if is_under_way or self.pipeline:
            # In the middle of another answer a refusal would be taken for its bytes.
            self.transport.close()
            return
        request_id = f"{getrandbits(128):032x}"
        log.info("request_unreadable", request_id=request_id, reason=msg)
        problem = Problem(status=HTTPStatus.BAD_REQUEST, code="bad_request", detail=msg)
        answer = problem_response(problem, request_id=request_id)
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        status = b"HTTP/1.1 400 Bad Request\r\n"
        self.transport.write(b"".join((status, head, b"connection: close\r\n\r\n", answer.body)))
        self.transport.close()

    def _await_head(self) -> None:
        self._in_head = True
        self._fed_bytes = self._parsed_bytes = 0
        self._head_due = self.loop.time() + HEAD_SECONDS

    def _count(self, size_bytes: int) -> None:
        self._parsed_bytes += size_bytes
        if self._parsed_bytes > MAX_HEAD_BYTES or len(self.headers) >= MAX_HEADERS:
            # The parser hands this on as an invalid request: 400, and the connection closes.
            raise ValueError("the request's head is too long")


async def too_many(scope: Scope, receive: Receive, send: Send) -> None:
    """Beyond the limit of connections: players on other sites, too, are told when to ask again."""
    headers = {"retry-after": "1", "connection": "close"}
    if scope["path"].startswith(MEDIA_PREFIX):
        headers |= FOR_OTHER_SITES
    problem = Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="too_many_connections",
        detail="Too many connections are open. Ask again in a moment.",
        headers=headers,
    )
    await problem_response(problem, request_id=f"{getrandbits(128):032x}")(scope, receive, send)


def _sweep(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    now = loop.time()
    for connection in list(state.connections):
        if isinstance(connection, BoundedProtocol):
            connection.look(now)
    if state.connections:
        loop.call_later(SWEEP_SECONDS, _sweep, loop, state)
    else:
        _swept.discard(state)
