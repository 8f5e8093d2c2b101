"""The command line as its users meet it: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.admin_stub import SECRET, AdminStub, admin_stub
from vlog.cli.verbs import main

VLOG = shlex.quote(str(Path(sys.executable).with_name("vlog")))
VIDEO = {
    "id": 7,
    "title": "Am See",
    "slug": "am-see",
    "status": "ready",
    "duration": 125.4,
    "created_at": "2026-11-23T10:00:00Z",
    "published_at": "2026-11-23T10:00:00Z",
    "progress": None,
}
ACCEPTED = {"status": "pending", "video_id": 7, "slug": "am-see", "message": "Received."}
CATEGORIES = [{"id": 3, "name": "Outdoor & Berge", "slug": "outdoor-berge"}]


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


class Cli:
    """The command with an environment of its own; in this process, where that shows the same."""

    def __init__(self, home: Path, url: str, *, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VLOG_")}
        self.environment = {
            **kept,
            "HOME": str(home),
            "VLOG_ADMIN_API_URL": url,
            "VLOG_PUBLIC_URL": "https://videos.example",
            "VLOG_ADMIN_API_SECRET": SECRET,
        }

    def __call__(self, *words: str, typed: str = "", **environment: str) -> Done:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "environ", {**self.environment, **environment})
            patch.setattr(sys, "argv", ["vlog", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            patch.setattr(sys, "excepthook", sys.excepthook)
            with pytest.raises(SystemExit) as ended:
                main()
        printed = self._capture.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)


def shell(vlog: Cli, script: str) -> subprocess.CompletedProcess[str]:
    """The installed command as a process, in a shell."""
    return subprocess.run(
        ["sh", "-c", script],
        env=vlog.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture
def stub() -> Iterator[AdminStub]:
    with admin_stub() as running:
        running.on("GET", "/api/videos", (200, {"videos": [], "next_cursor": None, "has_more": False}))
        running.on("GET", "/api/categories", (200, CATEGORIES))
        running.on("POST", "/api/videos", (201, ACCEPTED))
        yield running


@pytest.fixture
def vlog(stub: AdminStub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(tmp_path, stub.url, capture=capsys)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "am_see_2026.mp4"
    path.write_bytes(b"x" * 100_000)
    return path


def test_an_upload_sends_fields_first_and_prints_the_address(vlog: Cli, stub: AdminStub, video: Path) -> None:
    done = vlog("upload", str(video), "-t", "Am See", "-d", "Schön", "-c", "outdoor & berge", "--no-publish")
    assert (done.code, done.err) == (0, "")
    assert done.out == "https://videos.example/watch/am-see  (being made ready)\n"
    sent = stub.requests[-1]
    assert sent.size_bytes > 100_000
    names = [part.split(b'"')[1].decode() for part in sent.head.split(b"form-data; name=")[1:]]
    assert names == ["title", "description", "published", "category_id", "file"]
    for value in ("Am See", "Schön", "\r\nfalse\r\n", "\r\n3\r\n", 'filename="am_see_2026.mp4"'):
        assert value.encode() in sent.head


def test_a_title_comes_from_the_file_name(vlog: Cli, stub: AdminStub, video: Path) -> None:
    assert vlog("upload", str(video)).code == 0
    assert b"\r\nam see 2026\r\n" in stub.requests[-1].head
    assert b"category_id" not in stub.requests[-1].head
    assert b"\r\ntrue\r\n" in stub.requests[-1].head


def test_several_files_have_several_fates(vlog: Cli, stub: AdminStub, video: Path) -> None:
    second = video.with_name("second.mp4")
    second.write_bytes(b"y")
    stub.on(
        "POST", "/api/videos", (422, {"detail": "This is no video.", "code": "not_media"}), (201, ACCEPTED)
    )
    done = vlog("upload", str(video), str(second))
    assert done.code == 1
    assert done.err == f"vlog: {video}: This is no video.\n"
    assert "am-see" in done.out
    refused = vlog("upload", str(video), str(second), "-t", "One")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "several files" in refused.err


def test_waiting_ends_when_it_plays(vlog: Cli, stub: AdminStub, video: Path) -> None:
    processing = {**VIDEO, "status": "processing", "progress": {"percent": 40, "eta_seconds": 3}}
    stub.on("GET", "/api/videos/7", (200, processing), (200, VIDEO))
    done = vlog("upload", str(video), "--wait")
    assert (done.code, done.out) == (0, "https://videos.example/watch/am-see\n")


def test_waiting_ends_when_it_failed(vlog: Cli, stub: AdminStub, video: Path) -> None:
    stub.on("GET", "/api/videos/7", (200, {**VIDEO, "status": "failed", "error_message": "No video stream."}))
    done = vlog("upload", str(video), "--wait", "--json")
    assert done.code == 1
    (result,) = json.loads(done.out)
    assert (result["status"], result["error"], result["video_id"]) == ("failed", "No video stream.", 7)


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


def test_a_refusal_in_mid_upload_is_heard(vlog: Cli, stub: AdminStub, video: Path) -> None:
    """The server answers and closes while gigabytes are still to come."""
    stub.hasty = True
    stub.on(
        "POST", "/api/videos", (413, {"detail": "More than 50 GB are not accepted.", "code": "too_large"})
    )
    with video.open("r+b") as file:
        file.truncate(200 << 20)
    done = vlog("upload", str(video))
    assert (done.code, done.err) == (1, f"vlog: {video}: More than 50 GB are not accepted.\n")


def test_a_large_file_is_never_in_memory(vlog: Cli, stub: AdminStub, video: Path) -> None:
    with video.open("r+b") as file:
        file.truncate(600 << 20)
    done = shell(vlog, f'ulimit -v 500000; {VLOG} upload "{video}"')
    assert (done.returncode, done.stderr) == (0, "")
    assert stub.requests[-1].size_bytes > 600 << 20


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing.mp4", "There is no file {}."),
        ("empty.mp4", "{} is empty."),
        ("", "{} is not a file."),
    ],
)
def test_files_that_can_not_be_sent(
    vlog: Cli, stub: AdminStub, tmp_path: Path, *, name: str, sentence: str
) -> None:
    (tmp_path / "empty.mp4").touch()
    path = tmp_path / name if name else tmp_path
    done = vlog("upload", str(path))
    assert (done.code, done.err) == (1, f"vlog: {sentence.format(path)}\n")
    assert not stub.requests


def test_an_unknown_category_names_the_known_ones(vlog: Cli, stub: AdminStub, video: Path) -> None:
    done = vlog("upload", str(video), "-c", "Cats")
    assert done.code == 1
    assert "no category Cats (there are: Outdoor & Berge)" in done.err
    assert not any(request.method == "POST" for request in stub.requests)


def test_a_wrong_secret_is_told_before_the_upload(vlog: Cli, stub: AdminStub, video: Path) -> None:
    done = vlog("upload", str(video), VLOG_ADMIN_API_SECRET="something-else-entirely")
    assert (done.code, done.out) == (1, "")
    assert done.err == "vlog: The admin secret is not right: check VLOG_ADMIN_API_SECRET.\n"
    assert not any(request.method == "POST" for request in stub.requests)


def test_without_secret_and_terminal_nothing_hangs(vlog: Cli) -> None:
    done = vlog("list", VLOG_ADMIN_API_SECRET="")
    assert (done.code, done.err) == (1, "vlog: Set VLOG_ADMIN_API_SECRET to the admin secret.\n")


def test_a_service_that_is_not_there(vlog: Cli) -> None:
    done = vlog("list", VLOG_ADMIN_API_URL="http://127.0.0.1:9")
    assert done.code == 1
    assert done.err.startswith("vlog: The admin service at http://127.0.0.1:9 does not answer: start it with")
    assert done.err.count("\n") == 1


def test_a_service_that_is_something_else(vlog: Cli, stub: AdminStub) -> None:
    stub.on("GET", "/api/videos", (502, b"<h1>Bad gateway</h1>"))
    done = vlog("list")
    assert (done.code, done.err) == (
        1,
        f"vlog: {stub.url} answered 502 without sense: is VLOG_ADMIN_API_URL right?\n",
    )


def test_a_mistake_of_the_server_names_the_request(vlog: Cli, stub: AdminStub) -> None:
    stub.on("GET", "/api/videos", (500, {"detail": "VLog made a mistake.", "request_id": "r-1"}))
    assert vlog("list").err == "vlog: VLog made a mistake. (request r-1)\n"


def test_list_walks_all_pages(vlog: Cli, stub: AdminStub) -> None:
    evil = {**VIDEO, "id": 6, "title": "\x1b[2Jgone", "status": "processing", "progress": {"percent": 12.4}}
    stub.on(
        "GET",
        "/api/videos",
        (200, {"videos": [VIDEO], "next_cursor": "c1", "has_more": True}),
        (200, {"videos": [evil], "next_cursor": None, "has_more": False}),
    )
    done = vlog("list", "--status", "processing", "--deleted")
    assert done.code == 0
    for part in ("Am See", "2:05", "\\x1b[2Jgone", "processing 12 %", "/watch/am-see"):
        assert part in done.out
    assert "\x1b" not in done.out
    assert [request.query for request in stub.requests] == [
        "limit=100&status=processing&deleted=true",
        "limit=100&status=processing&deleted=true&cursor=c1",
    ]


def test_list_for_scripts(vlog: Cli, stub: AdminStub) -> None:
    stub.on("GET", "/api/videos", (200, {"videos": [VIDEO], "next_cursor": None, "has_more": False}))
    assert json.loads(vlog("list", "--json").out) == [VIDEO]


def test_categories(vlog: Cli, stub: AdminStub) -> None:
    assert "outdoor-berge" in vlog("categories").out
    stub.on("POST", "/api/categories", (201, {"id": 4, "name": "Kurz", "slug": "kurz"}))
    assert vlog("categories", "--create", "Kurz").out == "Category Kurz (kurz) is there.\n"
    assert stub.requests[-1].head == b'{"name":"Kurz"}'


@pytest.mark.parametrize("verb", ["publish", "unpublish", "retry", "restore"])
def test_verbs_on_a_video(vlog: Cli, stub: AdminStub, verb: str) -> None:
    stub.on("POST", f"/api/videos/7/{verb}", (200, {"status": "ok"}))
    done = vlog(verb, "7")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Video 7 is ")
    stub.on("POST", f"/api/videos/7/{verb}", (409, {"detail": "It is not failed.", "code": "not_failed"}))
    assert vlog(verb, "7") == Done(1, "", "vlog: It is not failed.\n")


def test_delete_asks(vlog: Cli, stub: AdminStub) -> None:
    stub.on("GET", "/api/videos/7", (200, VIDEO))
    stub.on("DELETE", "/api/videos/7", (204, b""))
    assert vlog("delete", "7", typed="n\n").code == 1
    assert not any(request.method == "DELETE" for request in stub.requests)
    done = vlog("delete", "7", typed="y\n")
    assert done.code == 0
    assert "“Am See” to the trash" in done.out
    assert stub.requests[-1].query == "permanent=false"
    assert vlog("delete", "7", "--permanent", "--yes").out == "Video 7 is deleted for good.\n"
    assert [request.query for request in stub.requests[-2:]] == ["permanent=false", "permanent=true"]


def test_a_reader_that_leaves_early_is_no_error(vlog: Cli, stub: AdminStub) -> None:
    many = [{**VIDEO, "id": number} for number in range(3000)]
    stub.on("GET", "/api/videos", (200, {"videos": many, "next_cursor": None, "has_more": False}))
    done = shell(vlog, f"{VLOG} list --json | head -n 1")
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_bad_configuration_is_one_sentence(vlog: Cli) -> None:
    done = vlog("list", VLOG_PUBLIC_PORT="many")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "VLOG_PUBLIC_PORT" in done.err


def test_help_and_version(vlog: Cli) -> None:
    helped = vlog("--help")
    assert helped.code == 0
    for verb in ("up", "serve", "work", "upload", "list", "categories", "publish", "delete", "db", "version"):
        assert verb in helped.out
    assert vlog("version").out.startswith("vlog 0.")
    assert vlog("nonsense").code == 2
