"""Folders of this machine for what a tool can only read or write as files, and for as long as it does."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

PREFIX = "vlog-work-"
_ABANDONED_SECONDS = 3600
"""No tool may write files for so long: whoever made an older folder was killed before it could remove it."""


@asynccontextmanager
async def work_folder() -> AsyncIterator[Path]:
    """A new empty folder that nobody else may look into; it is gone with its content afterwards."""
    # A thread for the few small files: the loop serves other things meanwhile.
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix=PREFIX)
    with folder as name:
        yield Path(name)


def sweep() -> int:
    """Remove the folders that killed workers of this user have left behind; returns how many."""
    removed = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = path.lstat()
            is_abandoned = time.time() - found.st_mtime > _ABANDONED_SECONDS
            if found.st_uid == os.geteuid() and is_abandoned and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
                removed += 1
    return removed
