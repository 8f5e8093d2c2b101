"""Bytes on their way from a connection to a growing file: written, hashed and made durable while more come.

Memory holds at most two blocks of a file, whatever its length. Each part of the work overlaps the others:
one block is filled from the connection, one is written and hashed in threads, and what was written before is
being synced. Blocks follow the pace: each costs a turn of two threads, and slow uploads may be many.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from vlog.kit.clock import monotonic_seconds
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Unavailable, VlogError
from vlog.storage.base import Growing

FIRST_BLOCK_BYTES = 64 << 10
BLOCK_BYTES = 2 << 20
# A block that is full sooner is followed by one of twice its length; one that takes longer, by half of it. So
# the blocks of all uploads together are a fraction of what comes in a second, however many they are.
SHORT_SECONDS = 0.01
LONG_SECONDS = 0.1
# A kill costs what was not acknowledged: at most the limit, two blocks, and what the socket holds.
SYNC_BYTES = 6 << 20
UNSYNCED_LIMIT_BYTES = 12 << 20


@dataclass(frozen=True, slots=True)
class Hashed:
    """The SHA-256 of a file's first ``position`` bytes, ready to go on. Never changed, only succeeded."""

    position: int = 0
    state: hashlib._Hash = field(default_factory=hashlib.sha256)

    def after(self, data: bytes | memoryview) -> Hashed:
        """With ``data`` behind it. Blocks for about a millisecond per megabyte."""
        state = self.state.copy()
        state.update(data)
        return Hashed(self.position + len(data), state)


# Told how many bytes of the file are durable, and the hash of them or of fewer.
OnDurable = Callable[[int, Hashed], Awaitable[None]]


class Inflow:
    """Takes one stretch of a file in order, from ``hashed`` or further on.

    When the hash is behind the first offset, it follows from what the file holds already.
    """

    def __init__(
        self,
        file: Growing,
        *,
        offset: int = 0,
        hashed: Hashed | None = None,
        on_durable: OnDurable | None = None,
    ) -> None:
        self.hashed = hashed or Hashed()
        self.received = offset
        """Where the next byte goes."""
        self.synced = offset
        """Up to where everything is durable."""
        self._file = file
        self._on_durable = on_durable
        self._block = bytearray(min(FIRST_BLOCK_BYTES, BLOCK_BYTES))
        self._spare: bytearray | None = None
        # Of the block: how much has come, and how much of that was handed over.
        self._filled = 0
        self._handed = 0
        self._turned_at = monotonic_seconds()
        self._written = offset
        self._syncing_to = offset
        self._durable = offset
        self._order = asyncio.Lock()
        self._write: asyncio.Task[None] | None = None
        self._sync: asyncio.Task[None] | None = None
        self._follow: asyncio.Task[None] | None = None

    async def room(self) -> memoryview:
        """Memory for the next bytes, never empty: fill it from its beginning, then say ``took``.

        Waits where the storage is slower than they come. Raises what an earlier step met: ``OutOfSpace``,
        ``Unavailable``, or an error of ``on_durable``.
        """
        while self._filled == len(self._block):
            await self._hand_over()
        return memoryview(self._block)[self._filled :]

    def took(self, count: int) -> None:
        """``count`` bytes are in the ``room``."""
        self._filled += count
        self.received += count

    async def write(self, chunk: bytes) -> None:
        """Take bytes that are elsewhere in memory; waits and raises as ``room`` does."""
        left = memoryview(chunk)
        while left:
            room = await self.room()
            count = min(len(room), len(left))
            room[:count] = left[:count]
            self.took(count)
            left = left[count:]

    async def flush(self) -> None:
        """Return when everything is durable, and ``on_durable`` has been told."""
        await self._hand_over()
        await _settled(self._write)
        while self._durable < self._written:
            await self._begin_sync()
            await _settled(self._sync)

    async def tick(self) -> bool:
        """Make durable what has come, without waiting for it; whether there is anything on its way.

        Raises what an earlier step met.
        """
        for task in (self._write, self._sync):
            if task is not None and task.done():
                task.result()
        if self._handed < self._filled:
            await self._hand_over()
        if self._syncing_to < self._written:
            await self._begin_sync()
        return self._durable < self.received

    async def digest(self) -> bytes:
        """The SHA-256 of everything up to here; call it after ``flush``."""
        await self._catch_up()
        return self.hashed.state.digest()

    async def abandon(self) -> None:
        """Wait until nothing touches the file any more, whatever it meets."""
        self._handed = self._filled
        if self._follow is not None:
            self._follow.cancel()
        for task in (self._write, self._sync, self._follow):
            # Cancelled or failed, it has been told to whoever waited for it.
            with suppress(asyncio.CancelledError, VlogError):
                await _settled(task)

    async def _hand_over(self) -> None:
        # A ticking clock may come between two chunks: blocks must not overtake each other.
        async with self._order:
            await _settled(self._write)
            while self._written - self._durable > UNSYNCED_LIMIT_BYTES:
                await self._begin_sync()
                await _settled(self._sync)
            await self._let_hash_follow()
            # From here on without waiting: whoever is cancelled above has taken nothing out of the queue.
            if self._handed < self._filled:
                # The rest of the block may be filled meanwhile: it is other memory.
                stretch = memoryview(self._block)[self._handed : self._filled]
                self._handed = self._filled
                self._write = asyncio.create_task(self._store(self.received - len(stretch), stretch))
            if self._filled == len(self._block):
                self._turn()

    def _turn(self) -> None:
        """Go on in the other block: what was in it has been stored."""
        size, begun_at = len(self._block), self._turned_at
        self._turned_at = monotonic_seconds()
        if self._turned_at - begun_at < SHORT_SECONDS:
            size = min(2 * size, BLOCK_BYTES)
        elif self._turned_at - begun_at > LONG_SECONDS:
            size = max(size // 2, min(FIRST_BLOCK_BYTES, BLOCK_BYTES))
        spare = self._spare if self._spare is not None and len(self._spare) == size else bytearray(size)
        self._block, self._spare = spare, self._block
        self._filled = self._handed = 0

    async def _store(self, offset: int, stretch: memoryview) -> None:
        if self.hashed.position == offset:
            hashing = asyncio.get_running_loop().run_in_executor(None, self.hashed.after, stretch)
            await self._file.write_at(offset, stretch)
            self.hashed = await hashing
        else:
            await self._file.write_at(offset, stretch)
        crash_point(CrashPoint.UPLOAD_WRITTEN)
        self._written = offset + len(stretch)
        if self._written - self._syncing_to >= SYNC_BYTES and (self._sync is None or self._sync.done()):
            await self._begin_sync()

    async def _begin_sync(self) -> None:
        """Have a sync running; one at a time, since a failed one makes all later ones worthless."""
        if self._sync is not None:
            if not self._sync.done():
                return
            # Raises what it met.
            self._sync.result()
        if self._syncing_to < self._written:
            self._syncing_to = self._written
            self._sync = asyncio.create_task(self._make_durable(self._written, self.hashed))

    async def _make_durable(self, offset: int, hashed: Hashed) -> None:
        await self._file.sync()
        self.synced = offset
        crash_point(CrashPoint.UPLOAD_SYNCED)
        if self._on_durable is not None:
            await self._on_durable(offset, hashed)
            crash_point(CrashPoint.UPLOAD_ACKNOWLEDGED)
        self._durable = offset

    async def _let_hash_follow(self) -> None:
        behind = self._written - self.hashed.position
        if behind <= 0:
            return
        if self._follow is None or self._follow.done():
            await _settled(self._follow)
            self._follow = asyncio.create_task(self._follow_up())
        if behind <= 2 * BLOCK_BYTES:
            # So near that waiting is shorter than reading every further block from the file as well.
            await _settled(self._follow)

    async def _follow_up(self) -> None:
        while self.hashed.position < self._written:
            length = min(BLOCK_BYTES, self._written - self.hashed.position)
            data = await self._file.read_at(self.hashed.position, length)
            if not data:
                raise Unavailable("The storage holds less than was written.", code="storage_unavailable")
            self.hashed = await asyncio.to_thread(self.hashed.after, data)

    async def _catch_up(self) -> None:
        while self.hashed.position < self._written:
            if self._follow is None or self._follow.done():
                await _settled(self._follow)
                self._follow = asyncio.create_task(self._follow_up())
            await _settled(self._follow)


async def _settled(task: asyncio.Task[None] | None) -> None:
    """Wait for a task and raise what it met; being cancelled while waiting leaves it alone."""
    if task is not None:
        await asyncio.wait({task})
        task.result()
