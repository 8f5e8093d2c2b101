"""Asks the page cache before a disk: what lies in memory may be read in the event loop.

``preadv2(2)`` with ``RWF_NOWAIT`` gives what is in memory and refuses to wait for a disk. Some file systems
(NFS, FUSE, tmpfs) do not know the flag: there everything counts as not in memory.
"""

from __future__ import annotations

import os

_PROBE = bytearray(1)


def read_cached(file: int, offset: int, length: int) -> bytes | None:
    """Up to ``length`` bytes from memory (empty at the end); ``None`` when a disk would be asked."""
    buffer = bytearray(length)
    try:
        count = os.preadv(file, (buffer,), offset, os.RWF_NOWAIT)
    except OSError:
        # EAGAIN: not in memory. EOPNOTSUPP: not known. Anything else is better met where reading may fail.
        return None
    return bytes(buffer) if count == length else bytes(memoryview(buffer)[:count])


def is_cached(file: int, offset: int, length: int) -> bool:
    """Whether both ends of a stretch are in memory; what lies between was read with them.

    One byte each, less than a microsecond. Wrong once in a while, when memory was short in between; then a
    read from the loop waits for the disk once.
    """
    try:
        first = os.preadv(file, (_PROBE,), offset, os.RWF_NOWAIT)
        return bool(first and os.preadv(file, (_PROBE,), offset + length - 1, os.RWF_NOWAIT))
    except OSError:
        return False
