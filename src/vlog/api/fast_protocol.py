"""The protocol's end of the fast lane: writes what is ready as soon as its request has been read.

uvicorn makes a task of each request. Here the first request of a read may be answered before that: its head
is written and the kernel sends the rest, whenever the client has taken what came before. Only what has to be
read from a disk needs a task.
To uvicorn such an answer looks like one of its own cycles. Requests that a client sends behind it without
waiting are uvicorn's, which answers them in turn.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from vlog.api.fast_lane import FastLane, Ready
from vlog.api.sendfile import WINDOW_BYTES, SendfileProtocol, Stretch
from vlog.telemetry.logs import bound, get_logger

log = get_logger(__name__)


class _Cycle:
    """An answer under way, with what uvicorn reads and sets of its own."""

    __slots__ = ("disconnected", "keep_alive", "ready", "response_complete", "response_started", "stretch")
    # What uvicorn wakes an application with; here nobody sleeps.
    message_event = asyncio.Event()

    def __init__(self, ready: Ready, *, keep_alive: bool) -> None:
        self.ready = ready
        self.keep_alive = keep_alive
        self.response_started = False
        self.response_complete = False
        self.disconnected = False
        # What waits for the client, as long as no task does.
        self.stretch: Stretch | None = None


class FastProtocol(SendfileProtocol):
    """Answers from the lane of its application, where there is one."""

    _may_be_fast = False
    _due: _Cycle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lane: FastLane | None = getattr(self.app, "fast_lane", None)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        self._may_be_fast = self._lane is not None
        super().data_received(data)
        if self._due is not None:
            # Not before all that came was read: what follows may be no request, which ends the connection.
            due, self._due = self._due, None
            self.loop.call_soon(self._begin, due)

    def on_headers_complete(self) -> None:
        """The head is here."""
        ready = self._ready() if self._may_be_fast else None
        # One of a read: however many come at once, the others have their turn in between.
        self._may_be_fast = False
        if ready is None:
            super().on_headers_complete()
            return
        self.head_is_here()
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        cycle: Any = _Cycle(ready, keep_alive=keep_alive)
        self.cycle = self._due = cycle

    def on_message_complete(self) -> None:
        """The body is here; a request of the lane has none."""
        if not isinstance(self.cycle, _Cycle):
            super().on_message_complete()

    def _ready(self) -> Ready | None:
        before: Any = self.cycle
        is_idle = before is None or before.response_complete
        if not is_idle or self.scheme != "http" or self.transport.get_write_buffer_size():
            return None
        limit = self.limit_concurrency
        if limit is not None and (len(self.connections) >= limit or len(self.tasks) >= limit):
            return None
        assert self._lane is not None  # noqa: S101 - asked for by the caller
        peer = self.client[0] if self.client else ""
        return self._lane.ready(self.parser.get_method(), self.url, headers=dict(self.headers), peer=peer)

    def _begin(self, cycle: _Cycle) -> None:
        ready, transport = cycle.ready, self.transport
        cycle.response_started = True
        part, content = ready.answer.part, ready.file.content
        if transport.is_closing():
            self._end(cycle)
        elif part is None:
            transport.write(self._head(cycle))
            self._end(cycle)
        elif content is not None:
            transport.writelines([self._head(cycle), content[part.start : part.end]])
            self._end(cycle)
        else:
            assert ready.file.descriptor is not None  # noqa: S101 - the lane has looked
            stretch = Stretch(self, ready.file.descriptor, offset=part.start, end=part.end)
            # The lane has just seen the first of them in memory.
            stretch.cached_end = part.start + min(WINDOW_BYTES, part.length)
            stretch.lead(self._head(cycle))
            outcome = stretch.advance()
            if outcome is None:
                cycle.stretch = stretch
                stretch.then(partial(self._go_on, cycle, stretch))
            else:
                self._go_on(cycle, stretch, outcome)

    def shutdown(self) -> None:
        """The server stops, and waits for tasks only so long."""
        super().shutdown()
        cycle: Any = self.cycle
        if isinstance(cycle, _Cycle) and cycle.stretch is not None and not cycle.response_complete:
            cycle.stretch.forget()
            self._as_task(cycle, cycle.stretch)

    def _go_on(self, cycle: _Cycle, stretch: Stretch, is_sent: bool) -> None:
        if not is_sent:
            # A disk has to be asked.
            self._as_task(cycle, stretch)
            return
        if stretch.cut_because:
            log.info("answer_cut", reason=stretch.cut_because, request_id=cycle.ready.request_id)
        self.sent(stretch)
        self._end_stretch(cycle, stretch)

    def _as_task(self, cycle: _Cycle, stretch: Stretch) -> None:
        cycle.stretch = None
        task = self.loop.create_task(self._send_rest(cycle, stretch))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(partial(self._end_stretch, cycle, stretch))

    def _head(self, cycle: _Cycle) -> bytes:
        """Status and headers in the order in which uvicorn writes those of an application."""
        answer = cycle.ready.answer
        return b"%b%b%bx-request-id: %b\r\n%b\r\n" % (
            STATUS_LINE[answer.status],
            b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers),
            answer.encoded,
            cycle.ready.request_id.encode(),
            b"" if cycle.keep_alive else b"connection: close\r\n",
        )

    async def _send_rest(self, cycle: _Cycle, stretch: Stretch) -> None:
        with bound(request_id=cycle.ready.request_id):
            try:
                await self.send_rest(stretch, cycle.ready.file.file.read)
            except asyncio.CancelledError:
                # The server is stopping and has waited long enough.
                log.info("request_cut_short")
                stretch.cut("the server stops")

    def _end_stretch(self, cycle: _Cycle, stretch: Stretch, _task: object = None) -> None:
        if stretch.offset < stretch.end and not self.transport.is_closing():
            # The task was cancelled before it began, or met a mistake of ours.
            self.transport.abort()
        self._end(cycle)

    def _end(self, cycle: _Cycle) -> None:
        assert self._lane is not None  # noqa: S101 - the answer is from there
        self._lane.release(cycle.ready)
        cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()
