"""Single steps of a walk, from one open folder to what is named in it."""

from __future__ import annotations

import os
import stat as modes
from contextlib import suppress
from datetime import UTC, datetime

from vlog.storage.base import Stat
from vlog.storage.faults import no_such_file

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def enter(folder: int, name: str, *, create: bool) -> int:
    """The folder ``name``, opened; made durably if it is not there and may be made."""
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=folder)
    os.fsync(folder)
    return os.open(name, FOLDER, dir_fd=folder)


def names(folder: int) -> list[str]:
    """All names in an open folder."""
    with os.scandir(folder) as found:
        return [entry.name for entry in found]


def exists(folder: int, name: str) -> bool:
    """Whether an open folder has this name."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def stat_of(found: os.stat_result) -> Stat:
    """What is told of a file or folder; anything else counts as nothing."""
    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
    if modes.S_ISDIR(found.st_mode):
        return Stat(0, modified_at, is_folder=True)
    if modes.S_ISREG(found.st_mode):
        return Stat(found.st_size, modified_at, is_folder=False)
    raise no_such_file()
