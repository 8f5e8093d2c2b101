"""The command ``vlog`` for tests: in this process where that shows the same, or in a shell."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.admin_stub import SECRET
from vlog.cli.verbs import main

VLOG = shlex.quote(str(Path(sys.executable).with_name("vlog")))
VIDEO = {
    "id": 7,
    "title": "Am See",
    "slug": "am-see",
    "status": "ready",
    "duration": 125.4,
    "created_at": "2026-11-23T10:00:00Z",
    "published_at": "2026-11-23T10:00:00Z",
    "progress": None,
}
CATEGORIES = [{"id": 3, "name": "Outdoor & Berge", "slug": "outdoor-berge"}]


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


class Cli:
    """The command with an environment of its own; in this process, where that shows the same."""

    def __init__(self, home: Path, url: str, *, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VLOG_")}
        self.environment = {
            **kept,
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "VLOG_ADMIN_API_URL": url,
            "VLOG_PUBLIC_URL": "https://videos.example",
            "VLOG_ADMIN_API_SECRET": SECRET,
        }

    def __call__(self, *words: str, typed: str = "", **environment: str) -> Done:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "environ", {**self.environment, **environment})
            patch.setattr(sys, "argv", ["vlog", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            patch.setattr(sys, "excepthook", sys.excepthook)
            with pytest.raises(SystemExit) as ended:
                main()
        printed = self._capture.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)


def shell(vlog: Cli, script: str) -> subprocess.CompletedProcess[str]:
    """The installed command as a process, in a shell."""
    return subprocess.run(
        ["sh", "-c", script],
        env=vlog.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
