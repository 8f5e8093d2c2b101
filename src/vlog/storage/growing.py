"""A file that is being received, in a local or mounted folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Unavailable
from vlog.storage.faults import mapped, once
from vlog.storage.files import begin_writeback, forget_cached, sync_bytes, write_all
from vlog.storage.lanes import Lane
from vlog.storage.layout import Key
from vlog.storage.tree import Tree

T = TypeVar("T")


class Writing:
    """The lane of writes: each is done once, and says how much room is left when there was none."""

    def __init__(self, tree: Tree, lane: Lane) -> None:
        self._tree = tree
        self._lane = lane

    async def run(
        self,
        work: Callable[[], T],
        *,
        seconds: float | None = None,
        unwanted: Callable[[T], object] | None = None,
    ) -> T:
        """The result of ``work``; ``unwanted`` gets it when the caller has left meanwhile."""
        # What has been done half is not done again by somebody who can't know how far it went.
        figured = partial(self._tree.with_figures, partial(once, work))
        return await self._lane.run(figured, seconds=seconds, unwanted=unwanted)

    def soon(self, work: Callable[[], object]) -> None:
        """Have ``work`` done without anybody waiting for it."""
        self._lane.soon(work)

    async def settle(self, work: Callable[[], object]) -> None:
        """The same, waited for as long as a healthy storage may take."""
        await self._lane.settle(work)


@dataclass(frozen=True)
class Growable:
    """A descriptor and how long its file is; asked in the thread that opens it, as the disk may hang."""

    file: int
    size_bytes: int

    @classmethod
    def of(cls, file: int) -> Growable:
        """What is known of an open file."""
        return cls(file, os.fstat(file).st_size)


class LocalGrowing:
    """``Growing`` on a file descriptor that carries a lock.

    A hung disk may leave a thread inside an operation long after its caller has gone. The descriptor, and the
    lock with it, is given up when the last such thread is out: closed earlier, its number could name another
    file by then, and the late write would go there.
    """

    def __init__(self, tree: Tree, threads: Writing, *, key: Key, opened: Growable) -> None:
        self.size_bytes = opened.size_bytes
        self._tree = tree
        self._threads = threads
        self._key = key
        self._file = opened.file
        self._guard = threading.Lock()
        self._is_open = True
        # The one who opened it, and each thread that is at work on it.
        self._holders = 1

    async def write_at(self, offset: int, data: bytes | memoryview) -> None:
        def work() -> None:
            with self._using() as file, mapped():
                write_all(file, data, offset=offset)
                begin_writeback(file, offset, len(data))

        await self._threads.run(work)

    async def read_at(self, offset: int, length: int) -> bytes:
        def work() -> bytes:
            with self._using() as file, mapped():
                return os.pread(file, length, offset)

        return await self._threads.run(work)

    async def sync(self) -> None:
        def work() -> None:
            with self._using() as file, mapped():
                sync_bytes(file)

        await self._threads.run(work)

    async def truncate(self, size_bytes: int) -> None:
        def work() -> None:
            with self._using() as file, mapped():
                if os.fstat(file).st_size > size_bytes:
                    os.ftruncate(file, size_bytes)
                    forget_cached(file)

        await self._threads.run(work)

    async def commit(self, key: Key) -> None:
        def work() -> None:
            with self._using() as file:
                crash_point(CrashPoint.UPLOAD_COMPLETE)
                with mapped():
                    os.fsync(file)
                self._tree.move(self._key, key)
                crash_point(CrashPoint.UPLOAD_NAMED)

        await self._threads.run(work)

    async def close(self) -> None:
        with self._guard:
            was_open, self._is_open = self._is_open, False
        if was_open:
            # Not here: closing waits for the disk too, on some network file systems.
            await self._threads.settle(self._let_go)

    @contextmanager
    def _using(self) -> Iterator[int]:
        with self._guard:
            if not self._is_open:
                raise Unavailable("The storage answered too late.", code="storage_unavailable")
            self._holders += 1
        try:
            yield self._file
        finally:
            self._let_go()

    def _let_go(self) -> None:
        with self._guard:
            self._holders -= 1
            is_last = self._holders == 0
        if is_last:
            os.close(self._file)
