"""Small disks of one's own: tmpfs mounts, where this machine lets tests mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


class _SmallDisk:
    @contextmanager
    def __call__(self, folder: Path, *, size: str = "8m") -> Iterator[Path]:
        """A disk of ``size`` at ``folder``, gone at the end; skips the test where mounting is not allowed."""
        folder.mkdir(exist_ok=True)
        if not _mount("-t", "tmpfs", "-o", f"size={size},mode=0755", "vlog-test", str(folder)):
            pytest.skip("this machine does not let tests mount a tmpfs")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)

    @contextmanager
    def read_only(self, folder: Path) -> Iterator[None]:
        """The disk can only be read for a while."""
        assert _mount("-o", "remount,ro", str(folder))
        try:
            yield
        finally:
            assert _mount("-o", "remount,rw", str(folder))

    @contextmanager
    def hidden(self, folder: Path) -> Iterator[None]:
        """The disk is not mounted for a while: what remains is its empty mount point."""
        aside = folder.parent / f"{folder.name}-elsewhere"
        aside.mkdir()
        # A bind mount keeps the disk alive; a lazy unmount ends it here although it is in use.
        assert _mount("--bind", str(folder), str(aside))
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        try:
            yield
        finally:
            assert _mount("--bind", str(aside), str(folder))
            subprocess.run(["umount", "--lazy", str(aside)], check=True)
            aside.rmdir()


small_disk = _SmallDisk()
