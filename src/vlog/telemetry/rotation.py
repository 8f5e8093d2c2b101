"""Log files that stay small: a few generations, and no exception when the disk is full."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

LIMIT_BYTES = 8 << 20
KEPT_FILES = 3


class RotatingFile:
    """Appends lines to ``path``; beyond ``limit_bytes`` it becomes ``path.1``, that ``path.2`` and so on.

    A line that can't be written is lost: logging must never be what stops a service.
    """

    def __init__(self, path: Path, *, limit_bytes: int = LIMIT_BYTES, kept: int = KEPT_FILES) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._kept = kept
        self._file: int | None = None
        self._size_bytes = 0

    def write(self, line: str) -> None:
        """Append ``line`` and a line end."""
        data = line.encode(errors="replace") + b"\n"
        with suppress(OSError):
            if self._size_bytes + len(data) > self._limit_bytes:
                self._rotate()
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                self._size_bytes = os.fstat(self._file).st_size
            self._size_bytes += os.write(self._file, data)

    def close(self) -> None:
        """Close the file; a later ``write`` opens it again."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _rotate(self) -> None:
        self.close()
        self._size_bytes = 0
        _shift(self._path, self._kept)
        with suppress(FileNotFoundError):
            self._path.replace(_generation(self._path, 1))


def rotate_in_place(path: Path, *, limit_bytes: int = LIMIT_BYTES, kept: int = KEPT_FILES) -> None:
    """Copy and empty a file that another process holds open for appending, once it exceeds ``limit_bytes``.

    What that process writes between copy and truncation is lost. Does nothing when the disk has no room.
    """
    with suppress(OSError):
        if path.stat().st_size <= limit_bytes:
            return
        _shift(path, kept)
        shutil.copyfile(path, _generation(path, 1))
        os.truncate(path, 0)


def _shift(path: Path, kept: int) -> None:
    for number in range(kept - 1, 0, -1):
        with suppress(FileNotFoundError):
            _generation(path, number).replace(_generation(path, number + 1))


def _generation(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
