"""A held lease: every word to the server goes through it, and it knows when the lease must be over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from vlog.kit.errors import LeaseLost, Unavailable
from vlog.pipeline.client import JobClient
from vlog.wire.work import Lease

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Holding:
    """The right to work on one task, as far as this worker can know.

    Each successful word to the server counts as a renewal. While the server does not answer, words are
    repeated until the lease would have ended; then ``LeaseLost`` is raised, as another worker may have it.
    """

    def __init__(self, client: JobClient, lease: Lease, lease_seconds: float) -> None:
        self.client = client
        self.lease = lease
        self.lease_seconds = lease_seconds
        self._heard_at = asyncio.get_running_loop().time()

    @property
    def remaining_seconds(self) -> float:
        """For how long the lease certainly lasts; not positive when it may be another worker's."""
        return self._heard_at + self.lease_seconds - asyncio.get_running_loop().time()

    async def say(self, word: Callable[[], Awaitable[T]]) -> T:
        """Do ``word`` (a call of the client), again and again while the server is away."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            asked_at = asyncio.get_running_loop().time()
            try:
                answer = await word()
            except Unavailable as error:
                if self.remaining_seconds <= 0:
                    raise LeaseLost("The server was away for longer than the lease.") from error
                _log.warning("server away", task=self.lease.task_id, error=error.message)
                # Apart from each other: all workers notice the same outage at the same time.
                await asyncio.sleep(min(pause * random.uniform(0.5, 1.5), max(self.remaining_seconds, 0)))  # noqa: S311
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            # From when it was asked: the server's clock for the lease may have started right then.
            self._heard_at = asked_at
            return answer
