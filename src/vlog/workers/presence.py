"""Which local workers are alive: each holds a lock that the kernel takes back when it dies.

So a worker that starts on this machine can give back at once what a killed one still held, instead of waiting
for its leases to end.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vlog.context import Context
from vlog.kit.errors import Conflict
from vlog.kit.filelock import FileLock
from vlog.processing import tasks
from vlog.telemetry.logs import get_logger

_SUFFIX = ".lock"

_log = get_logger(__name__)


def worker_name() -> str:
    """Host and process."""
    return f"{socket.gethostname()[:60]}-{os.getpid()}"


@asynccontextmanager
async def present(ctx: Context, name: str) -> AsyncIterator[None]:
    """Be known as alive under ``name`` until the block ends; the dead are cleared away first."""
    folder = ctx.config.data_dir / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    await _clear_the_dead(ctx, folder)
    lock = FileLock(folder / f"{name}{_SUFFIX}")
    lock.acquire()
    try:
        yield
    finally:
        lock.path.unlink(missing_ok=True)
        lock.release()


def _locks(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


async def _clear_the_dead(ctx: Context, folder: Path) -> None:
    for path in _locks(folder):
        lock = FileLock(path)
        try:
            lock.acquire()
        except Conflict:
            continue
        try:
            count = await tasks.abandon(ctx, path.name.removesuffix(_SUFFIX))
            path.unlink(missing_ok=True)
        finally:
            lock.release()
        if count:
            _log.warning("took leases back from a dead worker", worker=path.stem, leases=count)
