"""The folder into which people put files by hand: any names, any owners, nothing in it is trusted.

Names here are whatever a file system allows, so they are no ``Key``. Each path is walked name by name from
the storage's root and no link is followed; pipes, devices and links count as nothing.
"""

from __future__ import annotations

import errno
import os
import re
import stat as modes
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TypeVar

from vlog.kit.errors import NotFound, NotPermitted, Unavailable
from vlog.storage.faults import mapped, once
from vlog.storage.handles import LocalFile, Opened
from vlog.storage.lanes import Lanes, Pace
from vlog.storage.layout import INBOX, MARKER, UPLOADS

T = TypeVar("T")
SCAN_SECONDS = 120.0
# Two names of 255 bytes fit; their escapes may not.
_SHOWN_LENGTH = 1000

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a planted pipe would hold the thread for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# What browsers and copying programs call files that are not complete yet.
_UNFINISHED = re.compile(
    r"^\.|~$|\.(part|partial|crdownload|download|tmp|temp|filepart|!ut|aria2)$", re.IGNORECASE
)
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


class Taken(Enum):
    """What became of an attempt to move a file out of the inbox."""

    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    # It lies on another disk, or has a second name under which it could still be changed.
    MUST_BE_COPIED = "must be copied"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A plain file in the inbox; ``name`` is its path below the inbox, at most one folder deep.

    A name that is no UTF-8 is shown with escapes and is not ``is_nameable``: nothing can be done with it.
    """

    name: str
    size_bytes: int
    modified_ns: int
    is_nameable: bool = True

    def is_as(self, found: os.stat_result) -> bool:
        """Whether ``found`` is this file as it was seen."""
        return (found.st_size, found.st_mtime_ns) == (self.size_bytes, self.modified_ns)


class InboxFolder:
    """``uploads/inbox`` below ``root``, the storage's folder. Raises ``Unavailable`` as the storage does."""

    def __init__(self, root: Path, *, pace: Pace | None = None) -> None:
        self.path = root.joinpath(*INBOX.parts)
        self._root = root
        self._lanes = Lanes.of(root.is_dir, pace or Pace())

    def close(self) -> None:
        """Give the threads back."""
        self._lanes.close()

    async def prepare(self) -> None:
        """Make the folder where it is missing."""

        def work() -> None:
            with mapped(), self._uploads(create=True) as uploads:
                with suppress(FileExistsError):
                    os.mkdir(INBOX.name, 0o755, dir_fd=uploads)
                os.close(os.open(INBOX.name, _FOLDER, dir_fd=uploads))

        await self._run(work)

    async def scan(self) -> list[FoundFile]:
        """Every plain file in the inbox and in its folders that does not say it is unfinished, by name."""

        def work() -> list[FoundFile]:
            with mapped(), self._uploads() as uploads, _entered(uploads, INBOX.name) as inbox:
                return sorted(_found(inbox), key=lambda found: found.name)

        return await self._run(work, seconds=SCAN_SECONDS)

    async def take(self, seen: FoundFile, upload_id: str) -> Taken:
        """Move the file to ``uploads/{upload_id}`` if it still is as it was ``seen``; all of it durable.

        Raises ``NotPermitted`` (codes ``inbox_unreadable``, ``inbox_not_movable``).
        """

        def work() -> Taken:
            try:
                with (
                    mapped(),
                    self._uploads() as uploads,
                    self._holding(uploads, seen.name) as (folder, name),
                ):
                    return _take(folder, name, seen, uploads=uploads, upload_id=upload_id)
            except NotFound:
                return Taken.GONE

        return await self._run(work)

    async def open(self, seen: FoundFile) -> LocalFile:
        """Open the file for copying. Raises ``NotFound``, also for one that has changed, ``NotPermitted``."""

        def work() -> Opened:
            with mapped(), self._uploads() as uploads, self._holding(uploads, seen.name) as (folder, name):
                file = _open(folder, name)
                if not seen.is_as(os.fstat(file)):
                    os.close(file)
                    raise FileNotFoundError(errno.ENOENT, "changed", seen.name)
                return Opened.of(file)

        return LocalFile(self._lanes, await self._run(work))

    async def is_unchanged(self, seen: FoundFile) -> bool:
        """Whether the file still is as it was seen."""

        def work() -> bool:
            with mapped(), self._uploads() as uploads, self._holding(uploads, seen.name) as (folder, name):
                return seen.is_as(os.stat(name, dir_fd=folder, follow_symlinks=False))

        try:
            return await self._run(work)
        except NotFound:
            return False

    async def remove(self, seen: FoundFile) -> None:
        """Remove a file that has been copied, unless it has changed since."""

        def work() -> None:
            with (
                suppress(NotFound),
                mapped(),
                self._uploads() as uploads,
                self._holding(uploads, seen.name) as (folder, name),
            ):
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if modes.S_ISREG(found.st_mode) and seen.is_as(found):
                    os.unlink(name, dir_fd=folder)
                    os.fsync(folder)

        await self._run(work)

    async def _run(self, work: Callable[[], T], *, seconds: float | None = None) -> T:
        return await self._lanes.looking.run(partial(once, work), seconds=seconds)

    @contextmanager
    def _uploads(self, *, create: bool = False) -> Iterator[int]:
        """The folder of uploads; only below a root that is really the storage."""
        try:
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Unavailable("The storage folder is missing.", code="storage_not_mounted") from None
        try:
            try:
                os.stat(MARKER, dir_fd=root, follow_symlinks=False)
            except FileNotFoundError:
                raise Unavailable(
                    f"The storage folder has no {MARKER}: is its disk mounted?", code="storage_not_mounted"
                ) from None
            if create:
                with suppress(FileExistsError):
                    os.mkdir(UPLOADS.name, 0o755, dir_fd=root)
            with _entered(root, UPLOADS.name) as uploads:
                yield uploads
        finally:
            os.close(root)

    @contextmanager
    def _holding(self, uploads: int, name: str) -> Iterator[tuple[int, str]]:
        """The folder that holds a file of the inbox, and the file's name there."""
        folder, _, last = name.rpartition("/")
        with _entered(uploads, INBOX.name) as inbox:
            if not folder:
                yield inbox, last
                return
            with _entered(inbox, folder) as inner:
                yield inner, last


@contextmanager
def _entered(folder: int, name: str) -> Iterator[int]:
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield inner
    finally:
        os.close(inner)


def _found(inbox: int) -> Iterator[FoundFile]:
    for name, found in _entries(inbox):
        if modes.S_ISREG(found.st_mode):
            yield _file(name, found)
        elif modes.S_ISDIR(found.st_mode):
            with suppress(OSError), _entered(inbox, name) as inner:
                for inner_name, inner_found in _entries(inner):
                    if modes.S_ISREG(inner_found.st_mode):
                        yield _file(f"{name}/{inner_name}", inner_found)


def _entries(folder: int) -> list[tuple[str, os.stat_result]]:
    with os.scandir(folder) as listed:
        names = [entry.name for entry in listed if not _UNFINISHED.search(entry.name)]
    entries = []
    for name in names:
        with suppress(FileNotFoundError):
            entries.append((name, os.stat(name, dir_fd=folder, follow_symlinks=False)))
    return entries


def _file(name: str, found: os.stat_result) -> FoundFile:
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")[:_SHOWN_LENGTH]
    return FoundFile(shown, found.st_size, found.st_mtime_ns, is_nameable=shown == name)


def _open(folder: int, name: str) -> int:
    try:
        file = os.open(name, _FILE, dir_fd=folder)
    except PermissionError as error:
        raise NotPermitted(
            "VLog may not read this file: let its user read it, or change its owner.", code="inbox_unreadable"
        ) from error
    if not modes.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(errno.ENOENT, "not a plain file", name)
    return file


def _take(folder: int, name: str, seen: FoundFile, *, uploads: int, upload_id: str) -> Taken:
    file = _open(folder, name)
    try:
        found = os.fstat(file)
        if not seen.is_as(found):
            return Taken.CHANGED
        # Moving a name away leaves the others, and whoever knows one could change a published source.
        if found.st_nlink > 1:
            return Taken.MUST_BE_COPIED
        # Whoever wrote the file may not have waited for the disk; from here on we answer for its bytes.
        os.fsync(file)
        return _rename(folder, name, uploads=uploads, upload_id=upload_id)
    finally:
        os.close(file)


def _rename(folder: int, name: str, *, uploads: int, upload_id: str) -> Taken:
    try:
        os.rename(name, upload_id, src_dir_fd=folder, dst_dir_fd=uploads)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return Taken.MUST_BE_COPIED
        if error.errno in _FORBIDDEN:
            raise NotPermitted(
                "VLog may not take this file out of its folder: let its user write there.",
                code="inbox_not_movable",
            ) from error
        raise
    os.fsync(uploads)
    os.fsync(folder)
    return Taken.MOVED
