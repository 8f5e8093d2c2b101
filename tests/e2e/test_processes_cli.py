"""The command line as its users meet it: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest

from tests.support.admin_stub import AdminStub
from tests.support.cli import VIDEO, VLOG, Cli, Done, shell


def test_without_secret_and_terminal_nothing_hangs(vlog: Cli) -> None:
    done = vlog("list", VLOG_ADMIN_API_SECRET="")
    assert (done.code, done.err) == (1, "vlog: Set VLOG_ADMIN_API_SECRET to the admin secret.\n")


def test_a_service_that_is_not_there(vlog: Cli) -> None:
    done = vlog("list", VLOG_ADMIN_API_URL="http://127.0.0.1:9")
    assert done.code == 3
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
    done = vlog("list", "--status", "processing", "--deleted", "--all")
    assert done.code == 0
    for part in ("Am See", "2:05", "\\x1b[2Jgone", "processing 12 %", "/watch/am-see"):
        assert part in done.out
    assert "\x1b" not in done.out
    assert [request.query for request in stub.requests] == [
        "limit=200&include_total=false&status=processing&deleted=true",
        "limit=200&include_total=false&status=processing&deleted=true&cursor=c1",
    ]


def test_list_stops_at_its_limit_and_says_so(vlog: Cli, stub: AdminStub) -> None:
    many = [{**VIDEO, "id": number} for number in (9, 8, 7)]
    stub.on("GET", "/api/videos", (200, {"videos": many, "next_cursor": "c", "has_more": True}))
    done = vlog("list", "-n", "2", "--json")
    assert [video["id"] for video in json.loads(done.out)] == [9, 8]
    assert done.err == "vlog: There are more than these 2: ask for --all, or for another --limit.\n"
    assert stub.requests[-1].query == "limit=3&include_total=false"


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
    assert "“Am See” to the archive" in done.out
    assert stub.requests[-1].query == "permanent=false"
    assert vlog("delete", "7", "--permanent", "--yes").out == "Video 7 is deleted for good.\n"
    assert [request.query for request in stub.requests[-2:]] == ["permanent=false", "permanent=true"]


def test_a_reader_that_leaves_early_is_no_error(vlog: Cli, stub: AdminStub) -> None:
    many = [{**VIDEO, "id": number} for number in range(3000)]
    stub.on("GET", "/api/videos", (200, {"videos": many, "next_cursor": None, "has_more": False}))
    done = shell(vlog, f"{VLOG} list --all --json | head -n 1")
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


def test_the_inbox_is_told_and_failures_count(vlog: Cli, stub: AdminStub) -> None:
    file = {"name": "a\x1b.mp4", "state": "failed", "error_message": "The file is empty.", "slug": None}
    taken = {"name": "b.mp4", "state": "accepted", "error_message": None, "slug": "am-see"}
    inbox = {"is_on": True, "folder": "uploads/inbox", "settle_seconds": 10, "files": [file, taken]}
    stub.on("GET", "/api/inbox", (200, inbox))
    done = vlog("inbox")
    assert done.code == 1
    for part in ("a\\x1b.mp4", "failed", "The file is empty.", "/watch/am-see"):
        assert part in done.out
    assert json.loads(vlog("inbox", "--json").out) == inbox
    stub.on("GET", "/api/inbox", (200, {**inbox, "files": []}))
    assert vlog("inbox") == Done(
        0, "The inbox is empty: put files into uploads/inbox in the storage folder.\n", ""
    )
