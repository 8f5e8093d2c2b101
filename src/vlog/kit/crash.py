"""Named places at which a test may let a process die as if the power had gone: SIGKILL to itself.

``VLOG_CRASH_AT=transaction_committed`` dies at the first pass of that point, ``…:7`` at the seventh.
Without the variable, which is read once, passing a point is a call of an empty function.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from itertools import count

from vlog.kit.errors import Invalid


class CrashPoint(StrEnum):
    """Every durable step has one before and one behind it."""

    # One source on its way in.
    UPLOAD_CREATED = "upload_created"
    UPLOAD_WRITTEN = "upload_written"
    UPLOAD_SYNCED = "upload_synced"
    UPLOAD_ACKNOWLEDGED = "upload_acknowledged"
    UPLOAD_COMPLETE = "upload_complete"
    UPLOAD_NAMED = "upload_named"
    UPLOAD_ACCEPTED = "upload_accepted"
    # Every file that is written aside and given its name.
    FILE_WRITTEN = "file_written"
    FILE_SYNCED = "file_synced"
    FILE_NAMED = "file_named"
    FOLDER_SYNCED = "folder_synced"
    MOVE_BEGINS = "move_begins"
    MOVE_RENAMED = "move_renamed"
    DELETE_BEGINS = "delete_begins"
    # Every transaction.
    TRANSACTION_COMMITS = "transaction_commits"
    TRANSACTION_COMMITTED = "transaction_committed"
    # One task in a worker's hands.
    TASK_CLAIMED = "task_claimed"
    SEGMENTS_STAGED = "segments_staged"
    SEGMENTS_STORED = "segments_stored"
    TASK_ENDS = "task_ends"
    TASK_ENDED = "task_ended"
    # What viewers see.
    MANIFESTS_BEGIN = "manifests_begin"
    PLAYLISTS_WRITTEN = "playlists_written"
    MANIFESTS_WRITTEN = "manifests_written"
    GENERATION_RENAMED = "generation_renamed"
    # Going away.
    PURGE_ASIDE = "purge_aside"
    PURGE_ROW_GONE = "purge_row_gone"
    SWEEP_REMOVES = "sweep_removes"


class _Trap:
    """Counts the passes of one point."""

    def __init__(self, wish: str) -> None:
        name, _, number = wish.partition(":")
        if name not in list(CrashPoint) or not (number or "1").isdecimal():
            raise Invalid(f"VLOG_CRASH_AT={wish} names no crash point.", code="bad_environment")
        self._point = CrashPoint(name)
        self._last = int(number or "1")
        self._passes = count(1)

    def __call__(self, point: CrashPoint) -> None:
        if point is self._point and next(self._passes) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def _pass(_: CrashPoint) -> None:
    """Nobody wants to die."""


_wish = os.environ.get("VLOG_CRASH_AT", "")
crash_point = _Trap(_wish) if _wish else _pass
