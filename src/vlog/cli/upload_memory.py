"""Which upload of which file is under way: one small file each in the user's state folder."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Longer than any server keeps an upload that nobody goes on with.
_KEEP_SECONDS = 60 * 86_400


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where programs keep what they would miss after a restart (XDG Base Directory Specification 0.8)."""
    base = environ.get("XDG_STATE_HOME", "")
    # The specification: a relative path is to be ignored.
    home = (
        Path(base) if base.startswith("/") else Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    )
    return home / "vlog" / "uploads"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file for one server, with one wish: the same command names the same upload."""

    server: str
    path: str
    size_bytes: int
    modified_ns: int
    wish: str

    @property
    def key(self) -> str:
        """A file name."""
        parts = (self.server, self.path, str(self.size_bytes), str(self.modified_ns), self.wish)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


class UploadMemory:
    """Remembers addresses of uploads. A folder that can't be written to is a memory that forgets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, upload: Upload) -> str | None:
        """The path of the upload on its server."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            remembered = json.loads(self._file(upload).read_text())
            return str(remembered["address"])
        return None

    def remember(self, upload: Upload, address: str) -> None:
        """Keep it, so that the same command goes on after whatever happens."""
        text = json.dumps({"server": upload.server, "file": upload.path, "address": address}, indent=1)
        with suppress(OSError, UnicodeEncodeError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._prune()
            pending = self._file(upload).with_suffix(f".{os.getpid()}")
            pending.write_text(text + "\n")
            pending.replace(self._file(upload))

    def forget(self, upload: Upload) -> None:
        """It has come to its end."""
        with suppress(OSError):
            self._file(upload).unlink()

    def _file(self, upload: Upload) -> Path:
        return self._folder / f"{upload.key}.json"

    def _prune(self) -> None:
        limit = time.time() - _KEEP_SECONDS
        for file in self._folder.iterdir():
            if file.stat().st_mtime < limit:
                file.unlink()
