"""How long until somebody can watch: from the end of an upload to a decoded first picture.

A whole installation runs as ``vlog up`` starts it. The clock starts at the upload's answer and stops when
ffmpeg has decoded the first picture of what the public site serves.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.footage import long_720p
from benchmarks.report import Claim, save
from tests.support.installation import Installation, running
from tests.support.jails import tools
from tests.support.processes import command_line, descendants

MINUTES = (1, 10, 60)
GOAL_SECONDS = 5.0


def run() -> None:
    """Measure and report."""
    sources = {minutes: long_720p(minutes) for minutes in MINUTES}
    seconds = {}
    with tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder, running(Path(folder)) as installation:
        # The first upload of a process pays for warming up; people's first upload does too, so it counts.
        for minutes, source in sources.items():
            seconds[minutes] = _first_play(installation, source, f"{minutes} minutes")
    save(
        "first_play",
        [
            Claim(
                name=f"{minutes} min of H.264 to first picture", measured=taken, goal=GOAL_SECONDS, unit="s"
            )
            for minutes, taken in seconds.items()
        ],
        {
            "seconds": {str(minutes): round(taken, 2) for minutes, taken in seconds.items()},
            "size_bytes": {str(minutes): source.stat().st_size for minutes, source in sources.items()},
            "source": "720p30 H.264 + AAC, MP4 with its index at the end, about 2 Mbit/s",
        },
    )


def _first_play(installation: Installation, source: Path, title: str) -> float:
    accepted = installation.upload(source, title)
    begun = time.monotonic()
    with httpx.Client(base_url=installation.public, timeout=30) as client:
        while True:
            video = client.get(f"/api/videos/{accepted['slug']}")
            if video.status_code == 200 and video.json()["status"] == "ready":
                break
            if time.monotonic() - begun > 120:
                raise TimeoutError(f"{title} did not become ready")
            time.sleep(0.02)
        master = httpx.URL(installation.public).join(video.json()["stream_url"])
        lines = client.get(master).text.splitlines()
        playlist = master.join(next(line for line in lines if line and not line.startswith("#")))
        init = client.get(playlist.join("init.mp4")).content
        segment = client.get(playlist.join("segment_0.m4s")).content
    _decode_first_picture(init + segment)
    taken = time.monotonic() - begun
    installation.wait_until_over(accepted["video_id"])
    with installation.api() as admin:
        # What is still being encoded of this one must not slow the next one down.
        admin.delete(f"/api/videos/{accepted['video_id']}").raise_for_status()
    _wait_until_idle(installation)
    return taken


def _wait_until_idle(installation: Installation) -> None:
    assert installation.process is not None
    deadline = time.monotonic() + 120
    while any("ffmpeg" in command_line(each) for each in descendants(installation.process.pid)):
        if time.monotonic() > deadline:
            raise TimeoutError("the encoders of a deleted video go on")
        time.sleep(0.2)


def _decode_first_picture(data: bytes) -> None:
    command = [str(tools().ffmpeg), "-v", "error", "-xerror", "-i", "-", "-frames:v", "1", "-f", "null", "-"]
    subprocess.run(command, input=data, check=True)
