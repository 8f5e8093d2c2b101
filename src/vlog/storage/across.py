"""Moving between folders that lie on different disks: ``rename`` refuses (EXDEV), so bytes are copied.

What is copied is fsynced under a name that nobody reads, then renamed beside its target: readers see nothing
or all of it, also after a power cut. What a crash leaves under such a name is found by the note of it
(``copies``).
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat as modes
from collections.abc import Callable
from contextlib import AbstractContextManager

_COPY_BYTES = 1 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = _READ | os.O_DIRECTORY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


Noted = Callable[[str], AbstractContextManager[object]]
"""Somebody remembers, while the block lasts or its process dies in it, that there is a copy of this name."""


def rename(source: str, target: str, *, source_folder: int, target_folder: int, noted: Noted) -> None:
    """``os.rename`` that also crosses disks; of a file, which replaces another, or of a folder."""
    try:
        os.rename(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    else:
        return
    aside = f".{secrets.token_hex(16)}"
    with noted(aside):
        try:
            _copy(source, aside, source_folder=source_folder, target_folder=target_folder)
            os.rename(aside, target, src_dir_fd=target_folder, dst_dir_fd=target_folder)
        except OSError:
            remove(aside, folder=target_folder)
            raise
        os.fsync(target_folder)
    remove(source, folder=source_folder)


def remove(name: str, *, folder: int) -> None:
    """Remove a file or a folder that may be there."""
    try:
        is_folder = modes.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        if is_folder:
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _copy(source: str, target: str, *, source_folder: int, target_folder: int) -> None:
    is_folder = modes.S_ISDIR(os.stat(source, dir_fd=source_folder, follow_symlinks=False).st_mode)
    copy = _copy_folder if is_folder else copy_file
    copy(source, target, source_folder=source_folder, target_folder=target_folder)


def copy_file(source: str, target: str, *, source_folder: int, target_folder: int) -> None:
    """A durable copy under a free name."""
    reading = os.open(source, _READ, dir_fd=source_folder)
    try:
        writing = os.open(target, _NEW, 0o644, dir_fd=target_folder)
        try:
            while chunk := os.read(reading, _COPY_BYTES):
                view = memoryview(chunk)
                while view:
                    view = view[os.write(writing, view) :]
            os.fsync(writing)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _copy_folder(source: str, target: str, *, source_folder: int, target_folder: int) -> None:
    os.mkdir(target, 0o755, dir_fd=target_folder)
    inner_source = os.open(source, _FOLDER, dir_fd=source_folder)
    try:
        inner_target = os.open(target, _FOLDER, dir_fd=target_folder)
        try:
            with os.scandir(inner_source) as found:
                entries = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in found]
            for name, mode in entries:
                if modes.S_ISDIR(mode):
                    _copy_folder(name, name, source_folder=inner_source, target_folder=inner_target)
                elif modes.S_ISREG(mode):
                    # A planted link or pipe is left behind, and goes with the source.
                    copy_file(name, name, source_folder=inner_source, target_folder=inner_target)
            os.fsync(inner_target)
        finally:
            os.close(inner_target)
    finally:
        os.close(inner_source)
