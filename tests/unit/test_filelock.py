"""A lock tells who holds it, and ends with its holder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vlog.kit.errors import Conflict
from vlog.kit.filelock import FileLock


def test_the_second_hears_who_the_first_is(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(Conflict) as refused:
        second.acquire()
    assert refused.value.code == "locked"
    assert refused.value.details["process_id"] == os.getpid()
    first.release()
    second.acquire()
    second.release()


def test_release_without_lock_is_harmless(tmp_path: Path) -> None:
    FileLock(tmp_path / "lock").release()


def test_a_shorter_number_replaces_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("99999999999999\n")
    lock = FileLock(path)
    lock.acquire()
    assert path.read_text() == f"{os.getpid()}\n"
    lock.release()
