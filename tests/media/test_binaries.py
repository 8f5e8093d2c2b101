"""The tools that ship: found without help, asked once, and holding what the plan counts on."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.support.jails import tools
from vlog.config import load
from vlog.media import hardening
from vlog.pipeline.binaries import locate


def names(tool: Path, what: str) -> set[str]:
    """The names that a tool lists; one line may hold several: ``mov,mp4,m4a``."""
    listing = subprocess.run([tool, "-hide_banner", what], capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in listing.partition("---")[2].splitlines()]
    return {name for line in words if len(line) > 1 for name in line[1].split(",")}


def test_the_bundled_tools_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/bin/false")
    found = locate(load({}), cache_dir=tmp_path)
    assert found.ffmpeg.name.startswith("ffmpeg-linux-")
    assert found.ffprobe.name.startswith("ffprobe-linux-")
    assert found.ffmpeg_version.startswith("n9.")
    assert {"libx264", "libx265", "libsvtav1", "aac", "libopus", "mjpeg"} <= found.encoders


def test_the_second_look_takes_a_millisecond(tmp_path: Path) -> None:
    first = locate(load({}), cache_dir=tmp_path)
    started = time.monotonic()
    assert locate(load({}), cache_dir=tmp_path) == first
    assert time.monotonic() - started < 0.05


def test_the_static_ffprobe_needs_nothing_and_ffmpeg_only_the_c_library() -> None:
    assert tools().ffprobe_runtime.interpreter is None
    assert tools().ffmpeg_runtime.interpreter is not None
    assert tools().ffmpeg_runtime.library_folders


@pytest.mark.parametrize("tool", ["ffmpeg", "ffprobe"])
def test_every_listed_format_exists_in_what_ships(tool: str) -> None:
    assert set(hardening.FORMAT_WHITELIST) <= names(getattr(tools(), tool), "-demuxers")


@pytest.mark.parametrize(
    # ffprobe ships without dav1d: it names AV1 streams all the same, and ffmpeg decodes them.
    ("tool", "absent"),
    [("ffmpeg", set()), ("ffprobe", {"libdav1d"})],
)
def test_every_listed_decoder_exists_in_what_ships(tool: str, absent: set[str]) -> None:
    assert set(hardening.CODEC_WHITELIST) - names(getattr(tools(), tool), "-decoders") == absent
