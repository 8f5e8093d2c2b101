"""PostgreSQL stops and hangs under a whole VLog in the middle of its work: answers in time, nothing lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.clips import clip
from tests.support.installation import Installation
from tests.support.processes import command_line, descendants

SOURCE = "surveillance_msmpeg4_80s.avi"


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    home = Installation(tmp_path)
    try:
        home.start({"VLOG_STREAMING_SEGMENT_DURATION": "2"})
        yield home
    finally:
        home.kill()


def servers(installation: Installation) -> list[int]:
    """PostgreSQL's processes, the one that leads them first."""
    assert installation.process is not None
    found = descendants(installation.process.pid)
    return sorted(each for each in found if "postgres" in command_line(each).split(" ")[0])


def until_it_answers(installation: Installation, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while httpx.get(f"{installation.admin}/health", timeout=10).json()["checks"]["database"] != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.timeout(400)
def test_the_database_hangs_and_dies_while_a_video_is_made(installation: Installation) -> None:
    video_id = installation.upload(clip(SOURCE), "Street")["video_id"]
    while not installation.video(video_id)["job"]["renditions"]:
        time.sleep(0.1)
    held = servers(installation)
    assert held
    for process_id in held:
        os.kill(process_id, signal.SIGSTOP)
    try:
        with installation.api() as client:
            refused = client.get("/api/videos")
            assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
            assert refused.headers["retry-after"]
            began = time.monotonic()
            for _ in range(20):
                assert client.get("/api/videos").status_code == 503
            # Known to hang: twenty refusals together take less than one wait.
            assert time.monotonic() - began < 10
            assert client.get("/health").json()["status"] == "unhealthy"
    finally:
        for process_id in held:
            os.kill(process_id, signal.SIGCONT)
    until_it_answers(installation)
    # Its leader is killed: `vlog up` starts it again, and it recovers.
    os.kill(held[0], signal.SIGKILL)
    time.sleep(0.5)
    until_it_answers(installation)
    video = installation.wait_until_over(video_id, seconds=200, whole_job=True)
    assert (video["status"], video["job"]["state"]) == ("ready", "done"), video["job"]
    assert installation.stop() == 0
