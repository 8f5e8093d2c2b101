"""The state of a PostgreSQL server as its files tell it: who serves a cluster, or did until it was killed."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Conflict, Unavailable

# A server whose supervisor was killed ends by itself; its successor waits for that.
PREDECESSOR_SECONDS = 30.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Running:
    """What a server says about itself in postmaster.pid."""

    process_id: int
    socket_folder: Path
    ready: bool


def running_on(folder: Path) -> Running | None:
    """The server that runs on a cluster, from the file in which it keeps its state.

    Lines of postmaster.pid: process id, data folder, start time, port, socket folder, address, shared memory,
    status (PostgreSQL's miscadmin.h).
    """
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        process_id = int(lines[0])
    except PermissionError as error:
        raise Unavailable(
            f"{folder} belongs to another user: run VLog as the user who started it first.", code="not_owner"
        ) from error
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if not _serves(process_id, folder):
        return None
    socket_folder = Path(lines[4]) if len(lines) > 4 else folder
    return Running(process_id, socket_folder, ready=len(lines) > 7 and lines[7].strip() == "ready")


async def outlast_predecessor(folder: Path) -> None:
    """Wait for a server that is about to end. Raises ``Conflict`` when it does not."""
    deadline = monotonic_seconds() + PREDECESSOR_SECONDS
    while (running := running_on(folder)) is not None:
        if monotonic_seconds() > deadline:
            raise Conflict(
                f"A PostgreSQL server (process {running.process_id}) still runs on {folder}: stop it first.",
                code="already_running",
            )
        await asyncio.sleep(_POLL_SECONDS)


def forget_predecessor(folder: Path, socket_folder: Path) -> None:
    """Clear what a killed server left, once it is known to be gone.

    PostgreSQL refuses to start when the process number in its lock files is in use, by whatever program:
    after a restart of the machine, and in every container, another program soon has it. Our own number is
    accepted (the parent's), and keeps the check for the old server's shared memory that removing the file
    would lose.
    """
    lock = folder / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError):
        left_by, *rest = lock.read_text().splitlines(keepends=True)
        if _exists(int(left_by)):
            lock.write_text("".join([f"{os.getpid()}\n", *rest]))
    for left in socket_folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _serves(process_id: int, folder: Path) -> bool:
    """Whether that process is the cluster's server: the number may have gone to another program since."""
    try:
        os.kill(process_id, 0)
        # A server works in its cluster's folder.
        return Path(f"/proc/{process_id}/cwd").readlink() == folder.resolve()
    except FileNotFoundError:
        # Nobody can say where there is no /proc.
        return not Path("/proc/self").exists()
    except (ProcessLookupError, PermissionError):
        return False


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
