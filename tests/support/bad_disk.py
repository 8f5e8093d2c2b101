"""A disk that can be broken on purpose: a FUSE mirror of a folder, in a process of its own.

``python -m tests.support.bad_disk MIRRORED MOUNTPOINT CONTROL`` serves it. CONTROL is a JSON file, read
before each operation: ``{"errors": {"read": 116}, "delay_seconds": 0.5}``. Beside that it remembers what was
made durable: contents by fsync of the file, names by fsync of the folder. ``{"lose_power": true}`` puts the
mirrored folder back to exactly that, as a power cut does on a file system that promises no more than POSIX.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mfusepy  # type: ignore[import-untyped]
import pytest

START_SECONDS = 10


class Durable:
    """What survives a power cut: contents and names by inode of the mirrored folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, tuple[int, int]]] = {}
        for folder, _, files in os.walk(root):
            self.folder(Path(folder))
            for name in files:
                self.file(Path(folder, name))

    def file(self, path: Path) -> None:
        """The file's bytes are on the disk; under which name is another question."""
        with suppress(FileNotFoundError):
            self._contents[path.stat().st_ino] = path.read_bytes()

    def handle(self, file: int) -> None:
        """The same of an open file, whose name may be gone."""
        found = os.fstat(file)
        self._contents[found.st_ino] = os.pread(file, found.st_size, 0)

    def folder(self, path: Path) -> None:
        """The folder's names are on the disk."""
        found = {each.name: each.lstat() for each in path.iterdir()}
        self._names[path.stat().st_ino] = {name: (each.st_ino, each.st_mode) for name, each in found.items()}

    def restore(self) -> None:
        """Put the mirrored folder back to what is durable."""
        wanted = self._root.with_name(self._root.name + "-after")
        self._build(wanted, self._root.stat().st_ino)
        for each in self._root.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        for each in wanted.iterdir():
            each.rename(self._root / each.name)
        wanted.rmdir()
        self.__init__(self._root)  # type: ignore[misc]

    def _build(self, target: Path, inode: int) -> None:
        target.mkdir()
        for name, (child, mode) in self._names.get(inode, {}).items():
            if stat.S_ISDIR(mode):
                self._build(target / name, child)
            else:
                (target / name).write_bytes(self._contents.get(child, b""))


class Mirror(mfusepy.Operations):  # type: ignore[misc]
    """Does in the mirrored folder what is asked of the mount, unless it is told to fail."""

    use_ns = True

    def __init__(self, root: Path, control: Path) -> None:
        self._root = root
        self._control = control
        self._durable = Durable(root)

    def obey(self, operation: str) -> None:
        """Do first what CONTROL says."""
        wish = json.loads(self._control.read_text())
        time.sleep(wish.get("delay_seconds", 0))
        if wish.get("lose_power"):
            self._durable.restore()
            self._control.write_text("{}")
        if (number := wish.get("errors", {}).get(operation)) is not None:
            raise mfusepy.FuseOSError(number)

    def _at(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        try:
            found = os.fstat(fh) if fh is not None else self._at(path).lstat()
        except FileNotFoundError:
            raise mfusepy.FuseOSError(errno.ENOENT) from None
        keys = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_ino", "st_blocks")
        times = {name: getattr(found, f"{name}_ns") for name in ("st_atime", "st_mtime", "st_ctime")}
        return {key: getattr(found, key) for key in keys} | times

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *(each.name for each in self._at(path).iterdir())]

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        return os.open(self._at(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def open(self, path: str, flags: int) -> int:
        return os.open(self._at(path), flags & ~os.O_NOFOLLOW)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        os.truncate(self._at(path) if fh is None else fh, length)
        return 0

    def flush(self, path: str, fh: int) -> int:
        return 0

    def release(self, path: str, fh: int) -> int:
        os.close(fh)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self._durable.handle(fh)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        self._durable.folder(self._at(path))
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        self._at(path).mkdir(mode)
        return 0

    def rmdir(self, path: str) -> int:
        self._at(path).rmdir()
        return 0

    def unlink(self, path: str) -> int:
        self._at(path).unlink()
        return 0

    def rename(self, old: str, new: str, flags: int = 0) -> int:
        self._at(old).rename(self._at(new))
        return 0

    def link(self, target: str, source: str) -> int:
        os.link(self._at(source), self._at(target))
        return 0

    def utimens(self, path: str, times: Any = None) -> int:
        os.utime(self._at(path), ns=times)
        return 0

    def chmod(self, path: str, mode: int) -> int:
        self._at(path).chmod(mode)
        return 0

    def statfs(self, path: str) -> dict[str, Any]:
        found = os.statvfs(self._root)
        names = [name for name in dir(found) if name.startswith("f_") and name != "f_fsid"]
        return {name: getattr(found, name) for name in names}


def _obedient(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    def obedient(mirror: Mirror, *args: Any) -> Any:
        mirror.obey(name)
        return operation(mirror, *args)

    return obedient


for _name, _operation in tuple(vars(Mirror).items()):
    if callable(_operation) and not _name.startswith("_") and _name not in {"obey", "release", "flush"}:
        setattr(Mirror, _name, _obedient(_name, _operation))


@dataclass
class BadDisk:
    """A mounted mirror and how to break it."""

    folder: Path
    mirrored: Path
    control: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def fail(self, *, delay_seconds: float = 0.0, **errors: int) -> None:
        """From now on these operations fail with these numbers, each after the delay."""
        self._say({"errors": errors, "delay_seconds": delay_seconds})

    def heal(self) -> None:
        """Work as a disk should."""
        self._say({})

    def hang(self) -> None:
        """Answer nothing at all."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again, also what was asked meanwhile."""
        self.process.send_signal(signal.SIGCONT)

    def lose_power(self) -> None:
        """Go back to what was made durable. Nobody may hold a file open."""
        self._say({"lose_power": True})
        deadline = time.monotonic() + 10
        while self.control.read_text() != "{}":
            # Any operation makes the mirror look.
            with suppress(OSError):
                os.listdir(self.folder)  # noqa: PTH208 - not cached by pathlib's stat
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _say(self, wish: dict[str, object]) -> None:
        aside = self.control.with_suffix(".new")
        aside.write_text(json.dumps(wish))
        aside.rename(self.control)


@contextmanager
def bad_disk(folder: Path) -> Iterator[BadDisk]:
    """A mirror mounted at ``folder``; skips the test where FUSE is not to be had."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or shutil.which("fusermount3") is None:
        pytest.skip("no FUSE here: /dev/fuse or fusermount3 is missing")
    mirrored, control = folder.with_name(f"{folder.name}-mirrored"), folder.with_name(f"{folder.name}.json")
    folder.mkdir()
    mirrored.mkdir()
    control.write_text("{}")
    command = [sys.executable, "-m", "tests.support.bad_disk", str(mirrored), str(folder), str(control)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    disk = BadDisk(folder, mirrored, control, process)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not folder.is_mount():
            if process.poll() is not None:
                assert process.stderr is not None
                pytest.skip(f"FUSE does not mount here: {process.stderr.read().decode()[-200:]}")
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield disk
    finally:
        with suppress(ProcessLookupError):
            disk.go_on()
        subprocess.run(["fusermount3", "-u", "-z", str(folder)], check=False, capture_output=True)
        process.kill()
        process.communicate()


if __name__ == "__main__":
    mfusepy.FUSE(
        Mirror(Path(sys.argv[1]), Path(sys.argv[3])),
        sys.argv[2],
        foreground=True,
        nothreads=False,
        direct_io=True,
        attr_timeout=0,
        entry_timeout=0,
        negative_timeout=0,
    )
