"""Notes of copies between disks, so that what a crash leaves of one is found and removed.

A copy lies beside its target under a hidden name (``across``), in whichever folder that is: looking for
leftovers in all of them would take hours. So each has a note among the staged files, ``{random}.copy``, that
tells its path below the root and is locked for as long as somebody works on it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vlog.kit.errors import Invalid
from vlog.storage.files import lock, write_all
from vlog.storage.layout import Key

SUFFIX = ".copy"
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KNOWN = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_ASIDE = re.compile(r"\.[0-9a-f]{32}")
_MOST_BYTES = 4096


@contextmanager
def noted(aside: str, *, parent: Key | None, staging: int) -> Iterator[None]:
    """Around a copy ``aside`` in the folder ``parent``: durably noted in the open folder ``staging``."""
    name = secrets.token_hex(16) + SUFFIX
    file = os.open(name, _NEW, 0o644, dir_fd=staging)
    try:
        lock(file)
        write_all(file, (f"{parent}/{aside}" if parent else aside).encode())
        os.fsync(file)
        os.fsync(staging)
        yield
    finally:
        # Whoever gets here has removed or renamed the copy itself.
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=staging)
        os.close(file)


@contextmanager
def abandoned(name: str, *, staging: int) -> Iterator[tuple[Key | None, str] | None]:
    """Folder and hidden name of the copy that a note tells of, if nobody works on it; locked meanwhile.

    Raises ``Conflict`` (code ``file_in_use``) when somebody does. ``None``: the note tells of nothing.
    """
    file = os.open(name, _KNOWN, dir_fd=staging)
    try:
        lock(file)
        yield _told(os.pread(file, _MOST_BYTES, 0).decode("utf-8", "replace"))
    finally:
        os.close(file)


def _told(text: str) -> tuple[Key | None, str] | None:
    folder, _, aside = text.rpartition("/")
    if not _ASIDE.fullmatch(aside):
        return None
    try:
        return (Key(folder) if folder else None), aside
    except Invalid:
        return None
