"""The order in which processes share the tests speaks of files that exist."""

from __future__ import annotations

from tests.support.order import FOLDERS, LONG_FILES, TESTS, rank


def test_long_files_exist_and_come_first() -> None:
    assert [name for name in LONG_FILES if not (TESTS / name).is_file()] == []
    assert len(set(LONG_FILES)) == len(LONG_FILES)
    files = sorted(TESTS.glob("*/test_*.py"), key=rank)
    assert [path.relative_to(TESTS).as_posix() for path in files[: len(LONG_FILES)]] == list(LONG_FILES)
    assert {path.parent.name for path in files} == set(FOLDERS)
    assert files[-1].parent.name == "unit"
