"""One process at a time for a folder: a lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from vlog.kit.errors import Conflict

# A holder that was killed lets go when its last thread has ended, a moment after it seems to be gone.
_GRACE_SECONDS = 0.5
_STEP_SECONDS = 0.02


class FileLock:
    """An exclusive lock (flock(2)) on a file that also names the process that holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise ``Conflict`` (code ``locked``, detail ``process_id`` or ``None``)."""
        # Not inherited by children (PEP 446): a child that outlives its parent must not keep the lock.
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file)
        except BlockingIOError as error:
            holder = os.pread(file, 32, 0).decode(errors="replace").strip()
            os.close(file)
            process_id = int(holder) if holder.isdecimal() else None
            raise Conflict(
                f"{self.path} is locked by process {process_id or 'unknown'}.",
                code="locked",
                process_id=process_id,
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let others have it; harmless when it is not held."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)


def _lock(file: int) -> None:
    for _ in range(int(_GRACE_SECONDS / _STEP_SECONDS)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_STEP_SECONDS)
        else:
            return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
