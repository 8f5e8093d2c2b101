"""`vlog upload` against a server that misbehaves at will: what goes on by itself, what is told and kept."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.admin_stub import AdminStub
from tests.support.cli import VIDEO, VLOG, Cli, shell

MADE = "https://videos.example/watch/am-see  (being made ready)\n"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "am_see_2026.mp4"
    path.write_bytes(os.urandom(3_000_000))
    return path


def methods(stub: AdminStub) -> list[str]:
    """Which requests of uploads came, in order."""
    return [request.method for request in stub.requests if request.path.startswith("/api/uploads")]


def assert_whole(stub: AdminStub, video: Path, upload_id: int = 1) -> None:
    upload = stub.tus.uploads[f"{upload_id:032x}"]
    assert upload.offset_bytes == upload.length_bytes == video.stat().st_size
    assert upload.digest.digest() == hashlib.sha256(video.read_bytes()).digest()


def test_an_upload_tells_its_wishes_and_prints_the_address(vlog: Cli, stub: AdminStub, video: Path) -> None:
    done = vlog("upload", str(video), "-t", "Am See", "-d", "Schön", "-c", "outdoor & berge", "--no-publish")
    assert (done.code, done.out, done.err) == (0, MADE, "")
    (upload,) = stub.tus.uploads.values()
    assert upload.metadata == {
        "filename": "am_see_2026.mp4",
        "title": "Am See",
        "description": "Schön",
        "publish": "false",
        "category_id": "3",
    }
    assert_whole(stub, video)


def test_a_title_comes_from_the_file_name_and_a_hash_can_be_promised(
    vlog: Cli, stub: AdminStub, video: Path
) -> None:
    assert vlog("upload", str(video), "--sha256").code == 0
    (upload,) = stub.tus.uploads.values()
    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    expected = {"filename": video.name, "title": "am see 2026", "publish": "true", "sha256": digest}
    assert upload.metadata == expected


def test_json_tells_everything(vlog: Cli, video: Path) -> None:
    (result,) = json.loads(vlog("upload", str(video), "--json").out)
    assert result == {
        "file": str(video),
        "video_id": 7,
        "slug": "am-see",
        "url": "https://videos.example/watch/am-see",
        "status": "pending",
        "error": None,
    }


def test_broken_connections_are_mended_without_a_byte_sent_twice(
    vlog: Cli, stub: AdminStub, video: Path
) -> None:
    stub.tus.cuts = [1_000_000, 500_000]
    done = vlog("upload", str(video))
    assert (done.code, done.out) == (0, MADE)
    assert "Trying again." in done.err
    assert methods(stub) == ["POST", "HEAD", "PATCH", "HEAD", "PATCH", "HEAD", "PATCH"]
    assert_whole(stub, video)


def test_a_server_that_restarts_is_waited_for(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.refusals = [
        ("PATCH", 503, {"detail": "Restarting.", "code": "unavailable"}),
        ("HEAD", 502, None),
    ]
    done = vlog("upload", str(video))
    assert (done.code, done.out) == (0, MADE)
    assert_whole(stub, video)


def test_a_lost_last_answer_is_asked_for(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.loses_last_answer = True
    assert vlog("upload", str(video)).out == MADE
    assert methods(stub) == ["POST", "HEAD", "PATCH", "HEAD", "GET"]


def test_a_video_that_is_gone_before_anybody_asks_is_not_waited_for(
    vlog: Cli, stub: AdminStub, video: Path
) -> None:
    stub.tus.loses_last_answer = stub.tus.video_is_gone = True
    done = vlog("upload", str(video))
    assert (done.code, done.out) == (1, "")
    assert "deleted since" in done.err


def test_the_same_command_goes_on_where_patience_ended(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.cuts = [1_000_000]
    done = vlog("upload", str(video), "--patience", "0")
    assert (done.code, done.out) == (1, "")
    assert "run the same command again later" in done.err
    assert vlog("upload", str(video)).out == MADE
    assert methods(stub) == ["POST", "HEAD", "PATCH", "HEAD", "PATCH"]
    assert_whole(stub, video)
    # It has come to its end: the same command is another upload.
    assert vlog("upload", str(video)).code == 0
    assert len(stub.tus.uploads) == 2


def test_another_wish_or_a_changed_file_is_another_upload(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.cuts = [1_000_000, 1_000_000, 1_000_000]
    for words in ((), ("-t", "Another")):
        assert vlog("upload", str(video), "--patience", "0", *words).code == 1
    os.utime(video, (1, 1))
    assert vlog("upload", str(video), "--patience", "0").code == 1
    assert len(stub.tus.uploads) == 3


def test_an_upload_that_the_server_has_forgotten_begins_anew(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.cuts = [1_000_000]
    assert vlog("upload", str(video), "--patience", "0").code == 1
    stub.tus.uploads["0" * 31 + "1"].offset_bytes = 0
    stub.tus.refusals = [("HEAD", 410, None)]
    assert vlog("upload", str(video)).out == MADE
    assert_whole(stub, video, 2)


def test_a_full_disk_is_told_with_its_figures_and_how_to_go_on(
    vlog: Cli, stub: AdminStub, video: Path
) -> None:
    figures = {"free_bytes": 1_500_000_000, "needed_bytes": 4_000_000_000}
    body = {"detail": "The storage is full.", "code": "out_of_space", "details": figures}
    stub.tus.refusals = [("PATCH", 507, body)]
    done = vlog("upload", str(video))
    assert done.code == 1
    assert "It needs 4.0 GB, and 1.5 GB are free" in done.err
    assert vlog("upload", str(video)).out == MADE
    assert len(stub.tus.uploads) == 1


def test_a_final_refusal_is_told_and_the_next_try_is_another_upload(
    vlog: Cli, stub: AdminStub, video: Path
) -> None:
    second = video.with_name("second.mp4")
    second.write_bytes(b"y")
    wrong = {"detail": "The file that arrived is another.", "code": "checksum_mismatch"}
    stub.tus.refusals = [("PATCH", 422, wrong)]
    done = vlog("upload", str(video), str(second))
    assert (done.code, done.out) == (1, MADE)
    assert done.err == f"vlog: {video}: The file that arrived is another.\n"
    assert vlog("upload", str(video)).code == 0
    assert len(stub.tus.uploads) == 3
    refused = vlog("upload", str(video), str(second), "-t", "One")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "several files" in refused.err


def test_somebody_else_who_goes_on_is_not_fought(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.refusals = [("PATCH", 409, {"detail": "Taken.", "code": "upload_taken"})]
    done = vlog("upload", str(video))
    assert (done.code, done.err) == (1, f"vlog: {video}: Another program goes on with this upload.\n")


def test_a_refusal_in_mid_upload_is_heard(vlog: Cli, stub: AdminStub, video: Path) -> None:
    """The server answers and closes while gigabytes are still to come."""
    stub.tus.hasty = True
    stub.tus.refusals = [("PATCH", 413, {"detail": "More than 50 GB are not accepted.", "code": "too_large"})]
    with video.open("r+b") as file:
        file.truncate(200 << 20)
    done = vlog("upload", str(video))
    assert (done.code, done.err) == (1, f"vlog: {video}: More than 50 GB are not accepted.\n")


def test_a_large_file_is_never_in_memory(vlog: Cli, stub: AdminStub, video: Path) -> None:
    with video.open("r+b") as file:
        file.truncate(320 << 20)
    done = shell(vlog, f'ulimit -v 500000; {VLOG} upload "{video}"')
    assert (done.returncode, done.stderr) == (0, "")
    (upload,) = stub.tus.uploads.values()
    assert upload.offset_bytes == 320 << 20


def test_ctrl_c_says_how_to_go_on(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.tus.refusals = [("PATCH", 503, {"detail": "Restarting.", "code": "unavailable"})] * 100
    command = [str(Path(sys.executable).with_name("vlog")), "upload", str(video)]
    with subprocess.Popen(
        command, env=vlog.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        while "PATCH" not in methods(stub):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "The same command goes on from there." in said
    stub.tus.refusals.clear()
    assert vlog("upload", str(video)).out == MADE
    assert len(stub.tus.uploads) == 1


def test_waiting_ends_when_it_plays_or_has_failed(vlog: Cli, stub: AdminStub, video: Path) -> None:
    processing = {**VIDEO, "status": "processing", "progress": {"percent": 40, "eta_seconds": 3}}
    stub.on("GET", "/api/videos/7", (200, processing), (200, VIDEO))
    done = vlog("upload", str(video), "--wait")
    assert (done.code, done.out) == (0, "https://videos.example/watch/am-see\n")
    stub.on("GET", "/api/videos/7", (200, {**VIDEO, "status": "failed", "error_message": "No video stream."}))
    done = vlog("upload", str(video), "--wait", "--json")
    assert done.code == 1
    (result,) = json.loads(done.out)
    assert (result["status"], result["error"], result["video_id"]) == ("failed", "No video stream.", 7)


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("missing.mp4", 4, "There is no file {}."),
        ("empty.mp4", 1, "{} is empty."),
        ("", 1, "{} is not a file."),
    ],
)
def test_files_that_can_not_be_sent(
    vlog: Cli, stub: AdminStub, tmp_path: Path, *, name: str, code: int, sentence: str
) -> None:
    (tmp_path / "empty.mp4").touch()
    path = tmp_path / name if name else tmp_path
    done = vlog("upload", str(path))
    assert (done.code, done.err) == (code, f"vlog: {sentence.format(path)}\n")
    assert not stub.requests


def test_mistakes_are_told_before_the_upload(vlog: Cli, stub: AdminStub, video: Path) -> None:
    done = vlog("upload", str(video), "-c", "Cats")
    assert done.code == 4
    assert "no category Cats (there are: Outdoor & Berge)" in done.err
    done = vlog("upload", str(video), VLOG_ADMIN_API_SECRET="something-else-entirely")
    assert (done.code, done.out) == (1, "")
    assert done.err == "vlog: The admin secret is not right: check VLOG_ADMIN_API_SECRET.\n"
    assert methods(stub) == []
