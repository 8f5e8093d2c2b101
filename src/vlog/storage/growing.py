"""A file that is being received, in a local or mounted folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from vlog.kit.errors import Unavailable
from vlog.storage.layout import Key
from vlog.storage.tree import Tree, forget_cached, mapped, sync_bytes, write_all

T = TypeVar("T")


class Threads(Protocol):
    """Where blocking work is done."""

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work``."""


class LocalGrowing:
    """``Growing`` on a file descriptor that carries a lock.

    A hung disk may leave a thread inside an operation long after its caller has gone. The descriptor, and the
    lock with it, is given up when the last such thread is out: closed earlier, its number could name another
    file by then, and the late write would go there.
    """

    def __init__(self, tree: Tree, threads: Threads, *, key: Key, file: int) -> None:
        self.size_bytes = os.fstat(file).st_size
        self._tree = tree
        self._threads = threads
        self._key = key
        self._file = file
        self._guard = threading.Lock()
        self._is_open = True
        # The one who opened it, and each thread that is at work on it.
        self._holders = 1

    async def write_at(self, offset: int, data: bytes) -> None:
        def work() -> None:
            with self._using() as file, mapped():
                write_all(file, data, offset=offset)

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
                with mapped():
                    os.fsync(file)
                self._tree.move(self._key, key)

        await self._threads.run(work)

    async def close(self) -> None:
        with self._guard:
            was_open, self._is_open = self._is_open, False
        if was_open:
            self._let_go()

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
