"""The command line against the real services, and processes that die while ffmpeg works."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clips import clip
from tests.support.installation import Installation
from tests.support.processes import command_line, descendants, left_after

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as folder:
        made = Installation(Path(folder))
        made.start()
        try:
            yield made
            assert made.stop() == 0
        finally:
            made.kill()


def vlog(installation: Installation, *words: str, code: int = 0) -> str:
    """What a command printed; on standard error where it was refused."""
    done = subprocess.run(
        installation.command(*words),
        env=installation.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr if code else done.stdout


def test_a_video_from_upload_to_permanent_deletion(installation: Installation) -> None:
    assert "as this VLog needs it" in vlog(installation, "db", "status")
    vlog(installation, "categories", "--create", "Kurzfilme")
    source = str(clip("sintel_small.mp4"))
    (uploaded,) = json.loads(
        vlog(installation, "upload", source, "-t", "Sintel", "-c", "kurzfilme", "--wait", "--json")
    )
    assert uploaded["status"] == "ready"
    assert uploaded["url"] == f"{installation.public}/watch/sintel"
    number = str(uploaded["video_id"])

    (listed,) = json.loads(vlog(installation, "list", "--status", "ready", "--json"))
    assert (str(listed["id"]), listed["title"]) == (number, "Sintel")
    assert "Sintel" in vlog(installation, "list")
    assert vlog(installation, "unpublish", number).startswith("Video")
    assert vlog(installation, "publish", number).startswith("Video")
    assert vlog(installation, "retry", number, code=1).startswith("vlog: ")
    vlog(installation, "delete", number, "--yes")
    assert json.loads(vlog(installation, "list", "--json")) == []
    (deleted,) = json.loads(vlog(installation, "list", "--deleted", "--json"))
    assert str(deleted["id"]) == number
    vlog(installation, "restore", number)
    assert len(json.loads(vlog(installation, "list", "--json"))) == 1
    vlog(installation, "delete", number, "--permanent", "--yes")
    assert vlog(installation, "publish", number, code=4).count("\n") == 1


def test_what_is_no_video_is_refused_in_a_sentence(installation: Installation, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("This is no video.\n" * 100)
    said = vlog(installation, "upload", str(text), "--wait", code=1)
    assert said.startswith(f"vlog: {text}: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("stop", ["kill -9", "Ctrl-C"])
def test_no_media_tool_outlives_its_installation(installation: Installation, stop: str) -> None:
    vlog(installation, "upload", str(clip("outdoor_vp9_in_mp4.mp4")))
    assert installation.process is not None
    supervisor = installation.process.pid
    deadline = time.monotonic() + 60
    family, tools = set[int](), set[int]()
    while not tools:
        assert time.monotonic() < deadline, "no encoder ever ran"
        family = descendants(supervisor)
        tools = {each for each in family if "libx264" in command_line(each)}
        time.sleep(0.02)
    if stop == "kill -9":
        installation.kill()
    else:
        assert installation.stop() == 0
    assert left_after(family, 10) == {}
