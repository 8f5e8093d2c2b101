"""Public JSON at speed: kept for a moment, forgotten when something happens, and never what is not public."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.support.api import change, client_of, make_ready, make_video
from vlog.api.app import Service, build_public
from vlog.catalog import publishing, videos
from vlog.context import Context
from vlog.db.engine import Database

PATHS = ("/api/videos", "/api/videos?limit=2&search=a", "/api/videos/a-title", "/api/videos/a-title/progress")


class CountingDatabase(Database):
    """Counts what is asked of it."""

    asked = 0

    async def fetch(self, sql: str, *args: object) -> list[object]:  # type: ignore[override]
        type(self).asked += 1
        return await super().fetch(sql, *args)  # type: ignore[return-value]


@pytest.fixture
async def counted(ctx: Context) -> AsyncIterator[tuple[Context, Service, httpx.AsyncClient]]:
    """A public service whose reads are counted and whose answers are kept for long."""
    database = CountingDatabase(ctx.db.dsn)
    await database.open()
    CountingDatabase.asked = 0
    observed = replace(ctx, db=database)
    service = build_public(observed)
    service.app.state.answers.life_seconds = 600.0
    async with client_of(service, port=9000) as client:
        yield observed, service, client
    await database.close()


async def test_many_who_ask_at_once_ask_the_database_once(
    counted: tuple[Context, Service, httpx.AsyncClient],
) -> None:
    ctx, _, client = counted
    await make_ready(ctx)
    before = CountingDatabase.asked
    # The same question in other words is the same question.
    ways = ("", "?limit=50", "?search=", "?include_total=false&limit=50", "?unknown=1", "?search=%20")
    answers = await asyncio.gather(*(client.get(f"/api/videos{ways[n % len(ways)]}") for n in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert CountingDatabase.asked == before + 1
    assert (await client.get("/api/videos?limit=49")).status_code == 200
    assert CountingDatabase.asked == before + 2


async def test_an_event_makes_the_next_answer_a_fresh_one(
    counted: tuple[Context, Service, httpx.AsyncClient],
) -> None:
    ctx, service, client = counted
    video = await make_ready(ctx)
    loops = dict(service.loops)
    stopping = asyncio.Event()
    following = asyncio.ensure_future(loops["public answers"](stopping))
    await asyncio.sleep(0.1)
    assert (await client.get("/api/videos")).json()["videos"][0]["title"] == "A title"
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"title": "Other"}))
    async with asyncio.timeout(10):
        while (await client.get("/api/videos")).json()["videos"][0]["title"] != "Other":
            await asyncio.sleep(0.02)
        await change(ctx.db, lambda tx: publishing.unpublish(tx, video.id))
        while (await client.get("/api/videos/a-title")).status_code != 404:
            await asyncio.sleep(0.02)
        while (await client.get("/api/videos")).json()["videos"]:
            await asyncio.sleep(0.02)
    stopping.set()
    await following


async def test_head_and_conditions(counted: tuple[Context, Service, httpx.AsyncClient]) -> None:
    ctx, _, client = counted
    await make_ready(ctx)
    for path in PATHS:
        got = await client.get(path)
        assert got.headers["content-type"] == "application/json"
        assert got.headers["cache-control"] == "no-cache"
        assert int(got.headers["content-length"]) == len(got.content)
        head = await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert {name: head.headers[name] for name in ("etag", "content-length", "content-type")} == {
            name: got.headers[name] for name in ("etag", "content-length", "content-type")
        }
        tag = got.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            same = await client.get(path, headers={"If-None-Match": known})
            assert (same.status_code, same.content) == (304, b"")
            assert same.headers["etag"] == got.headers["etag"]
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_other_methods_are_refused_in_words(public: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await public.request(method, "/api/videos")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer.headers["x-request-id"]


async def test_what_is_refused_is_never_kept(counted: tuple[Context, Service, httpx.AsyncClient]) -> None:
    ctx, _, client = counted
    assert (await client.get("/api/videos/a-title")).status_code == 404
    await make_video(ctx)
    waiting = (await client.get("/api/videos/a-title")).json()
    assert (waiting["status"], waiting["thumbnails"], waiting["thumbnail_url"]) == ("pending", [], None)


async def test_of_a_name_given_twice_the_last_counts(public: httpx.AsyncClient) -> None:
    assert (await public.get("/api/videos?limit=0&limit=2")).status_code == 200
    refused = await public.get("/api/videos?limit=2&limit=0")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "limit")


async def test_all_sizes_of_a_thumbnail_can_be_had(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx)
    [listed] = (await public.get("/api/videos")).json()["videos"]
    detail = (await public.get("/api/videos/a-title")).json()
    assert listed["thumbnails"] == detail["thumbnails"]
    assert [(each["format"], each["width"], each["height"]) for each in listed["thumbnails"]] == [
        (name, width, height)
        for width, height in ((320, 180), (640, 360))
        for name in ("jpeg", "webp", "avif")
    ]
    for each in listed["thumbnails"]:
        answer = await public.get(each["url"])
        assert answer.headers["content-type"] == f"image/{each['format']}"
        assert answer.text == each["format"]
        assert answer.headers["cache-control"] == "public, max-age=604800"
    path, _, _ = each["url"].partition("?")
    # A version that is not there yet, or none at all, may not be kept for long.
    for query in ("", "?v=2", "?v=1&x=2", "?w=1"):
        assert (await public.get(path + query)).headers[
            "cache-control"
        ] == "public, max-age=60, must-revalidate"


async def test_videos_without_sizes_still_have_a_picture(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    await ctx.db.pool.execute("UPDATE videos SET thumbnail_files = '[]' WHERE id = $1", video.id)
    [listed] = (await public.get("/api/videos")).json()["videos"]
    assert (listed["thumbnails"], listed["thumbnail_url"]) == ([], "/videos/a-title/thumbnail.jpg?v=1")
    for path in ("/", "/watch/a-title"):
        page = (await public.get(path, headers={"Accept": "text/html"})).text
        assert "/videos/a-title/thumbnail.jpg?v=1" in page
        assert "srcset" not in page


async def test_pages_offer_the_smallest_format_first(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx)
    home = (await public.get("/", headers={"Accept": "text/html"})).text
    avif, webp, jpeg = (
        home.index(f"thumbnail_640.{extension}?v=1 640w") for extension in ("avif", "webp", "jpg")
    )
    assert avif < webp < jpeg
    assert 'type="image/avif" srcset="/videos/a-title/thumbnail_320.avif?v=1 320w, ' in home
    watch = (await public.get("/watch/a-title", headers={"Accept": "text/html"})).text
    assert 'poster="/videos/a-title/thumbnail_640.jpg?v=1"' in watch
    assert '/videos/a-title/thumbnail_640.jpg?v=1">' in watch
    assert '<meta property="og:image:width" content="640">' in watch
