"""What the rooms ask of a storage. Local folders implement it; S3 has its place behind the same questions.

Every method may raise ``Unavailable`` with one of these codes, and ``OutOfSpace`` when it writes:
``storage_hung`` (no answer), ``storage_busy``, ``storage_read_only``, ``storage_denied`` (permissions),
``storage_not_mounted`` (no marker), ``foreign_storage`` (another installation's), ``storage_unavailable``
(all else). What a writing method has returned from is durable: it survives a power cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from vlog.kit.sightings import Sightings
from vlog.storage.layout import Key


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of one file or folder. ``size_bytes`` of a folder is 0."""

    size_bytes: int
    modified_at: datetime
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder."""

    key: Key
    stat: Stat


@dataclass(frozen=True, slots=True)
class Space:
    """How much room the storage has; ``None`` where that has no meaning."""

    total_bytes: int | None
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class Staged:
    """Durable bytes that nobody can see yet: to be placed under a key, or discarded."""

    token: str
    sha256: bytes


class StoredFile(Protocol):
    """A file opened for reading; what it names can't change while it is open."""

    size_bytes: int
    modified_at: datetime

    async def read(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``; empty at the end."""

    async def close(self) -> None:
        """Give the handle back."""


@runtime_checkable
class HasDescriptor(Protocol):
    """What a ``StoredFile`` may be as well: a file of this machine, which the kernel can send by itself."""

    def fileno(self) -> int:
        """Its descriptor, valid until ``close``."""


class Growing(Protocol):
    """A file that is being received, in one visit or many. Whoever opened it has it alone until ``close``.

    Offsets and sizes are bytes. An object store can keep the same promises by parts: ``sync`` closes a part,
    ``truncate`` forgets those behind, ``commit`` completes the upload.
    """

    size_bytes: int
    """How long it was when it was opened."""

    async def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Write; what is written is not durable yet."""

    async def read_at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``; empty at the end."""

    async def sync(self) -> None:
        """Make durable what was written before this call.

        When it raises, everything since the last success is lost or doubtful, and asking again proves
        nothing (fsync(2), "EIO"): truncate to what was durable and write the rest anew.
        """

    async def truncate(self, size_bytes: int) -> None:
        """Forget everything behind ``size_bytes``."""

    async def commit(self, key: Key) -> None:
        """Make all bytes durable under their final key, in this order: bytes, name, folder.

        Raises ``Conflict`` when something lies there.
        """

    async def close(self) -> None:
        """Let go of it; the bytes stay. Harmless when repeated."""


class Storage(Protocol):
    """A tree of keys."""

    async def check(self) -> None:
        """Raise what keeps it from being written to, if anything does; quick, and without writing."""

    async def put(self, key: Key, data: bytes) -> None:
        """Write or replace one small file: readers see the old bytes or the new ones, never a part."""

    async def put_many(self, items: Sequence[tuple[Key, bytes]]) -> None:
        """``put`` for each; all are durable on return, in no particular order."""

    async def stage(self, blobs: Sequence[bytes]) -> list[Staged]:
        """Make bytes durable without giving them a key yet."""

    async def place(self, items: Sequence[tuple[Staged, Key]], *, replace: bool = False) -> list[Key]:
        """Give staged bytes their keys, durably; keys that already hold the same bytes are left alone.

        With ``replace`` other bytes are replaced. Without, they are left and their keys are returned.
        Staged bytes that found their place are gone from the staging area; ``discard`` the others.
        """

    async def discard(self, staged: Sequence[Staged]) -> None:
        """Forget staged bytes; those that were placed or forgotten before are passed over."""

    async def grow(self, key: Key, *, create: bool = True) -> Growing:
        """Open a file to go on writing it; without ``create``, ``NotFound`` when there is none.

        Raises ``Conflict`` (code ``file_in_use``) while somebody else holds it, in any process.
        """

    async def open(self, key: Key) -> StoredFile:
        """Open for reading; raises ``NotFound``."""

    async def read(self, key: Key) -> bytes:
        """A whole small file; raises ``NotFound``."""

    async def stat(self, key: Key) -> Stat:
        """Raises ``NotFound``."""

    async def exists(self, key: Key) -> bool:
        """Whether there is a file or folder."""

    async def list(self, key: Key) -> list[Entry]:
        """What lies in a folder, by name; empty when there is no such folder."""

    async def move(self, source: Key, target: Key) -> None:
        """Rename a file or folder in one step; ``NotFound``, or ``Conflict`` when ``target`` exists."""

    async def delete(self, key: Key) -> None:
        """Remove one file; nothing happens when there is none."""

    async def delete_folder(self, key: Key) -> None:
        """Remove a folder and all that is in it; nothing happens when there is none. Follows no link."""

    async def sweep(self, *, older_than_seconds: float, seen: Sightings) -> int:
        """Remove staged bytes that a crash left behind; returns how many.

        They are ``older_than_seconds`` by their dates and, since dates are as right as clocks, were ``seen``
        some time ago.
        """

    async def free(self) -> Space:
        """How much room is left."""

    def url(self, key: Key) -> str | None:
        """Where clients may fetch the bytes themselves; ``None`` when VLog has to serve them."""

    def local_path(self, key: Key) -> Path | None:
        """The file as a path of this machine, for media tools; ``None`` when it lies elsewhere."""
