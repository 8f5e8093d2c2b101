"""The page of the storage: what is wrong, what is done about it, and by whom it may be asked."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api import change, make_ready
from tests.support.deliveries import work_off
from tests.support.uploaded import source_values, upload
from vlog.catalog import videos
from vlog.context import Context
from vlog.processing.verification import Verification
from vlog.workers.background import look_after_repairs, verify_on_request
from vlog.workers.local_client import LocalClient


async def storage(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/api/storage")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_new_installation_has_nothing_to_say(admin: httpx.AsyncClient) -> None:
    body = await storage(admin)
    assert (body["storage"]["state"], body["database"]["state"]) == ("ok", "ok")
    assert body["free_bytes"] > 0
    assert (body["check"], body["last_check"], body["troubles"], body["remarks"]) == (None, None, [], [])


async def test_a_check_from_the_page(ctx: Context, admin: httpx.AsyncClient) -> None:
    asked = await admin.post("/api/storage/check")
    assert (asked.status_code, asked.json()["check"]["state"]) == (202, "requested")
    again = await admin.post("/api/storage/check")
    assert (again.status_code, again.json()["code"]) == (409, "check_running")
    await verify_on_request(ctx)
    body = await storage(admin)
    assert (body["check"], body["last_check"]["percent"]) == (None, 100.0)
    await admin.post("/api/storage/check")
    stopped = (await admin.delete("/api/storage/check")).json()
    assert (stopped["check"]["state"], stopped["last_check"]["state"]) == ("stopped", "done")


async def test_a_damaged_video_is_made_whole_from_the_page(ctx: Context, admin: httpx.AsyncClient) -> None:
    video_id = (await upload(ctx, "A film")).video_id
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    names = ("*/480p/segment_3.m4s", "*/audio/init.mp4", "master.m3u8", "manifest.mpd", "thumbnail.jpg")
    for name in names:
        (path,) = ctx.config.storage_path.glob(f"videos/*/{name}")
        path.unlink()
    await Verification(ctx).everything()
    (trouble,) = (await storage(admin))["troubles"]
    assert (trouble["video_id"], trouble["title"], trouble["count"]) == (video_id, "A film", 5)
    assert (trouble["can_be_mended"], trouble["is_mending"]) == (True, False)
    words = {each["words"] for each in trouble["files"]}
    assert words == {
        "Segment 4 of 480p is gone",
        "The beginning of audio is gone",
        "A playlist is gone",
        "A picture is gone",
    }
    begun = await admin.post(f"/api/storage/videos/{video_id}/repair")
    assert begun.status_code == 202, begun.text
    (trouble,) = begun.json()["troubles"]
    assert (trouble["can_be_mended"], trouble["is_mending"]) == (False, True)
    assert await look_after_repairs(ctx) == 0, "the work is not done"
    await work_off(LocalClient(ctx), info=info, grid=grid)
    await look_after_repairs(ctx)
    assert (await storage(admin))["troubles"] == []


async def test_what_was_mended_in_vain_is_told_again(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    (ctx.config.storage_path / "videos" / video.storage_key / "manifest.mpd").unlink()
    await Verification(ctx).everything()
    before = {each["key"] for each in (await storage(admin))["troubles"][0]["files"]}
    await ctx.db.fetch("UPDATE storage_findings SET mending_at = app_now()")
    await look_after_repairs(ctx)
    (trouble,) = (await storage(admin))["troubles"]
    assert ({each["key"] for each in trouble["files"]}, trouble["is_mending"]) == (before, False)


async def test_a_lost_source_stops_nothing_that_plays_and_is_acknowledged(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    video_id = (await upload(ctx)).video_id
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    video = await videos.by_id(ctx.db, video_id)
    (ctx.config.storage_path / str(video.source_key)).unlink()
    await Verification(ctx).everything()
    (trouble,) = (await storage(admin))["troubles"]
    assert (trouble["can_be_mended"], "backup" in trouble["files"][0]["advice"]) == (False, True)
    wish: dict[str, object] = {"video_id": video_id}
    known = (await admin.post("/api/storage/acknowledge", json=wish)).json()["troubles"][0]
    assert known["is_acknowledged"]
    await Verification(ctx).everything()
    assert (await storage(admin))["troubles"][0]["is_acknowledged"], "the next check does not ask anew"
    body = (await admin.post("/api/storage/acknowledge", json=wish | {"acknowledged": False})).json()
    assert not body["troubles"][0]["is_acknowledged"]


async def test_what_cannot_be_made_again_is_refused_with_a_reason(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    video_id = (await upload(ctx)).video_id
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    (path,) = ctx.config.storage_path.glob("videos/*/*/480p/segment_3.m4s")
    path.unlink()
    await ctx.db.fetch("UPDATE videos SET source_key = NULL")
    await Verification(ctx).video(video_id)
    (trouble,) = (await storage(admin))["troubles"]
    assert (trouble["count"], trouble["can_be_mended"]) == (1, False)
    refused = await admin.post(f"/api/storage/videos/{video_id}/repair")
    assert (refused.status_code, refused.json()["code"]) == (409, "source_missing")


async def test_remarks_about_sources(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Cut")
    await change(
        ctx.db,
        lambda tx: tx.execute("UPDATE videos SET warnings = '{It ends early.}' WHERE id = $1", video.id),
    )
    assert (await storage(admin))["remarks"] == [
        {"video_id": video.id, "title": "Cut", "warnings": ["It ends early."]}
    ]


async def test_an_unmounted_storage_is_shown_with_its_reason(ctx: Context, admin: httpx.AsyncClient) -> None:
    (ctx.config.storage_path / ".vlog-root").unlink()
    body = await storage(admin)
    assert (body["storage"]["state"], body["free_bytes"]) == ("failing", None)
    assert "mounted" in body["storage"]["reason"]


async def test_the_page_stands_without_the_database(ctx: Context, admin: httpx.AsyncClient) -> None:
    ctx.db.pool.terminate()
    body = await storage(admin)
    assert (body["database"]["state"], body["troubles"]) == ("failing", [])


async def test_the_page_is_for_the_admin(admin: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    page = await admin.get("/storage")
    assert (page.status_code, "data-storage-page" in page.text) == (200, True)
    del stranger.headers["X-Admin-Secret"]
    assert (await stranger.get("/api/storage")).status_code == 401
    assert (await stranger.get("/storage", headers={"accept": "text/html"})).status_code == 303
