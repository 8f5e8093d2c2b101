"""The public JSON: lists, details and progress of what visitors may see, and of nothing else."""

from __future__ import annotations

import httpx
import msgspec
from pydantic import TypeAdapter

from tests.support.api import change, make_ready, make_video
from vlog.api.public.shapes import Progress, VideoDetail, VideoPage
from vlog.api.public.videos import page_of
from vlog.catalog import index, publishing, tags, trash, videos
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order
from vlog.context import Context
from vlog.db.transaction import Transaction


async def test_the_list_shows_published_videos_newest_first(ctx: Context, public: httpx.AsyncClient) -> None:
    made = [await make_ready(ctx, title) for title in ("One", "Two", "Three")]
    await make_ready(ctx, "Kept back", public=False)
    await make_video(ctx, "Waiting")
    body = (await public.get("/api/videos")).json()
    assert [each["title"] for each in body["videos"]] == ["Three", "Two", "One"]
    assert (body["has_more"], body["next_cursor"], body["total_count"]) == (False, None, None)
    first = body["videos"][0]
    assert first["id"] == made[2].id
    assert first["thumbnail_url"] == "/videos/three/thumbnail.jpg?v=1"
    assert (first["duration"], first["status"]) == (61.5, "ready")


async def test_pages_follow_each_other(ctx: Context, public: httpx.AsyncClient) -> None:
    made = [(await make_ready(ctx, f"Video {number}")).id for number in range(5)]
    seen: list[int] = []
    query: dict[str, str] = {"limit": "2", "include_total": "true"}
    while True:
        body = (await public.get("/api/videos", params=query)).json()
        assert body["total_count"] == 5
        seen += [each["id"] for each in body["videos"]]
        if not body["has_more"]:
            break
        query["cursor"] = body["next_cursor"]
    assert seen == made[::-1]


async def test_search(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx, "Blue mountain")
    await make_ready(ctx, "Red valley")
    found = (await public.get("/api/videos", params={"search": "mount", "include_total": "1"})).json()
    assert [each["title"] for each in found["videos"]] == ["Blue mountain"]
    assert found["total_count"] == 1


BAD_QUESTIONS = [
    ("limit=0", 422, "invalid_request"),
    ("limit=101", 422, "invalid_request"),
    ("limit=" + "9" * 5000, 422, "invalid_request"),
    ("cursor=garbage", 400, "invalid_cursor"),
    ("cursor=%00", 400, "invalid_cursor"),
    ("cursor=", 400, "invalid_cursor"),
    ("search=" + "x" * 201, 422, "invalid_search"),
    ("search=" + "a%20" * 21, 422, "invalid_search"),
    ("search=a%00b", 422, "invalid_search"),
    ("search=" + "%F0%9F%8E%AC" * 300, 422, "invalid_search"),
]
STRANGE_SEARCHES = ["%", "_", "':*&!|()<->", "\\", "a\\'b:*", "''", '"', '"open', "-", "or or or"]


async def test_bad_questions_get_clear_answers(public: httpx.AsyncClient) -> None:
    for query, status, code in BAD_QUESTIONS:
        answer = await public.get(f"/api/videos?{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), query[:40]
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= {"type", "title", "status", "detail", "code", "request_id"}


async def test_no_search_is_an_error(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx)
    for search in STRANGE_SEARCHES:
        assert (await public.get("/api/videos", params={"search": search})).status_code == 200, search


async def test_the_detail_says_what_can_be_played(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx, "A walk")
    body = (await public.get("/api/videos/a-walk")).json()
    assert body["stream_url"] == "/videos/a-walk/master.m3u8"
    assert body["dash_url"] == "/videos/a-walk/manifest.mpd"
    assert body["qualities"] == [{"quality": "360p", "width": 640, "height": 360, "bitrate": 800000}]
    assert (body["source_width"], body["source_height"], body["error_message"]) == (640, 360, None)


async def test_answers_are_not_sent_twice(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    tag = ""
    for path in (f"/api/videos/{video.slug}", "/api/videos"):
        first = await public.get(path)
        tag = first.headers["etag"]
        again = await public.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["cache-control"] == "no-cache"
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"title": "Other"}))
    changed = await public.get("/api/videos", headers={"If-None-Match": tag})
    assert changed.json()["videos"][0]["title"] == "Other"


async def test_hidden_videos_are_not_to_be_had(ctx: Context, public: httpx.AsyncClient) -> None:
    hidden = [
        await make_ready(ctx, "Kept back", public=False),
        await make_video(ctx, "Waiting, kept back", public=False),
        await make_ready(ctx, "Unpublished"),
        await make_ready(ctx, "Deleted"),
        await make_video(ctx, "Deleted while waiting"),
    ]
    await change(ctx.db, lambda tx: publishing.unpublish(tx, hidden[2].id))
    await change(ctx.db, lambda tx: trash.soft_delete(tx, hidden[3].id))
    await change(ctx.db, lambda tx: trash.soft_delete(tx, hidden[4].id))
    unknown = await public.get("/api/videos/no-such-video")
    for video in hidden:
        below = f"/api/videos/{video.slug}"
        for path in (below, f"{below}/progress", f"/watch/{video.slug}"):
            assert (await public.get(path)).status_code == 404
        # The same words as for what never was: nothing tells that there is something to hide.
        answer = (await public.get(below)).json()
        assert {**answer, "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert (await public.get("/api/videos")).json()["videos"] == []


STRANGE_SLUGS = ["%2e%2e%2f", "A", "a_b", "a" * 300, "%00", "..%2f..%2fetc", "é", "1' OR '1'='1"]


async def test_strange_slugs_name_nothing(public: httpx.AsyncClient) -> None:
    for slug in STRANGE_SLUGS:
        for path in (f"/api/videos/{slug}", f"/watch/{slug}"):
            assert (await public.get(path)).status_code == 404, path


async def test_progress_before_and_after(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_video(ctx, "On its way")
    body = (await public.get("/api/videos/on-its-way/progress")).json()
    assert (body["status"], body["progress_percent"], body["qualities"]) == ("pending", 0.0, [])
    assert (await public.get("/api/videos/on-its-way")).json()["stream_url"] is None
    await change(
        ctx.db, lambda tx: videos.mark_failed(tx, video.id, code="not_media", message="This is no video.")
    )
    body = (await public.get("/api/videos/on-its-way/progress")).json()
    assert (body["status"], body["last_error"]) == ("failed", "This is no video.")


async def test_what_is_sent_is_what_the_contract_says(ctx: Context, public: httpx.AsyncClient) -> None:
    """Bytes are encoded past the framework's models: here they are held to them."""
    video = await make_ready(ctx)
    for path, shape in (
        ("/api/videos", VideoPage),
        (f"/api/videos/{video.slug}", VideoDetail),
        (f"/api/videos/{video.slug}/progress", Progress),
    ):
        raw = (await public.get(path)).content
        value = TypeAdapter(shape).validate_json(raw, strict=True)
        assert msgspec.json.decode(raw) == msgspec.json.decode(msgspec.json.encode(value))


async def test_the_list_is_written_as_pages_show_it(ctx: Context, public: httpx.AsyncClient) -> None:
    """PostgreSQL writes most of the list's JSON: it says what the models say of the same rows."""
    await make_ready(ctx, 'Words that "JSON" escapes: \\ \U0001f3ac </script>')
    await make_ready(ctx, "Without a length")
    tagged = await make_ready(ctx, "With tags")
    await ctx.db.pool.execute(
        "UPDATE videos SET duration = 0, published_at = date_trunc('hour', now()) WHERE title LIKE 'Without%'"
    )
    await index.rebuild(ctx.db)

    async def tag(tx: Transaction) -> None:
        found = await tags.named(tx, ["b", 'a "quoted" one'])
        await videos.edit(tx, tagged.id, {"tag_ids": found})

    await change(ctx.db, tag)
    raw = (await public.get("/api/videos?limit=2")).content
    shown = await page_of(ctx, Asked(), Order(), cursor=None, limit=2)
    assert TypeAdapter(VideoPage).validate_json(raw, strict=True) == shown
    following = (await public.get(f"/api/videos?cursor={shown.next_cursor}")).content
    rest = await page_of(ctx, Asked(), Order(), cursor=shown.next_cursor, limit=50)
    assert TypeAdapter(VideoPage).validate_json(following, strict=True) == rest
    assert len(rest.videos) == 1


async def test_the_database_being_away_is_said(ctx: Context, public: httpx.AsyncClient) -> None:
    assert (await public.get("/health")).json() == {
        "status": "healthy",
        "checks": {"database": "ok", "storage": "ok"},
    }
    ctx.db.pool.terminate()
    answer = await public.get("/api/videos")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    health = await public.get("/health")
    assert (health.status_code, health.json()["checks"]["database"]) == (503, "failing")
    page = await public.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
