"""Keeps files open between requests for a moment: what a thousand viewers watch is opened once.

Opening walks the path name by name in a thread, which costs more than sending a segment that is in memory.
Small files are kept as bytes instead: playlists are asked for again and again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime

from vlog.api.conditional import tag_of
from vlog.api.descriptors import most_open_files
from vlog.api.media_answers import Answer, Asked
from vlog.api.media_paths import Kind
from vlog.kit.clock import monotonic_seconds
from vlog.storage.base import HasDescriptor, Storage, StoredFile
from vlog.storage.layout import Key

# Initialisation segments, thumbnails.
SMALL_BYTES = 64 << 10
# Playlists of the longest films.
LARGEST_KEPT_BYTES = 1 << 20
MAX_KEPT_BYTES = 64 << 20


@dataclass(eq=False, slots=True, kw_only=True)
class OpenFile:
    """One version of a file: ``content`` when it is kept as bytes, else ``file`` is open.

    ``version`` is the one that it was opened for, 0 if whoever asked named none.
    ``tag`` is a strong entity tag, ``modified`` the time of its last change as an HTTP date. ``in_memory``
    tells which windows, by where they begin, were found in memory, and until when that is believed.
    """

    key: Key
    size_bytes: int
    tag: str
    modified: str
    content: bytes | None
    file: StoredFile
    descriptor: int | None
    until: float
    version: int
    answers: dict[tuple[Kind, Asked], Answer] = field(default_factory=dict)
    in_memory: dict[int, float] = field(default_factory=dict)
    users: int = 0
    is_kept: bool = True
    is_closed: bool = False


class OpenFiles:
    """Files that are open now; ``acquire`` and ``release`` come in pairs."""

    def __init__(self, storage: Storage, *, max_files: int | None = None) -> None:
        self._storage = storage
        # The rest of the descriptors is for connections.
        self._max_files = max_files or most_open_files()
        self._kept: OrderedDict[Key, OpenFile] = OrderedDict()
        self._kept_bytes = 0
        self._opening: dict[tuple[Key, int], asyncio.Task[OpenFile]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def acquire(self, key: Key, *, life_seconds: float, as_bytes: bool, version: int = 0) -> OpenFile:
        """The file as it was at most ``life_seconds`` ago; raises ``NotFound``, ``Unavailable``.

        ``as_bytes``: keep it as bytes up to ``LARGEST_KEPT_BYTES``; others only when they are small.
        ``version``: it must have been opened for this one, or a later one, of what is replaced in place.
        """
        while True:
            kept = self.acquire_kept(key, version=version)
            if kept is not None:
                return kept
            limit = LARGEST_KEPT_BYTES if as_bytes else SMALL_BYTES
            found = await self._open_once(key, life_seconds=life_seconds, limit=limit, version=version)
            if not found.is_closed:
                found.users += 1
                return found

    def acquire_kept(self, key: Key, *, version: int = 0) -> OpenFile | None:
        """The same, where nothing has to be waited for: the file is open and young enough."""
        found = self._kept.get(key)
        if found is None or found.until <= monotonic_seconds() or found.is_closed or found.version < version:
            return None
        found.users += 1
        return found

    def release(self, file: OpenFile) -> None:
        """The answer is sent, or has failed."""
        file.users -= 1
        self._close_if_done(file)

    async def _open_once(self, key: Key, *, life_seconds: float, limit: int, version: int) -> OpenFile:
        """All who ask at the same time wait for one thread; that one of them leaves hurts no other."""
        asked = key, version
        task = self._opening.get(asked)
        if task is None:
            task = asyncio.create_task(
                self._open(key, life_seconds=life_seconds, limit=limit, version=version)
            )
            task.add_done_callback(lambda done: self._opened(asked, done))
            self._opening[asked] = task
        return await asyncio.shield(task)

    async def _open(self, key: Key, *, life_seconds: float, limit: int, version: int) -> OpenFile:
        file = await self._storage.open(key)
        content = None
        size_bytes = file.size_bytes
        if size_bytes <= limit:
            try:
                content = await file.read(0, limit)
            finally:
                await file.close()
            size_bytes = len(content)
        changed = int(file.modified_at.timestamp() * 1_000_000)
        return OpenFile(
            key=key,
            size_bytes=size_bytes,
            tag=f'"{size_bytes:x}-{changed:x}"' if content is None else tag_of(content),
            modified=format_datetime(file.modified_at.astimezone(UTC), usegmt=True),
            content=content,
            file=file,
            descriptor=file.fileno() if content is None and isinstance(file, HasDescriptor) else None,
            until=monotonic_seconds() + life_seconds,
            version=version,
        )

    def _opened(self, asked: tuple[Key, int], task: asyncio.Task[OpenFile]) -> None:
        del self._opening[asked]
        if task.cancelled() or task.exception() is not None:
            return
        file = task.result()
        self._forget(self._kept.get(file.key))
        self._kept[file.key] = file
        self._kept_bytes += len(file.content or b"")
        while len(self._kept) > self._max_files or self._kept_bytes > MAX_KEPT_BYTES:
            self._forget(next(iter(self._kept.values())))
        # Nobody may ask for it again: a file that is deleted then must not hold its disk space.
        delay = max(0.0, file.until - monotonic_seconds())
        asyncio.get_running_loop().call_later(delay, self._forget, file)

    def _forget(self, file: OpenFile | None) -> None:
        if file is None or not file.is_kept:
            return
        file.is_kept = False
        del self._kept[file.key]
        self._kept_bytes -= len(file.content or b"")
        self._close_if_done(file)

    def _close_if_done(self, file: OpenFile) -> None:
        if file.users or file.is_kept or file.is_closed:
            return
        file.is_closed = True
        if file.content is None:
            closing = asyncio.create_task(file.file.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
