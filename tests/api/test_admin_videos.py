"""The admin's list, detail and deeds."""

from __future__ import annotations

import json

import httpx

from tests.support.api import change, make_ready, make_video
from tests.support.deliveries import EVERYTHING, work_off
from tests.support.uploaded import source_values, upload
from vlog.catalog import taxonomy, videos
from vlog.context import Context
from vlog.wire.work import Failure, ToolRun
from vlog.workers.local_client import LocalClient

RUN = ToolRun(
    command="ffmpeg -i /in/source out.mp4",
    stderr_tail="moov atom not found",
    exit_status=1,
    cpu_seconds=0.5,
    max_rss_bytes=1000,
)
NO_VIDEO = Failure(code="not_media", message="This is no video.", retryable=False)


async def fail_inspection(ctx: Context) -> None:
    client = LocalClient(ctx)
    offer = await client.claim(EVERYTHING)
    assert offer is not None
    await client.fail(offer.lease, NO_VIDEO, [RUN])


async def test_the_list_has_everything_but_the_trash(ctx: Context, admin: httpx.AsyncClient) -> None:
    category = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    ready = await make_ready(ctx, "Ready")
    hidden = await make_ready(ctx, "Hidden", public=False)
    await change(ctx.db, lambda tx: videos.edit(tx, hidden.id, {"category_id": category.id}))
    waiting = await upload(ctx, "Waiting")
    gone = await make_ready(ctx, "Gone")
    await admin.delete(f"/api/videos/{gone.id}")
    body = (await admin.get("/api/videos")).json()
    assert [each["id"] for each in body["videos"]] == [waiting.video_id, hidden.id, ready.id]
    assert (body["total_count"], body["has_more"], body["next_cursor"]) == (3, False, None)
    first, second, third = body["videos"]
    assert first["progress"] == {
        "percent": 0.0,
        "eta_seconds": None,
        "playable_seconds": None,
        "current_step": "waiting",
    }
    assert (first["duration"], first["thumbnail_url"], first["source_size_bytes"]) == (None, None, 6)
    assert (second["published_at"], second["category_name"], second["progress"]) == (None, "Walks", None)
    assert third["published_at"] is not None
    trash = (await admin.get("/api/videos", params={"deleted": "true"})).json()
    assert [each["id"] for each in trash["videos"]] == [gone.id]
    assert trash["videos"][0]["deleted_at"] is not None


async def test_filters_and_pages(ctx: Context, admin: httpx.AsyncClient) -> None:
    for number in range(3):
        await make_ready(ctx, f"Walk {number}")
    await make_video(ctx, "Talk")
    found = (await admin.get("/api/videos", params={"search": "WALK", "limit": "2"})).json()
    assert (len(found["videos"]), found["total_count"], found["has_more"]) == (2, 3, True)
    query = {"search": "walk", "limit": "2", "cursor": found["next_cursor"], "include_total": "false"}
    rest = (await admin.get("/api/videos", params=query)).json()
    assert ([each["title"] for each in rest["videos"]], rest["total_count"]) == (["Walk 0"], None)
    pending = (await admin.get("/api/videos", params={"status": "pending"})).json()
    assert [each["title"] for each in pending["videos"]] == ["Talk"]
    for query, status in (
        ({"status": "nonsense"}, 422),
        ({"cursor": "garbage"}, 400),
        ({"limit": "0"}, 422),
        ({"search": "x" * 201}, 422),
        ({"deleted": "perhaps"}, 422),
    ):
        assert (await admin.get("/api/videos", params=query)).status_code == status
    public_cursor = (await admin.get("/api/videos", params={"cursor": "UAAA"})).status_code
    assert public_cursor == 400


async def test_the_detail_tells_the_whole_story(ctx: Context, admin: httpx.AsyncClient) -> None:
    info, grid = source_values(remux=False, size=(640, 360))
    accepted = await upload(ctx)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    body = (await admin.get(f"/api/videos/{accepted.video_id}")).json()
    assert (body["status"], body["source_width"], body["source_height"]) == ("ready", 640, 360)
    assert body["stream_url"] == "/videos/a-video/master.m3u8"
    assert body["dash_url"] == "/videos/a-video/manifest.mpd"
    assert {each["quality"] for each in body["qualities"]} == {"360p", "audio"}
    for each in body["qualities"]:
        assert each["bitrate"] >= each["average_bitrate"] > 0
        assert each["size_bytes"] > 0
    job = body["job"]
    assert (job["state"], job["progress_percent"], job["current_step"]) == ("done", 100.0, None)
    kinds = {task["kind"] for task in job["tasks"]}
    assert kinds == {"inspect", "audio", "video", "thumbnail"}
    assert {task["state"] for task in job["tasks"]} == {"done"}
    video_tasks = [task for task in job["tasks"] if task["kind"] == "video"]
    assert video_tasks[0]["first_cell"] == 0
    assert max(task["last_cell"] for task in video_tasks) == len(grid.cells) - 1
    inspect = next(task for task in job["tasks"] if task["kind"] == "inspect")
    assert (inspect["first_cell"], inspect["last_cell"]) == (None, None)
    percents = {each["name"]: each["progress_percent"] for each in job["renditions"]}
    assert percents == {"360p": 100.0, "audio": 100.0}


async def test_a_failure_shows_the_command_and_its_words(ctx: Context, admin: httpx.AsyncClient) -> None:
    accepted = await upload(ctx)
    await fail_inspection(ctx)
    body = (await admin.get(f"/api/videos/{accepted.video_id}")).json()
    assert (body["status"], body["error_code"], body["error_message"]) == (
        "failed",
        "not_media",
        "This is no video.",
    )
    assert (body["stream_url"], body["qualities"], body["progress"]) == (None, [], None)
    (task,) = body["job"]["tasks"]
    assert (task["state"], task["error_message"]) == ("failed", "This is no video.")
    assert (task["command"], task["stderr_tail"]) == (RUN.command, RUN.stderr_tail)
    (attempt,) = task["attempts"]
    assert (attempt["outcome"], attempt["runs"][0]["exit_status"]) == ("failed", 1)
    retried = await admin.post(f"/api/videos/{accepted.video_id}/retry")
    assert (retried.status_code, retried.json()["status"]) == (200, "pending")
    again = await admin.post(f"/api/videos/{accepted.video_id}/retry")
    assert again.status_code == 409


async def test_editing(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Old")
    category = (await admin.post("/api/categories", json={"name": "Walks"})).json()
    path = f"/api/videos/{video.id}"
    changed = await admin.put(path, json={"title": " New ", "category_id": category["id"]})
    assert changed.status_code == 200
    body = changed.json()
    assert (body["title"], body["category_name"], body["slug"]) == ("New", "Walks", "old")
    assert (await admin.put(path, json={"description": "Words", "title": None})).json()["title"] == "New"
    assert (await admin.put(path, json={"category_id": None})).json()["category_id"] is None
    assert (await admin.put(path, json={"slug": "new"})).json()["slug"] == "new"
    assert (await admin.put(path, json={})).json()["description"] == "Words"
    for edit, status, code in (
        ({"title": ""}, 422, "invalid_title"),
        ({"title": "\ud800"}, 422, "invalid_request"),
        ({"title": "x" * 256}, 422, "invalid_title"),
        ({"title": "x" * 30_000}, 422, "invalid_request"),
        ({"title": 7}, 422, "invalid_request"),
        ({"description": "\x00"}, 422, "invalid_description"),
        ({"category_id": 4711}, 422, "unknown_category"),
        ({"category_id": 2**63}, 422, "invalid_request"),
        ({"slug": "Not a slug"}, 422, "invalid_slug"),
        ({"slug": "api"}, 409, "slug_taken"),
        ({"status": "ready"}, 422, "invalid_request"),
        ({"published_at": "2020-01-01T00:00:00Z"}, 422, "invalid_request"),
    ):
        answer = await admin.put(path, content=_json(edit), headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (status, code), edit
    await admin.delete(path)
    assert (await admin.put(path, json={"title": "x"})).json()["code"] == "video_deleted"


async def test_what_does_not_exist(admin: httpx.AsyncClient) -> None:
    for number, status in (("1", 404), ("0", 422), ("-1", 422), (str(2**63), 422), ("9" * 5000, 422)):
        for method, path in (
            ("GET", f"/api/videos/{number}"),
            ("PUT", f"/api/videos/{number}"),
            ("DELETE", f"/api/videos/{number}"),
            ("POST", f"/api/videos/{number}/publish"),
            ("POST", f"/api/videos/{number}/unpublish"),
            ("POST", f"/api/videos/{number}/retry"),
            ("POST", f"/api/videos/{number}/restore"),
            ("DELETE", f"/api/videos/{number}?permanent=true"),
            ("DELETE", f"/api/categories/{number}"),
        ):
            body = {"title": "x"} if method == "PUT" else None
            answer = await admin.request(method, path, json=body)
            assert answer.status_code == status, path[:40]


async def test_publishing_twice_is_publishing_once(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, public=False)
    first = (await admin.post(f"/api/videos/{video.id}/publish")).json()
    assert first["published_at"] is not None
    assert (await admin.post(f"/api/videos/{video.id}/publish")).json() == first
    for _ in range(2):
        assert (await admin.post(f"/api/videos/{video.id}/unpublish")).json()["published_at"] is None


async def test_categories(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/categories", json={"name": "Walks", "description": "On foot"})
    assert (made.status_code, made.json()["slug"]) == (201, "walks")
    assert (await admin.post("/api/categories", json={"name": "walks"})).status_code == 409
    assert (await admin.post("/api/categories", json={"name": ""})).json()["code"] == "invalid_name"
    assert [each["name"] for each in (await admin.get("/api/categories")).json()] == ["Walks"]
    assert (await admin.delete(f"/api/categories/{made.json()['id']}")).status_code == 204
    assert (await admin.delete(f"/api/categories/{made.json()['id']}")).status_code == 404


async def test_pages(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    html = {"Accept": "text/html"}
    assert (await admin.get("/", headers=html)).status_code == 200
    page = await admin.get(f"/video/{video.id}", headers=html)
    assert f'data-video-id="{video.id}"' in page.text
    missing = await admin.get("/video/4711", headers=html)
    assert (missing.status_code, "This page cannot be shown" in missing.text) == (404, True)


def _json(value: object) -> bytes:
    """As a client may send it, lone surrogates included."""
    return json.dumps(value).encode()
