"""The storage in a local or mounted folder. Blocking calls run in bounded lanes of threads of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from vlog.kit.errors import Conflict
from vlog.kit.sightings import Sightings
from vlog.storage.base import Entry, Space, Staged, Stat
from vlog.storage.faults import by_path, mapped
from vlog.storage.growing import Growable, LocalGrowing, Writing
from vlog.storage.handles import LocalFile, Opened
from vlog.storage.lanes import Lanes, Pace
from vlog.storage.layout import MARKER, Key
from vlog.storage.tree import Tree

T = TypeVar("T")
# Listing or removing a folder takes as many steps as it has files.
FOLDER_SECONDS = 600.0


class LocalStorage:
    """``Storage`` below one folder. Open it once per process; ``adopt`` before the first write."""

    def __init__(self, root: Path, *, pace: Pace | None = None) -> None:
        self._tree = Tree(root)
        self._lanes = Lanes.of(self._tree.read_marker, pace or Pace())
        self._writing = Writing(self._tree, self._lanes.writing)

    async def close(self) -> None:
        """Give the threads back."""
        self._lanes.close()

    async def adopt(self, installation_id: str, *, may_create: bool) -> bool:
        """Check that the folder is this installation's; whether it may be written to.

        A bare folder is taken over when ``may_create`` says that the installation has no videos yet; else it
        is an unmounted disk, and stays as it is. Raises ``Conflict`` (code ``foreign_storage``) for
        the folder of another installation.
        """
        # Before the first look: what can't be seen now is recognised when it is there.
        self._tree.owner = installation_id
        found = await self._look(self._tree.read_marker) if await self._has_root() else None
        if found is None and may_create and await self._look(self._tree.is_bare):
            await self._writing.run(lambda: self._tree.write_marker(installation_id))
            found = installation_id
        if found is not None and found != installation_id:
            raise Conflict(
                f"The storage folder belongs to another installation of VLog ({MARKER} names {found}).",
                code="foreign_storage",
            )
        return found is not None

    async def check(self) -> None:
        """Raise what keeps the storage from being written to, if anything does."""
        await self._look(self._tree.require_ours)

    async def put(self, key: Key, data: bytes) -> None:
        await self.put_many([(key, data)])

    async def put_many(self, items: Sequence[tuple[Key, bytes]]) -> None:
        staged = await self.stage([data for _, data in items])
        await self.place([(each, key) for each, (key, _) in zip(staged, items, strict=True)], replace=True)

    async def stage(self, blobs: Sequence[bytes]) -> list[Staged]:
        runs = (self._writing.run(partial(self._tree.stage, data)) for data in blobs)
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

        return await self._writing.run(work)

    async def discard(self, staged: Sequence[Staged]) -> None:
        def work() -> None:
            for each in staged:
                self._tree.discard(each)

        if staged:
            await self._writing.run(work)

    async def grow(self, key: Key, *, create: bool = True) -> LocalGrowing:
        def work() -> Growable:
            return Growable.of(self._tree.grow(key, create=create))

        opened = await self._writing.run(work, unwanted=lambda late: self._forget(late.file))
        return LocalGrowing(self._tree, self._writing, key=key, opened=opened)

    async def open(self, key: Key) -> LocalFile:
        def work() -> Opened:
            return Opened.of(self._tree.open(key))

        opened = await self._lanes.reading.run(
            partial(by_path, work), unwanted=lambda late: self._forget(late.file)
        )
        return LocalFile(self._lanes, opened, open_again=work)

    async def read(self, key: Key) -> bytes:
        def work() -> bytes:
            with os.fdopen(self._tree.open(key), "rb") as file, mapped():
                return file.read()

        return await self._read(work)

    async def stat(self, key: Key) -> Stat:
        return await self._look(lambda: self._tree.stat(key))

    async def exists(self, key: Key) -> bool:
        return await self._look(lambda: self._tree.exists(key))

    async def list(self, key: Key) -> list[Entry]:
        # Each entry is looked at, and ``uploads`` has one for every video.
        work = partial(by_path, lambda: self._tree.list(key))
        return await self._lanes.looking.run(work, seconds=FOLDER_SECONDS)

    async def move(self, source: Key, target: Key) -> None:
        await self._writing.run(lambda: self._tree.move(source, target), seconds=FOLDER_SECONDS)

    async def delete(self, key: Key) -> None:
        await self._writing.run(lambda: self._tree.delete(key))

    async def delete_folder(self, key: Key) -> None:
        await self._writing.run(lambda: self._tree.delete_folder(key), seconds=FOLDER_SECONDS)

    async def sweep(self, *, older_than_seconds: float, seen: Sightings) -> int:
        return await self._writing.run(lambda: self._tree.sweep(older_than_seconds, seen))

    async def free(self) -> Space:
        return await self._look(self._tree.free)

    def url(self, key: Key) -> str | None:  # noqa: ARG002 - a folder has no address
        return None

    def local_path(self, key: Key) -> Path | None:
        return self._tree.root.joinpath(*key.parts)

    async def _has_root(self) -> bool:
        return await self._look(self._tree.root.is_dir)

    def _forget(self, file: int) -> None:
        self._writing.soon(partial(os.close, file))

    async def _read(self, work: Callable[[], T]) -> T:
        return await self._lanes.reading.run(partial(by_path, work))

    async def _look(self, work: Callable[[], T]) -> T:
        return await self._lanes.looking.run(partial(by_path, work))
