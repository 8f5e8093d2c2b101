"""What CI starts ends with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.sources import ROOT

CONTAINED = ROOT / "tools" / "contained.py"


def contained(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CONTAINED), sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_the_status_of_the_command_is_kept() -> None:
    assert contained("raise SystemExit(7)").returncode == 7
    assert contained("").returncode == 0


def test_a_command_killed_by_a_signal_fails_as_in_a_shell() -> None:
    assert contained("import os; os.kill(os.getpid(), 9)").returncode == 128 + 9


def test_a_process_left_in_its_own_session_is_killed_and_fails_the_run() -> None:
    left = contained(
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(300)']\n"
        "print(subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.DEVNULL).pid)\n"
    )
    assert left.returncode == 1
    assert "Left running, now killed" in left.stderr
    assert not is_alive(int(left.stdout))


def test_a_process_that_ends_by_itself_soon_is_no_fault() -> None:
    soon = contained(
        "import subprocess, sys\n"
        "nap = [sys.executable, '-c', 'import time; time.sleep(1)']\n"
        "subprocess.Popen(nap, start_new_session=True)\n"
    )
    assert soon.returncode == 0
    assert soon.stderr == ""
