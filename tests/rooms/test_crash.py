"""A named point kills, at the wished pass, and only there; nobody passes a point that does not exist."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.sources import package_sources
from vlog.kit.crash import CrashPoint, crash_point

PROGRAM = """
from vlog.kit.crash import CrashPoint, crash_point
for _ in range(3):
    crash_point(CrashPoint.MOVE_BEGINS)
    crash_point(CrashPoint.FILE_SYNCED)
    print("passed", flush=True)
"""


def run(wish: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VLOG_CRASH_AT": wish}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("wish", "passes"), [("file_synced", 0), ("file_synced:3", 2)])
def test_the_process_dies_at_the_wished_pass(wish: str, passes: int) -> None:
    died = run(wish)
    assert died.returncode == -signal.SIGKILL
    assert died.stdout.count("passed") == passes


def test_other_points_are_passed() -> None:
    assert run("task_claimed").stdout.count("passed") == 3


def test_a_point_that_does_not_exist_is_said() -> None:
    for wish in ("nowhere", "file_synced:x"):
        assert "names no crash point" in run(wish).stderr


def test_without_a_wish_nothing_happens() -> None:
    crash_point(CrashPoint.FILE_SYNCED)


def test_every_point_stands_somewhere() -> None:
    text = "\n".join(source.text for source in package_sources())
    missing = [point for point in CrashPoint if f"CrashPoint.{point.name})" not in text]
    assert not missing
