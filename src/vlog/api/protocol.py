"""uvicorn's HTTP/1.1 protocol with limits that it leaves to a proxy: how long a request's head is and takes.

Without them one connection can fill the memory with a header that never ends, and a few thousand that say
nothing can hold every place.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Request line and headers together; what browsers send with full cookies stays below half of it.
MAX_HEAD_BYTES = 32 << 10
MAX_HEADERS = 100
HEAD_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """Answers 400 to heads that are too long, and closes connections whose head does not come."""

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = True
    _fed_bytes = 0
    _parsed_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected: its first request must come soon."""
        super().connection_made(transport)
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) > limit + limit // 8:
            # Requests beyond the limit are answered with 503; connections beyond a few of those, not at all.
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_timer()
        super().connection_lost(exc)

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
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._in_head = True
        self._fed_bytes = self._parsed_bytes = 0
        self._stop_timer()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _count(self, size_bytes: int) -> None:
        self._parsed_bytes += size_bytes
        if self._parsed_bytes > MAX_HEAD_BYTES or len(self.headers) >= MAX_HEADERS:
            # The parser hands this on as an invalid request: 400, and the connection closes.
            raise ValueError("the request's head is too long")
