"""What is done with one open file."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from contextlib import suppress

from vlog.kit.errors import Conflict, Unavailable

_SYNC_FILE_RANGE_WRITE = 2
_libc = ctypes.CDLL(None, use_errno=True)
_libc.sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})


def write_all(file: int, data: bytes | memoryview, *, offset: int = 0) -> None:
    """Write every byte at ``offset`` (doing so twice changes nothing); the system may take them in parts."""
    view = memoryview(data)
    while view:
        count = os.pwrite(file, view, offset)
        view, offset = view[count:], offset + count


def begin_writeback(file: int, offset: int, length: int) -> None:
    """Have the disk begin with these bytes now, so that the next sync has less to wait for.

    sync_file_range(2) with this flag alone waits for nothing, promises nothing and takes no error away from
    ``fdatasync``. Where a file system does not know it, the sync does all of it.
    """
    _libc.sync_file_range(file, offset, length, _SYNC_FILE_RANGE_WRITE)


def sync_bytes(file: int) -> None:
    """``fdatasync``, once: after a failure the kernel may call pages clean that never reached the disk."""
    try:
        os.fdatasync(file)
    except OSError as error:
        if error.errno == errno.ESTALE:
            # Not for the caller to try again on another handle, as with other operations.
            raise Unavailable("The storage lost the file handle.", code="storage_unavailable") from error
        raise


def forget_cached(file: int) -> None:
    """Have the next reader see what the disk holds, not what memory remembers (posix_fadvise(2))."""
    with suppress(OSError):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def lock(file: int) -> None:
    """Hold an open file alone, for as long as it is open; the kernel lets go when its process dies."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise in_use() from None
    except OSError as error:
        # Some network and user-space file systems have no locks; epochs in the database remain.
        if error.errno not in _NO_LOCKS:
            raise


def in_use() -> Conflict:
    """What those are told who come second."""
    return Conflict("Somebody else is writing this file.", code="file_in_use")
