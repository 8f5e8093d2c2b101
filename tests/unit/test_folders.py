"""Folders that can't be used are told in one sentence that names the folder, the variable and a remedy."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vlog.cli import folders
from vlog.config import Config
from vlog.kit.errors import Invalid, NotPermitted, OutOfSpace, Unavailable, VlogError

Usage = namedtuple("Usage", ["total", "used", "free"])


def config_of(data_dir: Path, storage_path: Path | None = None) -> Config:
    return Config(data_dir=data_dir, storage_path=storage_path or data_dir / "storage")


def chosen(*variables: str) -> dict[str, str]:
    return dict.fromkeys(variables, "somewhere")


def test_folders_are_made_and_left_clean(tmp_path: Path) -> None:
    config = config_of(tmp_path / "home" / "data")
    folders.prepare(config, {})
    assert sorted(path.name for path in config.data_dir.iterdir()) == ["logs", "storage"]
    assert list(config.storage_path.iterdir()) == []
    assert (config.data_dir / "logs").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("variable", ["VLOG_DATA_DIR", "VLOG_STORAGE_PATH"])
def test_a_chosen_folder_below_nothing_is_a_disk_that_is_not_mounted(tmp_path: Path, variable: str) -> None:
    missing = tmp_path / "mnt" / "nas" / "vlog"
    config = config_of(missing if variable == "VLOG_DATA_DIR" else tmp_path, missing)
    with pytest.raises(Unavailable, match=f"mnt/nas.*{variable}") as refused:
        folders.prepare(config, chosen(variable))
    assert_one_sentence(refused.value)
    assert not (tmp_path / "mnt").exists()


@pytest.mark.parametrize("below", [False, True])
def test_a_file_in_the_way(tmp_path: Path, below: bool) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "data" if below else tmp_path / "file"
    with pytest.raises(Invalid, match=r"VLOG_DATA_DIR.*move that file") as refused:
        folders.prepare(config_of(path), chosen("VLOG_DATA_DIR"))
    assert_one_sentence(refused.value)


@contextmanager
def somebody() -> Iterator[None]:
    """Root may write everywhere: be somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with somebody(), pytest.raises(NotPermitted, match="VLOG_DATA_DIR") as refused:
        folders.prepare(config_of(tmp_path), chosen("VLOG_DATA_DIR"))
    assert_one_sentence(refused.value)


def test_a_disk_that_is_almost_full_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 50 * 10**6))
    with pytest.raises(OutOfSpace, match=r"50 MB free.*VLOG_DATA_DIR") as refused:
        folders.prepare(config_of(tmp_path), {})
    assert_one_sentence(refused.value)


def test_a_disk_with_little_room_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 10**10, 700 * 10**6))
    warnings = folders.prepare(config_of(tmp_path), {})
    assert len(warnings) == 2
    assert all("700 MB" in warning for warning in warnings)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 10**9, 9 * 10**9))
    assert folders.prepare(config_of(tmp_path), {}) == []


def assert_one_sentence(error: VlogError) -> None:
    assert "\n" not in error.message
    assert error.message.endswith(".")
    assert error.message.count(". ") == 0
