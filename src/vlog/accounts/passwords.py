"""Slow hashes for secrets that people choose, computed where they hold nobody up.

argon2id with OWASP's minimum (19 MiB, t = 2, p = 1; Password Storage Cheat Sheet): about 30 ms here. At most
``WORKERS`` run at once and at most ``QUEUE`` wait, so a flood of wrong secrets costs bounded memory and CPU.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vlog.kit.errors import TooMany

T = TypeVar("T")
WORKERS = 2
QUEUE = 20


class SlowHasher:
    """argon2id in threads of its own; the event loop never waits for it."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="argon2")
        self._waiting = 0

    async def hash(self, secret: bytes) -> str:
        """The hash to store. Raises ``TooMany`` when too many are waiting."""
        return await self._run(lambda: self._argon2.hash(secret))

    async def matches(self, stored: str, secret: bytes) -> bool:
        """Whether ``secret`` is the one that was hashed. Raises ``TooMany`` when too many are waiting."""

        def work() -> bool:
            try:
                return self._argon2.verify(stored, secret)
            except (VerificationError, InvalidHashError):
                return False

        return await self._run(work)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WORKERS + QUEUE:
            raise TooMany(
                "Too many sign-ins at once; wait a little.", code="sign_in_busy", retry_after_seconds=5
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Give the threads back."""
        self._executor.shutdown(wait=False, cancel_futures=True)
