"""The hard cases that are made from the real clips: made once per machine, outside the repository."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.clips import clips_folder
from tests.support.jails import tools

SCRIPT = "derive.sh"


@cache
def derived_folder() -> Path:
    """``VLOG_TEST_DERIVED``, else a folder of this user's temporary files, filled when it is first wanted."""
    if named := os.environ.get("VLOG_TEST_DERIVED"):
        return Path(named)
    script = clips_folder() / SCRIPT
    version = hashlib.sha256(script.read_bytes() + tools().ffmpeg_version.encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"vlog-derived-clips-{os.getuid()}-{version}"
    with _alone(folder.with_suffix(".lock")):
        if not folder.is_dir():
            aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
            command = ["nice", "bash", str(script), str(tools().ffmpeg), str(aside)]
            subprocess.run(command, check=True, capture_output=True)
            aside.rename(folder)
    return folder


def derived(name: str) -> Path:
    """One of them by its file name."""
    path = derived_folder() / name
    if not path.is_file():
        known = ", ".join(sorted(file.name for file in derived_folder().iterdir()))
        raise FileNotFoundError(f"No derived clip {name}; there are: {known}")
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process of a run at a time: the others wait for what it makes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
