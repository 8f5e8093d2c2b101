"""A published video in a running installation, whose segments may be anything."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.installation import Installation
from tests.support.jails import tools
from tests.support.processes import command_line, descendants


@dataclass(frozen=True)
class Site:
    """One published video; ``folder`` is where files of its live generation lie, ``path`` their address."""

    video_id: int
    storage_key: str
    slug: str
    folder: Path
    path: str

    def add(self, rendition: str, number: int, data: bytes) -> str:
        """Put a segment there; the value is its path."""
        target = self.folder / rendition
        target.mkdir(exist_ok=True)
        (target / f"segment_{number}.m4s").write_bytes(data)
        return f"{self.path}/{rendition}/segment_{number}.m4s"


def publish(installation: Installation, title: str = "Served") -> Site:
    """Upload two seconds of picture and sound and wait until all work on it is done."""
    source = installation.home / "two-seconds.mp4"
    make_clip(source)
    accepted = installation.upload(source, title)
    video = installation.wait_until_over(accepted["video_id"], whole_job=True)
    if video["status"] != "ready":
        raise RuntimeError(f"the clip did not become a video: {video['job']}")
    master = httpx.get(f"{installation.public}{video['stream_url']}").text
    playlist = next(line for line in master.splitlines() if line and not line.startswith("#"))
    token = playlist.split("/")[0]
    path = f"{video['stream_url'].rpartition('/')[0]}/{token}"
    storage_key = path.split("/")[2]
    folder = installation.storage / "videos" / storage_key / token
    return Site(accepted["video_id"], storage_key, accepted["slug"], folder, path)


def make_clip(path: Path) -> None:
    """A small H.264 file that is remuxed, not encoded."""
    command = [
        *(str(tools().ffmpeg), "-v", "error", "-nostdin", "-y"),
        *("-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=2"),
        *("-f", "lavfi", "-i", "sine=frequency=440:duration=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        str(path),
    ]
    subprocess.run(command, check=True)


def server_process(installation: Installation) -> int:
    """The process of the three services."""
    if installation.process is None:
        raise RuntimeError("the installation does not run")
    found = [
        each
        for each in descendants(installation.process.pid)
        if "vlog.cli.serve" in command_line(each) and "python" in command_line(each)
    ]
    return min(found)


def wait_for(url: str, *, seconds: float = 20) -> None:
    """Wait until somebody answers there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            httpx.get(url, timeout=2, verify=False)  # noqa: S501 - a certificate that was made a moment ago
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
