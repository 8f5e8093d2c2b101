"""Blocking file operations below one root: each path is walked name by name, and no link is ever followed."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat as modes
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Conflict, Invalid, NotFound, OutOfSpace, Unavailable
from vlog.kit.sightings import Sightings
from vlog.storage import across, copies
from vlog.storage.base import Entry, Space, Staged, Stat
from vlog.storage.faults import mapped, no_such_file, translated
from vlog.storage.files import in_use, lock, write_all
from vlog.storage.layout import MARKER, STAGING, Key
from vlog.storage.steps import enter, exists, names, stat_of

T = TypeVar("T")
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_GROWING = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV})
_READ_CHUNK = 1 << 20
# What a disk carries although nobody has put anything there.
_NOT_OURS = frozenset({"lost+found"})


class Tree:
    """The files below ``root``. Every method blocks, and raises what ``base`` promises or ``ESTALE``.

    ``owner`` is the installation whose marker the root must carry before anything is written; while it is
    ``None``, nothing is.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.owner: str | None = None

    def read_marker(self) -> str | None:
        """The installation's id that the root carries, or ``None``."""
        with mapped(), self._open_root() as root:
            return _marker(root)

    def require_ours(self) -> None:
        """Raise ``Unavailable`` unless the root can be written to: the sign of life of a storage."""
        with mapped(), self._writable() as root:
            if os.fstatvfs(root).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, "read-only")
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=root):
                raise PermissionError(errno.EACCES, "not writable")

    def write_marker(self, installation_id: str) -> None:
        """Make the root ours."""
        with mapped():
            self.root.mkdir(parents=True, exist_ok=True)
            with self._open_root() as root:
                self._write_new(root, MARKER, installation_id.encode() + b"\n")
                os.fsync(root)

    def is_bare(self) -> bool:
        """Whether the root is absent or empty."""
        try:
            with os.scandir(self.root) as found:
                return all(entry.name in _NOT_OURS for entry in found)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise translated(error) from error

    def stage(self, data: bytes) -> Staged:
        """Write and fsync ``data`` under a random name."""
        token = secrets.token_hex(16)
        with mapped(), self._writable() as root, self._folder(root, (STAGING,), create=True) as staging:
            self._write_new(staging, token, data)
        return Staged(token, hashlib.sha256(data).digest())

    def place(self, staged: Staged, key: Key, *, replace: bool) -> bool:
        """Give staged bytes their key, not yet durably; whether the key holds these bytes now."""
        found = self._place(staged, key, replace=replace)
        crash_point(CrashPoint.FILE_NAMED)
        return found

    def _place(self, staged: Staged, key: Key, *, replace: bool) -> bool:
        with (
            mapped(),
            self._writable() as root,
            self._folder(root, (STAGING,), create=True) as staging,
            self._folder(root, key.parts[:-1], create=True) as folder,
        ):
            if replace:
                self._rename(staged.token, key, source_folder=staging, target_folder=folder)
                return True
            if self._link(staged.token, key, source_folder=staging, target_folder=folder):
                self._unlink(staging, staged.token)
                return True
            if self._digest(folder, key.name) != staged.sha256:
                return False
            self._unlink(staging, staged.token)
            return True

    def sync_folder(self, key: Key | None) -> None:
        """Make the names in a folder durable."""
        with mapped(), self._root() as root, self._folder(root, key.parts if key else ()) as folder:
            os.fsync(folder)
        crash_point(CrashPoint.FOLDER_SYNCED)

    def discard(self, staged: Staged) -> None:
        """Remove staged bytes that may be there."""
        with suppress(NotFound), mapped(), self._root() as root, self._folder(root, (STAGING,)) as staging:
            os.unlink(staged.token, dir_fd=staging)

    def grow(self, key: Key, *, create: bool) -> int:
        """A plain file, opened for reading and writing and locked against every other caller of this."""
        flags = _GROWING | (os.O_CREAT if create else 0)
        with mapped(), self._writable() as root, self._folder(root, key.parts[:-1], create=create) as folder:
            file = os.open(key.name, flags, 0o644, dir_fd=folder)
            with ExitStack() as undo:
                undo.callback(os.close, file)
                lock(file)
                found = os.fstat(file)
                named = os.stat(key.name, dir_fd=folder, follow_symlinks=False)
                if not modes.S_ISREG(found.st_mode) or not os.path.samestat(found, named):
                    # Renamed or removed between the opening and the lock: what is open is no longer this key.
                    raise in_use()
                if found.st_size == 0:
                    # Bytes are acknowledged one by one from here on: the name must outlive a power cut too.
                    os.fsync(folder)
                undo.pop_all()
            return file

    def open(self, key: Key) -> int:
        """A plain file, opened for reading."""
        with mapped(), self._root() as root, self._folder(root, key.parts[:-1]) as folder:
            # Without O_NONBLOCK a planted pipe would hold the thread for ever.
            file = os.open(key.name, _FILE | os.O_NONBLOCK, dir_fd=folder)
            if not modes.S_ISREG(os.fstat(file).st_mode):
                os.close(file)
                raise no_such_file()
            return file

    def stat(self, key: Key) -> Stat:
        """What is known of a file or folder; a link counts as nothing."""
        with mapped(), self._root() as root, self._folder(root, key.parts[:-1]) as folder:
            return stat_of(os.stat(key.name, dir_fd=folder, follow_symlinks=False))

    def exists(self, key: Key) -> bool:
        """Whether there is a file or folder."""
        try:
            self.stat(key)
        except NotFound:
            return False
        return True

    def list(self, key: Key) -> list[Entry]:
        """Plain files and folders with names that keys can have."""
        entries: list[Entry] = []
        with suppress(NotFound), mapped(), self._root() as root, self._folder(root, key.parts) as folder:
            for name in sorted(names(folder)):
                with suppress(Invalid, NotFound, FileNotFoundError):
                    stat = stat_of(os.stat(name, dir_fd=folder, follow_symlinks=False))
                    entries.append(Entry(key.child(name), stat))
        return entries

    def move(self, source: Key, target: Key) -> None:
        """Rename, durably."""
        with (
            mapped(),
            self._writable() as root,
            self._folder(root, source.parts[:-1]) as source_folder,
            self._folder(root, target.parts[:-1], create=True) as target_folder,
        ):
            stat_of(os.stat(source.name, dir_fd=source_folder, follow_symlinks=False))
            if exists(target_folder, target.name):
                raise FileExistsError(errno.EEXIST, "exists", str(target))
            crash_point(CrashPoint.MOVE_BEGINS)
            self._rename(source.name, target, source_folder=source_folder, target_folder=target_folder)
            crash_point(CrashPoint.MOVE_RENAMED)
            os.fsync(target_folder)
            os.fsync(source_folder)

    def delete(self, key: Key) -> None:
        """Remove a file that may be there."""
        self._remove(key, lambda folder: os.unlink(key.name, dir_fd=folder))

    def delete_folder(self, key: Key) -> None:
        """Remove a folder that may be there. ``rmtree`` holds each folder open while it empties it."""

        def remove(folder: int) -> None:
            # Raises for a planted link, which counts as nothing.
            stat_of(os.stat(key.name, dir_fd=folder, follow_symlinks=False))
            shutil.rmtree(key.name, dir_fd=folder)

        self._remove(key, remove)

    def sweep(self, older_than_seconds: float, seen: Sightings) -> int:
        """Remove staged bytes that are old by their dates and were seen some time ago, and what is left of
        copies between disks.
        """
        removed = 0
        limit = time.time() - older_than_seconds
        with (
            suppress(NotFound),
            mapped(),
            self._writable() as root,
            self._folder(root, (STAGING,)) as staging,
        ):
            for name in seen.settled(names(staging)):
                # Raised where a copy is still being made.
                with suppress(FileNotFoundError, Conflict):
                    if os.stat(name, dir_fd=staging, follow_symlinks=False).st_mtime < limit:
                        if name.endswith(copies.SUFFIX):
                            self._remove_copy(root, name, staging=staging)
                        os.unlink(name, dir_fd=staging)
                        removed += 1
        return removed

    def _remove_copy(self, root: int, note: str, *, staging: int) -> None:
        with copies.abandoned(note, staging=staging) as copy:
            if copy is not None:
                parent, aside = copy
                with (
                    suppress(FileNotFoundError),
                    self._folder(root, parent.parts if parent else ()) as folder,
                ):
                    across.remove(aside, folder=folder)

    def with_figures(self, work: Callable[[], T]) -> T:
        """Run ``work``; when the storage is full, say how much room is left."""
        try:
            return work()
        except OutOfSpace as error:
            with suppress(OSError):
                error.details.setdefault("free_bytes", self.free().free_bytes)
            raise

    def free(self) -> Space:
        """Room on the root's disk, as an ordinary user may fill it."""
        with mapped():
            found = os.statvfs(self.root)
            return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    @contextmanager
    def _root(self) -> Iterator[int]:
        with self._open_root() as root:
            try:
                yield root
            except (FileNotFoundError, NotFound):
                # In an empty mount point nothing can be found, which says nothing about the files.
                if self.owner is not None:
                    self._require_marker(root)
                raise

    @contextmanager
    def _writable(self) -> Iterator[int]:
        with self._root() as root:
            self._require_marker(root)
            yield root

    @contextmanager
    def _open_root(self) -> Iterator[int]:
        # Opened anew each time: after a remount an old handle would still see the empty mount point. The root
        # itself may be a link, the operator's own.
        try:
            root = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise _not_mounted() from None
        try:
            yield root
        finally:
            os.close(root)

    def _require_marker(self, root: int) -> None:
        """An unmounted disk leaves an empty folder behind: what is written there would vanish from sight."""
        found = _marker(root)
        if found is None or self.owner is None:
            raise _not_mounted()
        if found != self.owner:
            raise Unavailable(
                "The storage folder belongs to another installation of VLog.", code="foreign_storage"
            )

    def _remove(self, key: Key, remove: Callable[[int], None]) -> None:
        """Run ``remove`` on the folder that holds ``key``; that it is gone already is as good."""
        with (
            suppress(NotFound),
            mapped(),
            self._writable() as root,
            self._folder(root, key.parts[:-1]) as folder,
        ):
            crash_point(CrashPoint.DELETE_BEGINS)
            remove(folder)
            os.fsync(folder)

    @contextmanager
    def _folder(self, root: int, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
        folder = os.dup(root)
        try:
            for name in parts:
                inner = enter(folder, name, create=create)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def _write_new(self, folder: int, name: str, data: bytes) -> None:
        file = os.open(name, _NEW, 0o644, dir_fd=folder)
        try:
            write_all(file, data)
            crash_point(CrashPoint.FILE_WRITTEN)
            os.fsync(file)
            crash_point(CrashPoint.FILE_SYNCED)
        except OSError:
            self._unlink(folder, name)
            raise
        finally:
            os.close(file)

    def _rename(self, source: str, target: Key, *, source_folder: int, target_folder: int) -> None:
        @contextmanager
        def noted(aside: str) -> Iterator[None]:
            with (
                self._writable() as root,
                self._folder(root, (STAGING,), create=True) as staging,
                copies.noted(aside, parent=target.parent, staging=staging),
            ):
                yield

        across.rename(
            source, target.name, source_folder=source_folder, target_folder=target_folder, noted=noted
        )

    def _link(self, source: str, target: Key, *, source_folder: int, target_folder: int) -> bool:
        """Give a file a second name unless the name is taken; whether it was free."""
        try:
            places = {"src_dir_fd": source_folder, "dst_dir_fd": target_folder}
            os.link(source, target.name, **places, follow_symlinks=False)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # exFAT, some network file systems, another disk: the caller's lock alone keeps others away.
            if exists(target_folder, target.name):
                return False
            self._rename(source, target, source_folder=source_folder, target_folder=target_folder)
        return True

    def _digest(self, folder: int, name: str) -> bytes:
        digest = hashlib.sha256()
        with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as file:
            while chunk := file.read(_READ_CHUNK):
                digest.update(chunk)
        return digest.digest()

    def _unlink(self, folder: int, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _marker(root: int) -> str | None:
    try:
        file = os.open(MARKER, _FILE, dir_fd=root)
    except FileNotFoundError:
        return None
    with os.fdopen(file, "rb") as opened:
        return opened.read(200).decode("utf-8", "replace").strip()


def _not_mounted() -> Unavailable:
    return Unavailable(
        f"The storage folder has no {MARKER}: is its disk mounted? Nothing is written till then.",
        code="storage_not_mounted",
    )
