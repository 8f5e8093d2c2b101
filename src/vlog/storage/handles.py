"""Open files of the local storage: their descriptors are used in threads, and closed there."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from vlog.kit.errors import Unavailable
from vlog.storage.faults import mapped, no_such_file, once
from vlog.storage.lanes import Lanes

T = TypeVar("T")


@dataclass(frozen=True)
class Opened:
    """A descriptor and what is known of its file; asked in the thread that opens it, as the disk may hang."""

    file: int
    size_bytes: int
    modified_at: datetime

    @classmethod
    def of(cls, file: int) -> Opened:
        """What is known of an open file."""
        with mapped():
            found = os.fstat(file)
        return cls(file, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


class Handle:
    """A descriptor that threads use; it is closed when its owner and the last such thread have let go.

    Closed earlier, its number could name another file while a thread is still in the middle of its work.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._is_open = True
        self._holders = 1

    @property
    def number(self) -> int:
        """The descriptor."""
        if not self._is_open:
            raise ValueError("the file is closed")
        return self._file

    def use(self, work: Callable[[int], T]) -> T:
        """Call ``work`` with the descriptor."""
        with self._guard:
            if not self._is_open:
                raise Unavailable("The storage answered too late.", code="storage_unavailable")
            self._holders += 1
        try:
            return work(self._file)
        finally:
            self._let_go()

    def close(self) -> None:
        """The owner lets go; harmless when repeated."""
        with self._guard:
            was_open, self._is_open = self._is_open, False
        if was_open:
            self._let_go()

    def _let_go(self) -> None:
        with self._guard:
            self._holders -= 1
            is_last = self._holders == 0
        if is_last:
            os.close(self._file)


class LocalFile:
    """An open file; reading it is unaffected by what happens to its name."""

    def __init__(
        self, lanes: Lanes, opened: Opened, *, open_again: Callable[[], Opened] | None = None
    ) -> None:
        self.size_bytes = opened.size_bytes
        self.modified_at = opened.modified_at
        self._lanes = lanes
        self._open_again = open_again
        self._handle = Handle(opened.file)

    def fileno(self) -> int:
        """The descriptor, for ``sendfile``; valid until ``close``."""
        return self._handle.number

    async def read(self, offset: int, length: int) -> bytes:
        def work(file: int) -> bytes:
            try:
                return os.pread(file, length, offset)
            except OSError as error:
                if error.errno not in {errno.ESTALE, errno.EIO} or self._open_again is None:
                    with mapped():
                        raise
            self._replace(file, self._open_again())
            with mapped():
                return os.pread(file, length, offset)

        return await self._lanes.reading.run(partial(once, partial(self._handle.use, work)))

    async def close(self) -> None:
        # Not here: closing waits for the disk too, on some network file systems.
        self._lanes.reading.soon(self._handle.close)

    def _replace(self, file: int, again: Opened) -> None:
        """Put what the name leads to now behind the same descriptor, if it can be the same file."""
        try:
            if again.size_bytes != self.size_bytes:
                raise no_such_file()
            os.dup2(again.file, file, inheritable=False)
        finally:
            os.close(again.file)
