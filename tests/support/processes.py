"""Which processes run, read from /proc: tests that kill things look at what is left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def alive(process_id: int) -> bool:
    """Whether the process runs; a zombie that nobody has waited for has ended."""
    try:
        state = (PROC / str(process_id) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def descendants(process_id: int) -> set[int]:
    """All living processes below ``process_id``, itself not counted."""
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] not in ("Z", "X"):
                parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    todo = {process_id}
    while todo:
        todo = {child for child, parent in parents.items() if parent in todo} - found
        found |= todo
    return found


def command_line(process_id: int) -> str:
    """How the process was called, for messages."""
    try:
        return (PROC / str(process_id) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def left_after(process_ids: Iterable[int], seconds: float) -> dict[int, str]:
    """Those of ``process_ids`` that still run after at most ``seconds``, with their command lines."""
    deadline = time.monotonic() + seconds
    left = {process_id for process_id in process_ids if alive(process_id)}
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = {process_id for process_id in left if alive(process_id)}
    return {process_id: command_line(process_id) for process_id in left}
