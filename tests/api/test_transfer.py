"""The library as a file, and back."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.admin_stub import SECRET
from tests.support.api import make_ready, make_video
from tests.support.cli_site import Terminal, terminal
from vlog.context import Context
from vlog.processing import generations

_MANY = """
INSERT INTO videos (title, slug, storage_key, description)
SELECT 'Title ' || n, 'title-' || n, 'title-' || n, repeat('words ', 800) FROM generate_series(1, $1) n
"""


@pytest.fixture
async def vlog(ctx: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Terminal]:
    async with terminal(ctx, tmp_path, capture=capsys) as running:
        yield running


async def furnish(ctx: Context, vlog: Terminal) -> None:
    """Two videos of which all is said that can be."""
    await make_ready(ctx, "At the lake")
    await make_ready(ctx, "=Formulas, and more")
    await vlog("categories", "create", "Talks")
    await vlog("fields", "create", "Level", "--type", "select", "--option", "easy")
    await vlog("fields", "create", "Many", "--type", "multi_select", "--option", "x", "--option", "y")
    await vlog("fields", "create", "Pages", "--type", "number")
    await vlog("playlists", "create", "Sailing")
    await vlog("edit", "at-the-lake", "-c", "talks", "--tag", "Sea", "--tag", "a; b", "--featured")
    await vlog("edit", "at-the-lake", "-d", "=home\n-really", "--set", "level=easy", "--set", "many=x,y")
    await vlog("edit", "at-the-lake", "--set", "pages=-3", "--visibility", "unlisted")
    await vlog("chapters", "add", "at-the-lake", "0:00", "+Start")
    await vlog("chapters", "add", "at-the-lake", "0:20", "On", "--end", "0:30")
    await vlog("playlists", "add", "sailing", "at-the-lake")


async def wipe(vlog: Terminal) -> None:
    """All that was said is gone, except what the videos are called."""
    await vlog("edit", "at-the-lake", "-c", "", "--tag", "", "--not-featured", "-d", "", "--set", "level=")
    await vlog("edit", "at-the-lake", "--set", "many=", "--set", "pages=", "--visibility", "public")
    for _ in range(2):
        await vlog("chapters", "remove", "at-the-lake", "1", "--yes")
    await vlog("playlists", "remove", "sailing", "at-the-lake")


def said(document: str) -> list[Any]:
    return [{**video, "qualities": None} for video in json.loads(document)["videos"]]


@pytest.mark.parametrize("kind", ["json", "ndjson", "csv"])
async def test_what_was_wiped_comes_back(ctx: Context, vlog: Terminal, tmp_path: Path, kind: str) -> None:
    await furnish(ctx, vlog)
    before, file = tmp_path / "before.json", tmp_path / f"library.{kind}"
    assert (await vlog("export", "-o", str(before))).code == 0
    assert (await vlog("export", "-o", str(file))).code == 0
    assert sorted(each.name for each in tmp_path.glob("*library*")) == [file.name]
    unchanged = await vlog.json("import", str(file))
    assert (unchanged["changed"], unchanged["unchanged"], unchanged["rows"]) == (0, 2, [])
    await wipe(vlog)
    dry = await vlog.json("import", str(file), "--dry-run")
    assert (dry["changed"], dry["rows"][0]["slug"]) == (1, "at-the-lake")
    real = await vlog.json("import", str(file))
    assert real["rows"] == dry["rows"]
    assert set(real["rows"][0]["changed"]) == {
        *("description", "category", "tags", "visibility", "is_featured"),
        *("chapters", "custom_fields", "playlists"),
    }
    after = tmp_path / "after.json"
    await vlog("export", "-o", str(after))
    assert said(after.read_text()) == said(before.read_text())


async def test_the_three_formats(ctx: Context, vlog: Terminal, admin: httpx.AsyncClient) -> None:
    await furnish(ctx, vlog)
    await make_video(ctx, "Gone")
    await vlog("delete", "gone", "--yes")
    whole = (await admin.get("/api/videos/export")).json()
    assert [video["slug"] for video in whole["videos"]] == ["at-the-lake", "formulas-and-more"]
    assert whole["total_count"] == 2
    assert whole["videos"][0]["playlists"] == [{"slug": "sailing", "title": "Sailing", "position": 1}]
    deleted = (await admin.get("/api/videos/export", params={"include_deleted": True})).json()
    assert deleted["videos"][2]["deleted_at"] is not None
    lines = (
        await admin.get("/api/videos/export", params={"format": "ndjson", "tag": "sea"})
    ).text.splitlines()
    head, only, end = map(json.loads, lines)
    assert head["installation"] == whole["installation"]
    assert (only, end) == (whole["videos"][0], {"total_count": 1})
    answer = await admin.get("/api/videos/export", params={"format": "csv", "bom": True})
    assert answer.content.startswith(b"\xef\xbb\xbfid,slug,title")
    assert answer.headers["content-disposition"].endswith('.csv"')
    for row in csv.reader(io.StringIO(answer.text, newline="")):
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row)
    both = {"include_deleted": "true", "tag": "sea"}
    assert (await admin.get("/api/videos/export", params=both)).status_code == 422
    assert (await admin.get("/api/videos/export", params={"tag": "no"})).status_code == 404
    empty = (await admin.get("/api/videos/export", params={"status": "failed"})).json()
    assert (empty["videos"], empty["total_count"]) == ([], 0)


async def test_rows_fail_alone(ctx: Context, vlog: Terminal, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "One")
    rows = [
        {"slug": "one", "title": "Uno", "nonsense": 1, "duration": 5},
        {"slug": "elsewhere", "title": "Never made"},
        {"slug": "one", "title": ["no", "text"]},
        {"slug": "one", "title": "Two", "category": "Unknown"},
        {"id": video.id, "title": "By number"},
    ]
    answer = await admin.post("/api/videos/import", json={"videos": rows})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["changed"], found["unchanged"], found["failed"]) == (1, 0, 4)
    codes = [row["code"] for row in found["rows"]]
    assert codes == [None, "unknown_video", "invalid_row", "unknown_category", "unknown_video"]
    assert found["rows"][0]["ignored"] == ["nonsense"]
    own = (await admin.get("/api/videos/export")).json()["installation"]
    asked = {"videos": [{"id": video.id, "slug": "uno"}], "installation": own}
    renamed = (await admin.post("/api/videos/import", json=asked)).json()
    assert renamed["rows"][0]["changed"] == ["slug"]
    made = {"slug": "one", "category": "Unknown", "playlists": [{"title": "New"}], "tags": ["n"]}
    asked = {"videos": [made], "create_missing": True}
    assert (await admin.post("/api/videos/import", json={**asked, "dry_run": True})).json()["changed"] == 1
    assert (await admin.get("/api/categories")).json() == []
    assert (await admin.post("/api/videos/import", json=asked)).json()["changed"] == 1
    assert [each["name"] for each in (await admin.get("/api/categories")).json()] == ["Unknown"]
    many = {"videos": [{"slug": "one"}] * 201}
    assert (await admin.post("/api/videos/import", json=many)).status_code == 422


@pytest.mark.parametrize("kind", ["json", "ndjson", "csv"])
async def test_a_file_is_imported_as_it_was_exported(
    ctx: Context, vlog: Terminal, admin: httpx.AsyncClient, kind: str
) -> None:
    await furnish(ctx, vlog)
    before = (await admin.get("/api/videos/export")).text
    file = (await admin.get("/api/videos/export", params={"format": kind, "bom": True})).content
    path = f"/api/videos/import/{kind}"
    assert (await admin.post(path, content=file)).json()["unchanged"] == 2
    await wipe(vlog)
    done = (await admin.post(path, content=file)).json()
    assert [row["status"] for row in done["rows"]] == ["changed", "unchanged"]
    assert said((await admin.get("/api/videos/export")).text) == said(before)
    for wrong in (b"", b"\xff\xfe", b"a,b\n1,2\n", b"[" * 10**5, b'{"videos": {}}'):
        answer = await admin.post(path, content=wrong)
        assert answer.status_code < 500, wrong
        assert answer.status_code == 422 or answer.json()["changed"] == 0, wrong


async def test_rows_that_cannot_be_read_fail_alone(
    ctx: Context, vlog: Terminal, admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    await make_ready(ctx, "One")
    table = "slug;title;chapters;is_featured\none;Uno;;yes\none;;[broken;\none;;;perhaps\n"
    lines = '{"slug": "one", "title": "Due"}\n{"slug": \n[1]\n'
    ends = {}
    for kind, text in (("csv", table), ("ndjson", lines)):
        answer = (await admin.post(f"/api/videos/import/{kind}", content=text.encode())).json()
        ends[kind] = [(row["status"], row["code"]) for row in answer["rows"]]
        file = tmp_path / f"some.{kind}"
        file.write_text(text)
        done = await vlog("import", str(file))
        assert done.code == 1
        assert "0 changed, 1 as they were, 2 refused." in done.out
    assert ends["csv"] == ends["ndjson"] == [("changed", None), *[("failed", "invalid_row")] * 2]
    many = "slug\n" + "one\n" * 2001
    refused = await admin.post("/api/videos/import/csv", content=many.encode())
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_rows")
    whole = (await admin.get("/api/videos/export")).json()
    assert (await admin.post("/api/videos/import", json=whole)).json()["unchanged"] == 1


async def test_what_breaks_off_looks_broken(ctx: Context, vlog: Terminal, tmp_path: Path) -> None:
    await ctx.db.pool.execute(_MANY, 6000)
    host, _, port = vlog.cli.environment["VLOG_ADMIN_API_URL"].removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=4096)
    path = "/api/videos/export?include_deleted=true"
    head = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nx-admin-secret: {SECRET}\r\n\r\n"
    writer.write(head.encode())
    got = await reader.read(4096)
    assert got.startswith(b"HTTP/1.1 200 ")
    # So much is on its way that the rest must wait for the reader; meanwhile its source goes away.
    await asyncio.sleep(0.5)
    await ctx.db.close()
    tail = got
    while block := await reader.read(1 << 16):
        tail = (tail + block)[-100:]
    writer.close()
    assert b"total_count" not in tail
    assert not tail.endswith(b"0\r\n\r\n")
    target = tmp_path / "library.json"
    done = await vlog("export", "-o", str(target))
    assert done.code != 0
    assert not list(tmp_path.glob("*library*"))


async def test_what_an_import_makes_private_gets_new_addresses(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx, "At the lake")
    row = {"slug": video.slug, "visibility": "private"}
    tokens = []
    for dry_run in (True, False):
        await admin.post("/api/videos/import", json={"videos": [row], "dry_run": dry_run})
        live = await generations.live(ctx.db, video.storage_key)
        assert live is not None
        assert live.previous_token is None
        tokens.append(live.token)
    assert tokens[0] == f"{video.id:032x}" != tokens[1]
