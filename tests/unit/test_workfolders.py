"""Folders for tools that write files: gone afterwards, and swept when nobody could remove them."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from vlog.pipeline.workfolders import PREFIX, sweep, work_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_a_folder_lasts_as_long_as_it_is_used(temporary: Path) -> None:
    async def use() -> None:
        async with work_folder() as folder:
            (folder / "picture.jpg").write_bytes(b"picture")
            assert folder.stat().st_mode & 0o77 == 0
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await use()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_worker_left_is_swept_and_nothing_else(temporary: Path) -> None:
    names = [f"{PREFIX}old", f"{PREFIX}young", "other-old"]
    for name in names:
        (temporary / name).mkdir()
        (temporary / name / "picture.jpg").write_bytes(b"picture")
    (temporary / f"{PREFIX}link").symlink_to(temporary / "other-old")
    for name in (f"{PREFIX}old", "other-old"):
        os.utime(temporary / name, (time.time() - 7200,) * 2)
    assert sweep() == 1
    assert sorted(path.name for path in temporary.iterdir()) == [
        "other-old",
        f"{PREFIX}link",
        f"{PREFIX}young",
    ]
    assert (temporary / "other-old" / "picture.jpg").exists()
