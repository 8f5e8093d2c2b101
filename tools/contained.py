"""Runs a command and leaves no process of it behind, however it ends: `contained.py COMMAND ARGUMENT…`.

As a subreaper this process inherits every orphan of the command, also one that made its own session. What is
still alive a few seconds after the command ended is killed and counts as a failure: whatever VLog starts, it
has to stop. Standard library only, any Python from 3.7.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 5


def reap() -> None:
    """Collect orphans that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants() -> dict[int, str]:
    """Every living process below this one, with its command line."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command's name may hold spaces and brackets; fields count from behind it.
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(status.parent.name)] = int(parent)
    found: dict[int, str] = {}
    todo = {os.getpid()}
    while todo:
        todo = {pid for pid, parent in parents.items() if parent in todo}
        for pid in todo:
            with contextlib.suppress(OSError):
                found[pid] = (
                    Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
    return found


def main(command: list[str]) -> int:
    """Run the command; its exit status, or 1 when it left something running."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("This system can't adopt orphaned processes.")
    with subprocess.Popen(command) as child:
        # A stop meant for the run reaches the command first, so that it can clean up itself.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _frame: child.send_signal(received))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        status = child.wait()
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := descendants()) and time.monotonic() < deadline:
        time.sleep(0.1)
        reap()
    for pid, words in left.items():
        print(f"Left running, now killed: {pid} {words[:200]}", file=sys.stderr)
    while left := descendants():
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        reap()
        status = status or 1
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
