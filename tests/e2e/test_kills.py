"""Kill the worker under ``vlog up``, then everything: videos end ready, hardly anything is made twice.

Twenty kills of a worker alone, with every picture checked, stand in tests/media/test_crash_recovery.py.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.clips import clip
from tests.support.installation import Installation
from tests.support.jails import tools
from tests.support.processes import command_line, descendants, left_after

KILLS = 4
# 795 pictures in 80 seconds: many short cells, so that kills meet every part of a job.
SOURCE = "surveillance_msmpeg4_80s.avi"
PICTURES = 795


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    home = Installation(tmp_path)
    try:
        # Chunks as long as the film: the rest of a chunk after a kill is what has to be resumed.
        home.start({"VLOG_LOG_LEVEL": "debug", "VLOG_STREAMING_SEGMENT_DURATION": "2"})
        yield home
    finally:
        home.kill()


def worker_of(installation: Installation) -> int | None:
    assert installation.process is not None
    for process_id in descendants(installation.process.pid):
        if "vlog.cli.transcoder" in command_line(process_id):
            return process_id
    return None


def births(installation: Installation) -> Counter[tuple[str, str]]:
    """How often each segment was finished by a worker, from its log."""
    lines = re.findall(r"segment made.*?number=(\d+).*?rendition=(\S+)", installation.printed())
    return Counter((rendition, number) for number, rendition in lines)


def durable(video: dict[str, Any]) -> int:
    return sum(each["segments_completed"] for each in video["job"]["renditions"])


def pictures_of(installation: Installation, video: dict[str, Any], quality: str) -> int:
    """Decode a rendition as it lies on the disk, without tolerance; the number of its pictures."""
    (folder,) = installation.storage.glob(f"videos/*/*/{quality}")
    numbers = range(len(list(folder.glob("segment_*.m4s"))))
    data = b"".join(
        [(folder / "init.mp4").read_bytes(), *((folder / f"segment_{n}.m4s").read_bytes() for n in numbers)]
    )
    command = [str(tools().ffmpeg), "-v", "error", "-xerror", "-err_detect", "explode", "-i", "-"]
    done = subprocess.run(
        [*command, "-fps_mode", "passthrough", "-progress", "pipe:1", "-f", "null", "-"],
        input=data,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b"", f"{video['slug']} {quality}: {done.stderr.decode()}"
    return int(re.findall(rb"frame=(\d+)", done.stdout)[-1])


def check_result(installation: Installation, video_id: int) -> dict[str, Any]:
    video = installation.wait_until_over(video_id, seconds=120, whole_job=True)
    assert (video["status"], video["job"]["state"]) == ("ready", "done"), video["job"]
    renditions = [each["quality"] for each in video["qualities"] if each["kind"] == "video"]
    assert sorted(renditions) == ["360p", "480p"]
    for quality in renditions:
        assert pictures_of(installation, video, quality) == PICTURES
    return video


@pytest.mark.timeout(400)
def test_kills_of_the_worker(installation: Installation) -> None:
    dice = random.Random(20261123)
    video_id = installation.upload(clip(SOURCE), "Street")["video_id"]
    kills = in_work = 0
    while kills < KILLS:
        process_id = worker_of(installation)
        video = installation.video(video_id)
        if video["job"]["state"] in {"done", "failed"}:
            break
        if process_id is None or not descendants(process_id):
            time.sleep(0.05)
            continue
        time.sleep(dice.uniform(0.0, 0.4))
        children = descendants(process_id)
        os.kill(process_id, signal.SIGKILL)
        assert left_after(children, 2) == {}, "an encoder outlived its worker"
        kills += 1
        in_work += bool(children)
    video = check_result(installation, video_id)
    assert in_work >= 1, "the kills must meet work"
    again = Counter[str]()
    for (rendition, _), count in births(installation).items():
        again[rendition] += count - 1
    assert births(installation), "the log must tell what was made"
    for rendition, count in again.items():
        assert count <= kills, f"{rendition}: {count} segments made again in {kills} kills"
    assert installation.stop() == 0


@pytest.mark.timeout(300)
def test_killing_everything(installation: Installation) -> None:
    video_id = installation.upload(clip(SOURCE), "Street")["video_id"]
    for _ in range(3):
        time.sleep(1.0)
        assert installation.process is not None
        everything = descendants(installation.process.pid)
        for process_id in everything:
            # Some are gone by then: they die with whoever was killed before them.
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        installation.kill()
        assert left_after(everything, 5) == {}
        installation.start({"VLOG_STREAMING_SEGMENT_DURATION": "2"})
    check_result(installation, video_id)
    leftovers = [path.name for path in installation.storage.rglob("*.part")]
    assert leftovers == []
    assert installation.stop() == 0
