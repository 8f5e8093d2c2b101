"""What the system's errors about files mean to us, and which of them are worth a second try."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vlog.kit.errors import Conflict, NotFound, OutOfSpace, Unavailable

T = TypeVar("T")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED = frozenset({errno.EACCES, errno.EPERM})


@contextmanager
def mapped() -> Iterator[None]:
    """Run file operations so that callers meet errors of ``kit.errors``; ``ESTALE`` passes."""
    try:
        yield
    except FileNotFoundError:
        raise no_such_file() from None
    except FileExistsError as error:
        raise Conflict("Something else lies there in the storage.", code="file_exists") from error
    except OSError as error:
        if error.errno == errno.ESTALE:
            raise
        raise translated(error) from error


def by_path(work: Callable[[], T]) -> T:
    """Run ``work``, which opens what it needs by path; once more when the first try met a dead handle.

    NFS answers ESTALE for a handle whose file another host has replaced, and soft mounts EIO after a pause of
    the server. Only for work that may be done twice: never for bytes that went through an open handle.
    """
    try:
        return work()
    except (OSError, Unavailable) as error:
        if not _is_dead_handle(error):
            raise
    return once(work)


def once(work: Callable[[], T]) -> T:
    """Run ``work``, never again: after a failed fsync the second one says "done" without having done it."""
    try:
        return work()
    except OSError as error:
        raise Unavailable("The storage has lost the file.", code="storage_unavailable") from error


def _is_dead_handle(error: OSError | Unavailable) -> bool:
    system = error if isinstance(error, OSError) else error.__cause__
    return isinstance(system, OSError) and system.errno in {errno.ESTALE, errno.EIO}


def no_such_file() -> NotFound:
    """There is nothing under this key."""
    return NotFound("There is no such file in the storage.", code="no_such_file")


def translated(error: OSError) -> Exception:
    """The error as callers meet it; it names no path, because visitors may read it."""
    if error.errno in _FULL:
        return OutOfSpace("The storage is full. Free some space and try again.")
    if error.errno == errno.EROFS:
        return Unavailable("The storage is read-only at the moment.", code="storage_read_only")
    if error.errno in _DENIED:
        return Unavailable("VLog may not use a part of its storage.", code="storage_denied")
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        # O_NOFOLLOW met a link, or a name below a plain file was asked for: for us there is nothing there.
        return no_such_file()
    if error.errno in {errno.ENOTEMPTY, errno.EISDIR}:
        return Conflict("Something else lies there in the storage.", code="file_exists")
    words = os.strerror(error.errno) if error.errno else str(error)
    return Unavailable(f"The storage does not work: {words}.", code="storage_unavailable")
