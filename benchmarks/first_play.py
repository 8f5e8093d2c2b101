"""How long until somebody can watch: from the end of an upload to a decoded first picture.

A whole installation runs as ``vlog up`` starts it. The clock starts at the upload's answer and stops when
ffmpeg has decoded the first picture of what the public site serves; the sound of the same time must be there
too. A source that has to be encoded is also sought to its middle, which nobody has made by then.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.footage import long_720p, long_surround, long_vp9
from benchmarks.report import Claim, save
from tests.support.installation import Installation, running
from tests.support.jails import tools
from tests.support.processes import command_line, descendants

MINUTES = (1, 10, 60)
TAKEN_OVER_SECONDS = 5.0
ENCODED_MINUTES = 10
ENCODED_SECONDS = 10.0
FILM_MINUTES = 120


def run() -> None:
    """Measure and report."""
    sources = {minutes: long_720p(minutes) for minutes in MINUTES}
    encoded, film = long_vp9(ENCODED_MINUTES), long_surround(FILM_MINUTES)
    seconds = {}
    with tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder, running(Path(folder)) as installation:
        # The first upload of a process pays for warming up; people's first upload does too, so it counts.
        for minutes, source in sources.items():
            with _uploaded(installation, source, f"{minutes} minutes") as viewer:
                seconds[minutes] = viewer.first_picture()
        with _uploaded(installation, encoded, "Encoded") as viewer:
            first = viewer.first_picture()
            made = viewer.made()
            sought = viewer.seek(0.5)
        with _uploaded(installation, film, "Film") as viewer:
            film_first = viewer.first_picture()
    save(
        "first_play",
        [
            *(
                Claim(
                    name=f"{minutes} min of H.264 to first picture",
                    measured=taken,
                    goal=TAKEN_OVER_SECONDS,
                    unit="s",
                )
                for minutes, taken in seconds.items()
            ),
            Claim(
                name=f"{ENCODED_MINUTES} min of VP9 1080p to first picture",
                measured=first,
                goal=ENCODED_SECONDS,
                unit="s",
                note=f"{made} of {10 * ENCODED_MINUTES} segments made by then",
            ),
            Claim(
                name="… and to a picture after a seek to its middle",
                measured=sought,
                goal=ENCODED_SECONDS,
                unit="s",
            ),
            Claim(
                name=f"{FILM_MINUTES} min of HEVC 1080p with AC-3 5.1 to first picture and sound",
                measured=film_first,
                goal=ENCODED_SECONDS,
                unit="s",
            ),
        ],
        {
            "seconds": {str(minutes): round(taken, 2) for minutes, taken in seconds.items()},
            "encoded_seconds": round(first, 2),
            "sought_seconds": round(sought, 2),
            "film_seconds": round(film_first, 2),
            "segments_made_at_first_picture": made,
            "size_bytes": {str(minutes): source.stat().st_size for minutes, source in sources.items()},
            "encoded_size_bytes": encoded.stat().st_size,
            "source": "720p30 H.264 + AAC, MP4 with its index at the end, about 2 Mbit/s;"
            " 1080p30 VP9 + Opus, WebM, about 6 Mbit/s; 1080p30 HEVC + AC-3 5.1, Matroska, about 2 Mbit/s",
        },
    )


@dataclass(frozen=True)
class _Viewer:
    """Somebody with the link, from the upload's answer on."""

    installation: Installation
    client: httpx.Client
    slug: str
    video_id: int
    begun: float

    def first_picture(self) -> float:
        """Seconds from the upload's answer to a decoded picture, with the sound of that time."""
        while True:
            video = self.client.get(f"/api/videos/{self.slug}")
            if video.status_code == 200 and video.json()["status"] == "ready":
                break
            if time.monotonic() - self.begun > 600:
                raise TimeoutError(f"{self.slug} did not become ready")
            time.sleep(0.02)
        self._decode(0)
        return time.monotonic() - self.begun

    def seek(self, share: float) -> float:
        """Seconds from the wish for another place to a decoded picture of it, with its sound."""
        begun = time.monotonic()
        self._decode(share)
        return time.monotonic() - begun

    def made(self) -> int:
        """How many segments of pictures the first rendition has."""
        return max(
            int(each["segments_completed"])
            for each in self.installation.video(self.video_id)["job"]["renditions"]
            if each["kind"] == "video"
        )

    def _decode(self, share: float) -> None:
        master = httpx.URL(self.installation.public).join(f"/videos/{self.slug}/master.m3u8")
        lines = self.client.get(master).text.splitlines()
        sounds = [line.partition('URI="')[2].partition('"')[0] for line in lines if "TYPE=AUDIO" in line]
        pictures = next(line for line in lines if line and not line.startswith("#"))
        for index, address in enumerate([pictures, *sounds]):
            playlist = master.join(address)
            count = self.client.get(playlist).text.count("#EXTINF")
            segment = playlist.join(f"segment_{int(share * count)}.m4s")
            init = self.client.get(playlist.join("init.mp4")).content
            data = init + self._patiently(segment)
            if index == 0:
                _decode_first_picture(data)

    def _patiently(self, address: httpx.URL) -> bytes:
        """As players do: ask again when told to."""
        while (answer := self.client.get(address)).status_code == 503:
            time.sleep(float(answer.headers["retry-after"]))
        return answer.raise_for_status().content


@contextmanager
def _uploaded(installation: Installation, source: Path, title: str) -> Iterator[_Viewer]:
    accepted = installation.upload(source, title)
    begun = time.monotonic()
    with httpx.Client(base_url=installation.public, timeout=60) as client:
        yield _Viewer(installation, client, accepted["slug"], accepted["video_id"], begun)
    with installation.api() as admin:
        # What is still being encoded of this one must not slow the next one down.
        admin.delete(f"/api/videos/{accepted['video_id']}").raise_for_status()
    _wait_until_idle(installation)


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
