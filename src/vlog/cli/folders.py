"""Are the folders there, writable, and with room? Asked before anything starts."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from vlog.config import Config
from vlog.kit.errors import Invalid, NotPermitted, OutOfSpace, Unavailable, VlogError
from vlog.storage.layout import MARKER

NEEDED_BYTES = 100 * 1000**2
COMFORTABLE_BYTES = 1000**3
_PROBE_BYTES = 64 * 1024
_LOOK_SECONDS = 5.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Folder:
    """A folder that VLog needs and the variable that moves it."""

    path: Path
    variable: str
    chosen: bool


def prepare(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Make and check the folders of data and media; the answer is warnings, as sentences.

    Raises ``VlogError`` with one sentence that names the folder, the variable and the remedy.
    """
    warnings = []
    for variable, path in (("VLOG_DATA_DIR", config.data_dir), ("VLOG_STORAGE_PATH", config.storage_path)):
        folder = Folder(path, variable, chosen=bool(environ.get(variable)))
        trouble = _trouble_of_known_media(folder)
        if trouble is not None:
            warnings.append(trouble)
            continue
        _make(folder)
        _require_space(folder)
        _probe(folder)
        free_bytes = shutil.disk_usage(path).free
        if free_bytes < COMFORTABLE_BYTES:
            warnings.append(
                f"Only {_readable(free_bytes)} are free in {path}: free some space soon, "
                f"or move the folder to another disk with {variable}."
            )
    logs = Folder(config.data_dir / "logs", "VLOG_DATA_DIR", chosen=False)
    _make(logs)
    with suppress(OSError):
        logs.path.chmod(0o700)
    return list(dict.fromkeys(warnings))


def _trouble_of_known_media(folder: Folder) -> str | None:
    """What ails a folder that holds media already: viewers can have those although nothing can be added.

    ``None`` when nothing does, or when it is no such folder. Looks from a thread: its disk may hang.
    """
    found: SimpleQueue[str | None] = SimpleQueue()

    def look() -> None:
        try:
            if (folder.path / MARKER).is_file():
                _require_space(folder)
                _probe(folder)
            found.put(None)
        except VlogError as error:
            found.put(f"{error.message} Until then nothing can be uploaded; videos play.")
        except OSError as error:
            found.put(f"{folder.path} can't be looked at ({error.strerror}).")

    threading.Thread(target=look, name="storage look", daemon=True).start()
    try:
        return found.get(timeout=_LOOK_SECONDS)
    except Empty:
        return f"{folder.path} does not answer: until its disk is back, no video plays or can be uploaded."


def _make(folder: Folder) -> None:
    path = folder.path
    try:
        # Not the parents of a chosen folder: what is missing there is most likely a disk that is not mounted.
        path.mkdir(parents=not folder.chosen, exist_ok=True)
    except FileNotFoundError as error:
        raise Unavailable(
            f"{path.parent}, where {folder.variable} puts {path.name}, does not exist: "
            f"create it, mount its disk, or set {folder.variable} to another folder.",
            code="folder_missing",
        ) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise Invalid(
            f"{path} ({folder.variable}) is not a folder, or lies below a file: "
            f"move that file away or set {folder.variable} to another folder.",
            code="not_a_folder",
        ) from error
    except OSError as error:
        raise _refused(folder, error) from error


def _require_space(folder: Folder) -> None:
    free_bytes = shutil.disk_usage(folder.path).free
    if free_bytes < NEEDED_BYTES:
        raise _full(folder, f"only {_readable(free_bytes)} free")


def _probe(folder: Folder) -> None:
    """Write for real: permissions, quotas and read-only mounts show themselves in no other way."""
    probe = folder.path / f".vlog-probe-{secrets.token_hex(4)}"
    try:
        file = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, bytes(_PROBE_BYTES))
            os.fsync(file)
        finally:
            os.close(file)
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(folder, error) from error


def _refused(folder: Folder, error: OSError) -> VlogError:
    path, variable = folder.path, folder.variable
    if error.errno in _FULL:
        return _full(folder, "no room left")
    if error.errno == errno.EROFS:
        return NotPermitted(
            f"The disk of {path} is mounted read-only: mount it for writing or set {variable} elsewhere.",
            code="read_only",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotPermitted(
            f"VLog may not write to {path}: give it to the user who runs VLog (chown), "
            f"or set {variable} to a folder of that user.",
            code="not_writable",
        )
    return Unavailable(
        f"{path} can't be written to ({error.strerror}): check its disk or set {variable} to another folder.",
        code="folder_broken",
    )


def _full(folder: Folder, how: str) -> OutOfSpace:
    return OutOfSpace(
        f"The disk of {folder.path} is full ({how}; VLog needs {_readable(NEEDED_BYTES)} to start): "
        f"free some space or set {folder.variable} to a folder on another disk.",
        code="disk_full",
    )


def _readable(size_bytes: int) -> str:
    return f"{size_bytes / 1000**2:.0f} MB" if size_bytes < 1000**3 else f"{size_bytes / 1000**3:.1f} GB"
