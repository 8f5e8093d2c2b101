"""Text that no database takes, in every field of every body that people send; and names of sent files."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.support.api import change, make_ready
from tests.support.tus import assert_is_video, begin, send
from vlog.catalog import chapters, fields, playlists, tags, taxonomy
from vlog.context import Context
from vlog.db.transaction import Transaction

# What follows an address is a body in which each empty text is the bad one.
BODIES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("POST", "/api/categories", {"name": ""}),
    ("POST", "/api/categories", {"name": "A", "description": ""}),
    ("PUT", "/api/categories/1", {"name": ""}),
    ("PUT", "/api/categories/1", {"slug": ""}),
    ("POST", "/api/tags", {"name": ""}),
    ("PUT", "/api/tags/1", {"name": ""}),
    ("POST", "/api/playlists", {"title": ""}),
    ("POST", "/api/playlists", {"title": "A", "description": ""}),
    ("PUT", "/api/playlists/1", {"title": ""}),
    ("PUT", "/api/playlists/1", {"slug": ""}),
    ("POST", "/api/custom-fields", {"name": "", "field_type": "text"}),
    ("POST", "/api/custom-fields", {"name": "A", "field_type": "select", "options": [""]}),
    ("POST", "/api/custom-fields", {"name": "A", "field_type": "text", "description": ""}),
    ("PUT", "/api/custom-fields/1", {"name": ""}),
    ("PUT", "/api/videos/1", {"title": ""}),
    ("PUT", "/api/videos/1", {"description": ""}),
    ("PUT", "/api/videos/1", {"slug": ""}),
    ("POST", "/api/videos/1/chapters", {"title": "", "start_time": 1}),
    ("POST", "/api/videos/1/chapters", {"title": "A", "start_time": 1, "description": ""}),
    ("PUT", "/api/videos/1/chapters/1", {"title": ""}),
)


@pytest.fixture
async def library(ctx: Context) -> None:
    """One of everything."""
    video = await make_ready(ctx)

    async def work(tx: Transaction) -> None:
        await taxonomy.create(tx, "One")
        await tags.create(tx, "One")
        await playlists.create(tx, {"title": "One"})
        await fields.create(tx, {"name": "One", "field_type": "text"})
        await chapters.add(tx, video.id, {"title": "One", "start_time": 0.0})

    await change(ctx.db, work)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b", "\udfff", "a\x0bb"], ids=ascii)
async def test_what_no_database_takes_is_refused(admin: httpx.AsyncClient, bad: str) -> None:
    for method, path, body in BODIES:
        text = json.dumps(body).replace('""', json.dumps(bad))
        headers = {"content-type": "application/json"}
        answer = await admin.request(method, path, content=text.encode(), headers=headers)
        assert answer.status_code == 422, (method, path, text, answer.text)
        assert answer.json()["code"]


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("bad", ["%00", "a%00b", "%ed%a0%80", "%ff"])
async def test_it_is_found_nowhere(public: httpx.AsyncClient, admin: httpx.AsyncClient, bad: str) -> None:
    for query in (f"/api/videos?search={bad}", f"/api/videos?tag={bad}", f"/search?search={bad}"):
        assert (await public.get(query)).status_code in {200, 404, 422}, query
    for query in (f"/api/videos?search={bad}", f"/api/tags?search={bad}", f"/api/audit?actor={bad}"):
        assert (await admin.get(query)).status_code in {200, 422}, query
    for path in ("/category", "/tag", "/playlist", "/embed", "/watch"):
        assert (await public.get(f"{path}/{bad}")).status_code in {404, 422}, path


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("🎬" * 300 + ".mp4", "🎬" * 255),
        ('"; filename="x.mp4', '"; filename="x.mp4'),
        ("a\r\nSet-Cookie: x=1.mp4", "aSet-Cookie: x=1.mp4"),
        ("=cmd|'/c calc'!A1", "c calc'!A1"),
        ("../../etc/passwd\x00.mp4", "passwd.mp4"),
    ],
    ids=range(5),
)
async def test_file_names_are_kept_for_showing_alone(
    ctx: Context, admin: httpx.AsyncClient, sent: str, shown: str
) -> None:
    path = await begin(admin, 4, filename=sent, title="A title")
    video = await assert_is_video(ctx, await send(admin, path, b"data", offset=0), b"data")
    assert video.source_filename == shown
    assert video.source_key is not None
    assert video.source_key.removeprefix("uploads/").isalnum()
