"""`vlog upload` and the inbox with the real services, and with everything killed in the middle."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation
from tests.support.slow_line import slow_line

pytestmark = pytest.mark.timeout(240)
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as folder:
        running = Installation(Path(folder))
        try:
            running.start({"VLOG_STORAGE_INBOX_SETTLE_SECONDS": "1"})
            yield running
            assert running.stop() == 0
        finally:
            running.kill()


def start_again(installation: Installation) -> None:
    installation.start({"VLOG_STORAGE_INBOX_SETTLE_SECONDS": "1"})


def command(installation: Installation, port: int, *words: str) -> subprocess.Popen[str]:
    """A `vlog` that reaches the admin service by ``port``."""
    return subprocess.Popen(
        installation.command(*words),
        env={**installation.environment, "VLOG_ADMIN_API_URL": f"http://127.0.0.1:{port}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def get(installation: Installation, path: str) -> Any:
    with installation.api() as client:
        return client.get(path).json()


def wait_for(what: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def sources(installation: Installation) -> list[bytes]:
    """The hash of each complete source."""
    folder = installation.storage / "uploads"
    return sorted(
        hashlib.sha256(path.read_bytes()).digest()
        for path in folder.iterdir()
        if path.is_file() and not path.suffix
    )


def film(folder: Path, name: str, megabytes: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(megabytes * MEGABYTE))
    return path


def upload_of(installation: Installation, file: Path) -> dict[str, Any]:
    found = [each for each in get(installation, "/api/uploads")["uploads"] if each["filename"] == file.name]
    assert len(found) <= 1, "the file was begun twice"
    return found[0] if found else {"offset_bytes": 0}


def test_an_upload_outlives_its_server_and_its_client(installation: Installation, tmp_path: Path) -> None:
    file = film(tmp_path, "am_see.mp4", 30)
    with slow_line(installation.ports[1], bytes_per_second=6 * MEGABYTE) as port:
        process = command(installation, port, "upload", str(file), "--sha256", "--json")
        wait_for(lambda: upload_of(installation, file)["offset_bytes"] > 0)
        installation.kill()
        start_again(installation)
        before = upload_of(installation, file)["offset_bytes"]
        assert 0 < before < 30 * MEGABYTE
        wait_for(lambda: upload_of(installation, file)["offset_bytes"] > before)
        process.kill()
        process.communicate()
        half_way = upload_of(installation, file)["offset_bytes"]
        again = command(installation, port, "upload", str(file), "--sha256", "--json")
        out, err = again.communicate(timeout=100)
    assert again.returncode == 0, err
    (result,) = json.loads(out)
    upload = upload_of(installation, file)
    assert (upload["state"], upload["video_id"]) == ("accepted", result["video_id"])
    assert 0 < half_way < 30 * MEGABYTE
    assert hashlib.sha256(file.read_bytes()).digest() in sources(installation)


def test_files_in_the_inbox_outlive_kills_each_as_one_video(
    installation: Installation, tmp_path: Path
) -> None:
    before = sources(installation)
    inbox = installation.storage / "uploads" / "inbox"
    files = [film(tmp_path, f"film {number}.mp4", 8) for number in range(4)]
    wanted = sorted([*before, *(hashlib.sha256(file.read_bytes()).digest() for file in files)])
    for file in files[:3]:
        file.rename(inbox / file.name)
    # A second name: it has to be copied.
    os.link(files[3], inbox / files[3].name)
    for pause in (1.1, 1.5):
        time.sleep(pause)
        installation.kill()
        start_again(installation)
    names = {file.name for file in files}

    def all_accepted() -> bool:
        found = get(installation, "/api/inbox")["files"]
        return {each["name"] for each in found if each["state"] == "accepted"} == names

    wait_for(all_accepted)
    titles = [video["title"] for video in get(installation, "/api/videos?limit=200")["videos"]]
    assert sorted(title for title in titles if title.startswith("film ")) == [f"film {n}" for n in range(4)]
    assert sources(installation) == wanted
    wait_for(lambda: list(inbox.iterdir()) == [], seconds=10)
