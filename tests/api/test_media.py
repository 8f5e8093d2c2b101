"""Media bytes: types, ranges, tags, caching, and who gets them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.types import Message

from tests.support.api import (
    SECRET,
    SEGMENT,
    change,
    client_of,
    http_scope,
    make_ready,
    make_video,
    media_files,
)
from vlog.api import mediafiles, places
from vlog.api.app import build_admin, build_public
from vlog.catalog import publishing, trash, videos
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.processing import generations, removal
from vlog.storage import layout
from vlog.storage.layout import Key

TYPES = {
    "master.m3u8": "application/vnd.apple.mpegurl",
    "manifest.mpd": "application/dash+xml",
    "thumbnail.jpg": "image/jpeg",
    "init.mp4": "video/mp4",
    "segment_0.m4s": "video/iso.segment",
    "stream.m3u8": "application/vnd.apple.mpegurl",
}
NEVER_CHANGES = "public, max-age=31536000, immutable"


async def test_each_kind_of_file(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    for path in media_files(video):
        answer = await public.get(path)
        name = path.rpartition("/")[2]
        assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[name])
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["accept-ranges"] == "bytes"
        expected = {"init.mp4": NEVER_CHANGES, "segment_0.m4s": NEVER_CHANGES}.get(name, "no-cache")
        if name == "thumbnail.jpg":
            expected = "public, max-age=60, must-revalidate"
        assert answer.headers["cache-control"] == expected
        head = await public.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == answer.headers["content-length"] == str(len(answer.content))
        again = await public.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert (await public.get(media_files(video)[4])).content == SEGMENT


async def test_parts_of_a_segment(ctx: Context, public: httpx.AsyncClient) -> None:
    path = media_files(await make_ready(ctx))[4]
    size = len(SEGMENT)
    for header, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-300099", 100, 300_100),
        (f"bytes={size - 5}-", size - 5, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=1-{size * 9}", 1, size),
    ):
        answer = await public.get(path, headers={"Range": header})
        assert (answer.status_code, answer.content) == (206, SEGMENT[start:end])
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["content-type"] == "video/iso.segment"
    for header in ("bytes=0-1,5-6", "bytes=" + ",".join(["0-0"] * 1000), "bytes=9-1", "chunks=0-1"):
        answer = await public.get(path, headers={"Range": header})
        assert (answer.status_code, answer.content) == (200, SEGMENT)
    head = await public.head(path, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(size))
    assert "content-range" not in head.headers
    beyond = await public.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.content) == (416, b"")
    assert beyond.headers["content-range"] == f"bytes */{size}"


async def test_a_part_of_another_version_is_not_sent(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    path = media_files(video)[0]
    tag = (await public.get(path)).headers["etag"]
    part = {"Range": "bytes=0-3", "If-Range": tag}
    assert (await public.get(path, headers=part)).status_code == 206
    await ctx.storage.put(layout.master_playlist(video.storage_key), b"#EXTM3U\n# changed\n")
    await asyncio.sleep(mediafiles.LIFE_SECONDS["manifest"] + 0.05)
    changed = await public.get(path, headers=part)
    assert (changed.status_code, changed.content) == (200, b"#EXTM3U\n# changed\n")
    assert changed.headers["etag"] != tag
    dated = {"Range": "bytes=0-3", "If-Range": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert (await public.get(path, headers=dated)).status_code == 200


async def test_the_next_picture_is_never_the_one_before(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    path = f"/videos/{video.storage_key}/thumbnail.jpg"
    first = await public.get(f"{path}?v=1")
    assert first.headers["cache-control"] == "public, max-age=604800"
    key, files = layout.thumbnail(video.storage_key), ()
    await ctx.storage.put(key, b"\xff\xd8\xff two")
    await change(
        ctx.db, lambda tx: videos.set_thumbnail(tx, video.id, source="custom", timestamp=None, files=files)
    )
    # This process has not heard of it yet.
    early = await public.get(f"{path}?v=2")
    assert early.content == b"\xff\xd8\xff two"
    assert early.headers["cache-control"] == "public, max-age=60, must-revalidate"
    await asyncio.sleep(places.LIFE_SECONDS)
    second = await public.get(f"{path}?v=2")
    assert (second.content, second.headers["cache-control"]) == (
        early.content,
        first.headers["cache-control"],
    )
    for query in ("?v=1", "?v=4", "?v=02", "?v="):
        answer = await public.get(path + query)
        assert answer.headers["cache-control"] == "public, max-age=60, must-revalidate"


async def test_other_sites_may_ask_for_media_and_nothing_else(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx)
    foreign = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    allowed = await public.options(media_files(video)[0], headers=foreign)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "Range" in allowed.headers["access-control-allow-headers"]
    for path in ("/", "/api/videos", f"/watch/{video.slug}", "/health"):
        assert "access-control-allow-origin" not in (await public.get(path, headers=foreign)).headers
    assert (await public.post(media_files(video)[0])).status_code == 405


async def test_refusals_can_be_read_by_other_sites_and_are_not_kept(
    ctx: Context, public: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    path = media_files(await make_ready(ctx))[4]
    size = len(SEGMENT)
    for wanted, method, headers, status in (
        (path.replace("_0", "_9"), "GET", {}, 404),
        ("/videos/no-such/master.m3u8", "GET", {"Accept": "text/html"}, 404),
        (path, "POST", {}, 405),
        (path, "GET", {"Host": "not a host"}, 400),
    ):
        answer = await public.request(method, wanted, headers=headers)
        assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
        assert answer.headers.get_list("access-control-allow-origin") == ["*"]
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    head = await public.head(path, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(size))
    assert "content-range" not in head.headers
    beyond = await public.get(path, headers={"Range": f"bytes={size}-"})
    assert beyond.headers.get_list("access-control-allow-origin") == ["*"]
    refused = await admin.get(path.replace("_0", "_9"))
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (404, False)


async def test_clients_without_tags_ask_by_date(ctx: Context, public: httpx.AsyncClient) -> None:
    path = media_files(await make_ready(ctx))[4]
    file = ctx.config.storage_path.joinpath(path[1:])
    os.utime(file, (1_700_000_000, 1_700_000_000))
    modified = (await public.get(path)).headers["last-modified"]
    same = await public.get(path, headers={"If-Modified-Since": modified})
    assert (same.status_code, same.content) == (304, b"")
    older = {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    assert (await public.get(path, headers=older)).status_code == 200
    # A tag counts alone (RFC 9110 §13.2.2).
    tagged = {"If-Modified-Since": modified, "If-None-Match": '"other"'}
    assert (await public.get(path, headers=tagged)).status_code == 200


async def hide(ctx: Context, video_id: int) -> None:
    async def work(tx: Transaction) -> None:
        await publishing.unpublish(tx, video_id)
        await generations.rotate_token(tx, video_id)

    await change(ctx.db, work)


@pytest.fixture
async def watchers(ctx: Context) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A visitor and the admin, with the loops that hear of changes."""
    stopping = asyncio.Event()
    config = replace(ctx.config, admin_secret=SECRET)
    services = build_public(ctx), build_admin(replace(ctx, config=config))
    loops = asyncio.gather(*(loop(stopping) for each in services for _, loop in each.loops))
    async with client_of(services[0], port=9000) as visitor, client_of(services[1], port=9001) as admin:
        admin.headers["X-Admin-Secret"] = SECRET
        yield visitor, admin
    stopping.set()
    await loops


async def statuses(client: httpx.AsyncClient, paths: list[str]) -> set[int]:
    return {(await client.get(path)).status_code for path in paths}


async def until_gone(client: httpx.AsyncClient, paths: list[str]) -> None:
    """The five seconds that a change may take, at most."""
    async with asyncio.timeout(5):
        while await statuses(client, paths) != {404}:
            await asyncio.sleep(0.02)


async def test_what_is_hidden_cannot_be_had_by_any_path(
    ctx: Context, watchers: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    visitor, admin = watchers
    video = await make_ready(ctx)
    paths = media_files(video)
    assert await statuses(visitor, paths) == {200}
    answer = await admin.post(f"/api/videos/{video.id}/unpublish")
    assert (answer.status_code, answer.json()["published_at"]) == (200, None)
    await until_gone(visitor, paths)
    # Their old addresses are dead for good, for the admin too.
    inside = [path for path in paths if "/360p/" in path]
    assert await statuses(admin, inside) == {404}
    assert (await admin.post(f"/api/videos/{video.id}/publish")).json()["published_at"] is not None
    assert await statuses(visitor, inside) == {404}
    token = await ctx.db.fetchval("SELECT token FROM generations WHERE video_id = $1", video.id)
    fresh = [path.replace(f"{video.id:032x}", token) for path in inside]
    assert await statuses(visitor, fresh) == {200}


async def test_deleted_and_restored(
    ctx: Context, watchers: tuple[httpx.AsyncClient, httpx.AsyncClient]
) -> None:
    visitor, admin = watchers
    video = await make_ready(ctx)
    paths = media_files(video)
    assert await statuses(visitor, paths) == {200}
    assert (await admin.delete(f"/api/videos/{video.id}")).status_code == 200
    await until_gone(visitor, paths)
    assert (await admin.get(paths[2])).status_code == 200
    assert (await admin.post(f"/api/videos/{video.id}/restore")).status_code == 200
    assert (await visitor.get(paths[4])).status_code == 200
    assert (await admin.delete(f"/api/videos/{video.id}", params={"permanent": "true"})).status_code == 409
    await admin.delete(f"/api/videos/{video.id}")
    assert (await admin.delete(f"/api/videos/{video.id}", params={"permanent": "true"})).status_code == 200
    await until_gone(visitor, paths)
    await until_gone(admin, paths)


async def test_a_lost_hint_hides_a_second_later(ctx: Context, public: httpx.AsyncClient) -> None:
    """Without the loop that listens: only the short memory ends."""
    video = await make_ready(ctx)
    paths = media_files(video)
    assert await statuses(public, paths) == {200}
    await change(ctx.db, lambda tx: trash.soft_delete(tx, video.id))
    await asyncio.sleep(places.LIFE_SECONDS + 0.05)
    assert await statuses(public, paths) == {404}


async def test_what_was_never_public_cannot_be_had(ctx: Context, public: httpx.AsyncClient) -> None:
    assert await statuses(public, media_files(await make_ready(ctx, "Kept", public=False))) == {404}
    waiting = await make_video(ctx, "Waiting")
    await ctx.storage.put(layout.thumbnail(waiting.storage_key), b"\xff\xd8")
    assert await statuses(public, media_files(waiting)) == {404}


async def test_the_source_and_other_files_have_no_address(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    folder = layout.video(video.storage_key)
    for key in (folder.child("secret.txt"), folder.child("source"), Key("uploads/secret")):
        await ctx.storage.put(key, b"secret")
    for path in (
        "a-title/secret.txt",
        "a-title/source",
        "../uploads/secret",
        "a-title/..%2f..%2fuploads/secret",
    ):
        assert (await public.get(f"/videos/{path}")).status_code == 404
    assert (await public.get("/videos/a-title/")).status_code == 404


async def test_while_a_folder_is_being_renamed_its_files_are_found(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx)
    await hide(ctx, video.id)
    await change(ctx.db, lambda tx: publishing.publish(tx, video.id))
    token = await ctx.db.fetchval("SELECT token FROM generations WHERE video_id = $1", video.id)
    old = media_files(video)[4]
    new = old.replace(f"{video.id:032x}", token)
    assert await statuses(public, [old]) == {404}
    assert (await public.get(new)).content == SEGMENT


async def test_the_admin_gets_every_video_that_is_there_and_may_not_share_it(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx, public=False)
    await removal.archive(ctx, video.id)
    for path in media_files(video):
        answer = await admin.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
        assert "access-control-allow-origin" not in answer.headers
    part = await admin.get(media_files(video)[4], headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, SEGMENT[5:10])
    del admin.headers["X-Admin-Secret"]
    assert await statuses(admin, media_files(video)) == {401}


async def test_large_files_come_in_chunks_and_stop_when_nobody_listens(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediafiles, "CHUNK_BYTES", 1000)
    video = await make_ready(ctx)
    app = build_public(ctx).app
    sent: list[Message] = []
    left = asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 4:
            left.set()
        await asyncio.sleep(0)

    scope = http_scope("GET", media_files(video)[4])
    await app(scope, receive, send)
    assert 4 <= len(sent) < 20


async def test_many_viewers_of_one_video_are_one_question(
    ctx: Context, public: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = media_files(await make_ready(ctx))[4]
    asked = 0
    ask = videos.by_storage_key

    async def counting(*words: Any) -> Any:
        nonlocal asked
        asked += 1
        return await ask(*words)

    monkeypatch.setattr(videos, "by_storage_key", counting)
    answers = await asyncio.gather(*(public.get(path) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert asked == 1
