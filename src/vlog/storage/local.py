"""The storage in a local or mounted folder. Blocking calls run in a bounded pool of threads of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from vlog.kit.errors import Conflict, Unavailable
from vlog.storage.base import Entry, Space, Staged, Stat
from vlog.storage.growing import LocalGrowing
from vlog.storage.layout import MARKER, Key
from vlog.storage.tree import Tree, mapped

T = TypeVar("T")
THREADS = 16
# A hung network disk holds its threads; everybody else gets a clear answer after this time.
ANSWER_SECONDS = 30.0
# Removing a folder of a long video takes as many steps as it has segments.
FOLDER_SECONDS = 600.0


class Threads:
    """Runs blocking file operations; a hung disk can't take more than ``THREADS`` threads."""

    def __init__(self, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._answer_seconds = answer_seconds
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._free = asyncio.Semaphore(THREADS)

    async def run(self, work: Callable[[], T], *, seconds: float | None = None) -> T:
        """The result of ``work``; raises ``Unavailable`` when it takes too long or no thread gets free.

        The place in the pool is given back when the thread ends, not when the caller stops waiting.
        """
        limit = self._answer_seconds if seconds is None else seconds
        try:
            async with asyncio.timeout(limit):
                await self._free.acquire()
        except TimeoutError:
            raise _not_answering() from None
        future = asyncio.get_running_loop().run_in_executor(self._executor, _once_again, work)
        future.add_done_callback(self._give_back)
        try:
            async with asyncio.timeout(limit):
                return await asyncio.shield(future)
        except TimeoutError:
            raise _not_answering() from None

    def _give_back(self, future: asyncio.Future[T]) -> None:
        self._free.release()
        if not future.cancelled():
            # Looked at, so that nobody complains about an error whose caller has left.
            future.exception()

    def close(self) -> None:
        """Take no more work; a hung thread is left behind."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _once_again(work: Callable[[], T]) -> T:
    """Run ``work``; once more after ESTALE: NFS says so of a handle that another host has replaced."""
    try:
        return work()
    except OSError:
        with mapped():
            try:
                return work()
            except OSError as error:
                raise Unavailable("The storage lost the file handle.", code="storage_unavailable") from error


def _not_answering() -> Unavailable:
    return Unavailable("The storage is not answering.", code="storage_unavailable")


class LocalStorage:
    """``Storage`` below one folder. Open it once per process; ``adopt`` before the first write."""

    def __init__(self, root: Path, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._tree = Tree(root)
        self._threads = Threads(answer_seconds=answer_seconds)

    async def close(self) -> None:
        """Give the threads back."""
        self._threads.close()

    async def adopt(self, installation_id: str, *, may_create: bool) -> bool:
        """Check that the folder is this installation's; whether it may be written to.

        A bare folder is taken over when ``may_create`` says that the installation has no videos yet; else it
        is an unmounted disk, and stays as it is. Raises ``Conflict`` (code ``foreign_storage``) for
        the folder of another installation.
        """
        found = await self._threads.run(self._tree.read_marker) if await self._has_root() else None
        if found is None and may_create and await self._threads.run(self._tree.is_bare):
            await self._threads.run(lambda: self._tree.write_marker(installation_id))
            return True
        if found is not None and found != installation_id:
            raise Conflict(
                f"The storage folder belongs to another installation of VLog ({MARKER} names {found}).",
                code="foreign_storage",
            )
        return found is not None

    async def put(self, key: Key, data: bytes) -> None:
        await self.put_many([(key, data)])

    async def put_many(self, items: Sequence[tuple[Key, bytes]]) -> None:
        staged = await self.stage([data for _, data in items])
        await self.place([(each, key) for each, (key, _) in zip(staged, items, strict=True)], replace=True)

    async def stage(self, blobs: Sequence[bytes]) -> list[Staged]:
        runs = (self._threads.run(partial(self._tree.stage, data)) for data in blobs)
        done = await asyncio.gather(*runs, return_exceptions=True)
        staged = [each for each in done if isinstance(each, Staged)]
        for each in done:
            if isinstance(each, BaseException):
                await self.discard(staged)
                raise each
        return staged

    async def place(self, items: Sequence[tuple[Staged, Key]], *, replace: bool = False) -> list[Key]:
        def work() -> list[Key]:
            refused = [key for each, key in items if not self._tree.place(each, key, replace=replace)]
            # Once per folder, after all names are there.
            for folder in {key.parent for _, key in items}:
                self._tree.sync_folder(folder)
            return refused

        return await self._threads.run(work)

    async def discard(self, staged: Sequence[Staged]) -> None:
        def work() -> None:
            for each in staged:
                self._tree.discard(each)

        if staged:
            await self._threads.run(work)

    async def grow(self, key: Key, *, create: bool = True) -> LocalGrowing:
        file = await self._threads.run(lambda: self._tree.grow(key, create=create))
        return LocalGrowing(self._tree, self._threads, key=key, file=file)

    async def open(self, key: Key) -> LocalFile:
        file = await self._threads.run(lambda: self._tree.open(key))
        return LocalFile(self._threads, file)

    async def read(self, key: Key) -> bytes:
        def work() -> bytes:
            with os.fdopen(self._tree.open(key), "rb") as file, mapped():
                return file.read()

        return await self._threads.run(work)

    async def stat(self, key: Key) -> Stat:
        return await self._threads.run(lambda: self._tree.stat(key))

    async def exists(self, key: Key) -> bool:
        return await self._threads.run(lambda: self._tree.exists(key))

    async def list(self, key: Key) -> list[Entry]:
        return await self._threads.run(lambda: self._tree.list(key))

    async def move(self, source: Key, target: Key) -> None:
        await self._threads.run(lambda: self._tree.move(source, target))

    async def delete(self, key: Key) -> None:
        await self._threads.run(lambda: self._tree.delete(key))

    async def delete_folder(self, key: Key) -> None:
        await self._threads.run(lambda: self._tree.delete_folder(key), seconds=FOLDER_SECONDS)

    async def sweep(self, *, older_than_seconds: float) -> int:
        return await self._threads.run(lambda: self._tree.sweep(older_than_seconds))

    async def free(self) -> Space:
        return await self._threads.run(self._tree.free)

    def url(self, key: Key) -> str | None:  # noqa: ARG002 - a folder has no address
        return None

    def local_path(self, key: Key) -> Path | None:
        return self._tree.root.joinpath(*key.parts)

    async def _has_root(self) -> bool:
        return await self._threads.run(self._tree.root.is_dir)


class LocalFile:
    """An open file; reading it is unaffected by what happens to its name."""

    def __init__(self, threads: Threads, file: int) -> None:
        self._threads = threads
        self._file: int | None = file
        found = os.fstat(file)
        self.size_bytes = found.st_size
        self.modified_at = datetime.fromtimestamp(found.st_mtime, UTC)

    def fileno(self) -> int:
        """The descriptor, for ``sendfile``; valid until ``close``."""
        if self._file is None:
            raise ValueError("the file is closed")
        return self._file

    async def read(self, offset: int, length: int) -> bytes:
        file = self.fileno()

        def work() -> bytes:
            with mapped():
                return os.pread(file, length, offset)

        return await self._threads.run(work)

    async def close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)
