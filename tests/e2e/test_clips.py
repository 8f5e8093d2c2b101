"""Every real clip by the command line: each ends ready and right, or failed with a true reason."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clips import clips_folder
from tests.support.derived import derived_folder
from tests.support.installation import Installation, running
from tests.support.jails import tools

NO_CLIPS = {"MANIFEST.md", "derive.sh", "speech"}
# What is no video, and what is said about it.
REFUSED = {
    "noise.mp4": "not a video file",
    "evil_playlist.mp4": "too small to be a video",
    "evil.svg.mp4": "not a video file",
    "empty.mp4": "empty",
}
# Damaged on purpose: playable, but how many pictures survive is the decoder's business.
DAMAGED = {"bitflips.ts", "truncated_faststart.mp4", "truncated_no_moov.mp4", "webcam_audio_first_mp3.mp4"}
SECONDS_EACH = 240


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("clips")) as started:
        yield started


def files() -> list[Path]:
    real = [path for path in clips_folder().iterdir() if path.name not in NO_CLIPS]
    return sorted([*real, *derived_folder().iterdir()], key=lambda path: path.name)


@pytest.mark.timeout(1200)
def test_all_clips(installation: Installation) -> None:
    wrong = {}
    for path in files():
        try:
            check(installation, path)
        except (AssertionError, subprocess.CalledProcessError, TimeoutError) as error:
            wrong[path.name] = str(error)
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


def check(installation: Installation, path: Path) -> None:
    status, answer, said = upload(installation, path)
    if expected := REFUSED.get(path.name):
        assert status == 1, answer
        assert expected in said, said
        return
    assert status == 0, answer
    video = installation.video(answer["video_id"])
    assert video["status"] == "ready", video["job"]
    for rendition in video["qualities"]:
        pictures = decode(installation, video, rendition["quality"])
        if rendition["kind"] == "video" and path.name not in DAMAGED:
            assert pictures == pictures_of(path), f"{rendition['quality']}: {pictures} pictures"
    with installation.api() as admin:
        # The rest of its ladder must not keep the next one waiting.
        admin.delete(f"/api/videos/{video['id']}").raise_for_status()


def upload(installation: Installation, path: Path) -> tuple[int, dict[str, Any], str]:
    """``vlog upload --wait --json``: the exit status, the answer and all that was printed."""
    done = subprocess.run(
        installation.command("upload", str(path), "-t", path.stem, "--wait", "--json"),
        env=installation.environment,
        capture_output=True,
        timeout=SECONDS_EACH,
        check=False,
    )
    text = done.stdout.decode() or "{}"
    answer = json.loads(text)
    first: dict[str, Any] = answer[0] if isinstance(answer, list) else answer
    return done.returncode, first, text + done.stderr.decode()


def decode(installation: Installation, video: dict[str, Any], quality: str) -> int:
    """Decode the joined segments of a rendition without tolerance; the number of its pictures."""
    key = re.findall(r"/videos/([^/]+)/", video["stream_url"])[0]
    (folder,) = installation.storage.glob(f"videos/{key}/*/{quality}")
    count = len(list(folder.glob("segment_*.m4s")))
    names = ["init.mp4", *(f"segment_{number}.m4s" for number in range(count))]
    media = b"".join((folder / name).read_bytes() for name in names)
    return frames(["-xerror", "-err_detect", "explode", "-i", "-"], media)


def pictures_of(path: Path) -> int:
    """How many pictures a decoder finds in the source, without edits by edit lists undone."""
    return frames(["-i", str(path), "-map", "0:V:0"], None)


def frames(words: list[str], media: bytes | None) -> int:
    command = [str(tools().ffmpeg), "-v", "error", "-nostats", *words, "-fps_mode", "passthrough"]
    # Unevenly spaced pictures would collide in the clock of an average rate.
    command += ["-enc_time_base", "1:90000"]
    done = subprocess.run(
        [*command, "-progress", "pipe:1", "-f", "null", "-"], input=media, capture_output=True, check=True
    )
    if media is not None:
        assert done.stderr == b"", done.stderr.decode()[-300:]
    return int((re.findall(rb"frame=(\d+)", done.stdout) or [b"0"])[-1])
