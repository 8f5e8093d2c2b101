"""``python -m harness crashes [--passes N] [--rounds N]``: die at named points, start again, and check.

First a life without media tools dies at every point, at N of its passes (tests/rooms/test_crash_points.py).
Then a whole VLog takes an upload and dies where its worker or its services pass a point; started again, the
video has to become ready, and every file has to agree with its row.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from tests.support.clips import clip
from tests.support.installation import Installation
from vlog.kit.crash import CrashPoint

LIFE = "tests/rooms/test_crash_points.py"
SOURCE = "sintel_small.mp4"
# What a whole installation passes that takes one upload, and how often at least.
WHOLE = {
    CrashPoint.TASK_CLAIMED: 4,
    CrashPoint.TASK_ENDS: 4,
    CrashPoint.TASK_ENDED: 4,
    CrashPoint.SEGMENTS_STAGED: 6,
    CrashPoint.SEGMENTS_STORED: 6,
    CrashPoint.FILE_NAMED: 12,
    CrashPoint.MANIFESTS_WRITTEN: 2,
    CrashPoint.TRANSACTION_COMMITTED: 20,
    CrashPoint.UPLOAD_NAMED: 1,
    CrashPoint.UPLOAD_ACCEPTED: 1,
}
WORK_SECONDS = 20.0
DIED = "SIGKILL"
READY_SECONDS = 180.0


def run(arguments: Sequence[str]) -> int:
    """The exit status is 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="harness crashes", description=__doc__)
    parser.add_argument("--passes", type=int, default=20, help="passes of each point in the small life")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each point in the whole VLog")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.passes:
        environment = os.environ | {"CRASH_PASSES": str(options.passes), "CRASH_SEED": str(options.seed)}
        command = [sys.executable, "-m", "pytest", "--quiet", LIFE]
        if status := subprocess.run(command, env=environment, check=False).returncode:
            return status
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="vlog-crashes-") as folder:
        home = Installation(Path(folder))
        try:
            for number in range(options.rounds):
                for point, passes in WHOLE.items():
                    wish = f"{point}:{dice.randint(1, passes)}"
                    died = _round(home, wish, title=f"{wish} {number}")
                    print(f"{wish:28} {'died' if died else 'not passed'}, all is well", flush=True)
        finally:
            home.kill()
    return 0


def _round(home: Installation, wish: str, *, title: str) -> bool:
    """One life of a whole VLog that is to die at ``wish``; whether a process did."""
    home.start({"VLOG_CRASH_AT": wish})
    acknowledged = None
    # No answer: it may be there or not, but never half.
    with suppress(httpx.HTTPError):
        acknowledged = home.upload(clip(SOURCE), title)["video_id"]
    deadline = time.monotonic() + WORK_SECONDS
    while not (died := DIED in home.printed()) and time.monotonic() < deadline:
        time.sleep(0.1)
    home.kill()
    home.start()
    if acknowledged is not None:
        video = home.wait_until_over(acknowledged, seconds=READY_SECONDS, whole_job=True)
        assert (video["status"], video["job"]["state"]) == ("ready", "done"), video["job"]
    _verify(home)
    assert home.stop() == 0
    return died


def _verify(home: Installation) -> None:
    command = home.command("storage", "verify", "--json")
    done = subprocess.run(command, env=home.environment, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["findings"] == [], done.stdout + done.stderr
