"""Where the real clips are that media tests work on."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def clips_folder() -> Path:
    """``VLOG_TEST_CLIPS``, else the folder that is handed out beside the repository."""
    named = os.environ.get("VLOG_TEST_CLIPS")
    folder = Path(named) if named else ROOT.parent / "shared" / "clips"
    if not folder.is_dir():
        raise FileNotFoundError(f"No clips in {folder}: set VLOG_TEST_CLIPS to the folder that holds them.")
    return folder


def clip(name: str) -> Path:
    """One clip by its file name; a misspelt name fails with the names that exist."""
    path = clips_folder() / name
    if not path.is_file():
        known = ", ".join(sorted(file.name for file in clips_folder().iterdir() if file.is_file()))
        raise FileNotFoundError(f"No clip {name}; there are: {known}")
    return path
