"""A request that brings bytes of an upload, and what may end it from outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Conflict, Invalid, VlogError
from vlog.processing.inflow import Inflow

TICK_SECONDS = 1.0
# Slower than this over the idle limit is no upload but a place that is being held.
SLOWEST_BYTES = 16 << 10


def taken() -> Conflict:
    """What the one is told whose upload another request goes on with."""
    return Conflict("Another request goes on with this upload.", code="upload_taken")


class Visit:
    """One request's stay at an upload, under the epoch that it has claimed."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.over = asyncio.Event()
        self.is_writing = False
        """Whether it is the storage that the client waits for."""
        self._reason: VlogError | None = None
        self._timeout: asyncio.Timeout | None = None

    def cut(self, reason: VlogError) -> None:
        """End what is ``interruptible`` now or would begin later, with ``reason``."""
        if self._reason is None:
            self._reason = reason
            if self._timeout is not None:
                self._timeout.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def interruptible(self) -> AsyncIterator[None]:
        """A stretch that ``cut`` ends wherever it waits; raises the reason."""
        if self._reason is not None:
            raise self._reason
        try:
            async with asyncio.timeout(None) as timeout:
                self._timeout = timeout
                try:
                    yield
                finally:
                    self._timeout = None
        except TimeoutError:
            if self._reason is None:
                raise
            raise self._reason from None

    @asynccontextmanager
    async def watched(
        self, inflow: Inflow, *, idle_seconds: float, is_held: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[None]:
        """Keep a clock beside it: what has come is made durable, a stalled or displaced visit is cut."""
        watch = asyncio.create_task(self._watch(inflow, idle_seconds=idle_seconds, is_held=is_held))
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait({watch})

    async def _watch(
        self, inflow: Inflow, *, idle_seconds: float, is_held: Callable[[], Awaitable[bool]]
    ) -> None:
        marked_at, mark = monotonic_seconds(), inflow.received
        try:
            while True:
                await asyncio.sleep(min(TICK_SECONDS, idle_seconds))
                # What moves forward proves by each acknowledgement that the upload is still ours.
                if not await inflow.tick() and not await is_held():
                    self.cut(taken())
                if self.is_writing or inflow.received - mark >= SLOWEST_BYTES:
                    marked_at, mark = monotonic_seconds(), inflow.received
                elif monotonic_seconds() - marked_at >= idle_seconds:
                    self.cut(_too_slow())
        except VlogError as error:
            self.cut(error)


def _too_slow() -> Invalid:
    return Invalid(
        "The upload came to a standstill and was cut; what has come is kept.", code="request_too_slow"
    )
