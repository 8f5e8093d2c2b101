"""The doors of bulk deeds, of the archive and of the audit log's filters."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api import make_ready
from vlog.context import Context

MISSING = 10**6


async def bulk(admin: httpx.AsyncClient, deed: str, status: int = 200, **body: Any) -> Any:
    answer = await admin.post(f"/api/videos/bulk/{deed}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_many_videos_at_once(ctx: Context, admin: httpx.AsyncClient) -> None:
    first, second = await make_ready(ctx, "One"), await make_ready(ctx, "Two")
    ids = [first.id, second.id]
    for deed in ("unpublish", "publish", "delete", "restore"):
        answer = await bulk(admin, deed, video_ids=ids)
        assert (answer["status"], answer["done"], answer["failed"]) == ("ok", 2, 0), deed
    answer = await bulk(admin, "delete", video_ids=[MISSING, second.id])
    error = {"code": "unknown_video", "message": answer["results"][0]["error"]["message"]}
    assert answer["status"] == "partial"
    assert answer["results"] == [
        {"video_id": MISSING, "success": False, "error": error},
        {"video_id": second.id, "success": True, "error": None},
    ]
    answer = await bulk(admin, "delete", video_ids=ids, permanent=True)
    assert [each["success"] for each in answer["results"]] == [False, True]
    media = ctx.config.storage_path
    assert not list(media.glob(f"*/{second.storage_key}*")), "nothing of it is left"


async def test_many_are_changed(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "One")
    category = (await admin.post("/api/categories", json={"name": "Films"})).json()["id"]
    tag = (await admin.post("/api/tags", json={"name": "calm"})).json()["id"]
    field = (await admin.post("/api/custom-fields", json={"name": "Take", "field_type": "number"})).json()[
        "id"
    ]
    playlist = (await admin.post("/api/playlists", json={"title": "List"})).json()["id"]
    ids = [video.id]
    await bulk(admin, "update", video_ids=ids, category_id=category, visibility="private", is_featured=True)
    await bulk(admin, "tags", video_ids=ids, add_tag_ids=[tag])
    await bulk(admin, "custom-fields", video_ids=ids, values={str(field): 7})
    await bulk(admin, "add-to-playlist", video_ids=ids, playlist_id=playlist)
    found = (await admin.get(f"/api/videos/{video.id}")).json()
    assert (found["category_id"], found["visibility"], found["is_featured"]) == (category, "private", True)
    assert [each["name"] for each in found["tags"]] == ["calm"]
    await bulk(admin, "update", video_ids=ids, category_id=0)
    await bulk(admin, "tags", video_ids=ids, remove_tag_ids=[tag])
    found = (await admin.get(f"/api/videos/{video.id}")).json()
    assert (found["category_id"], found["tags"]) == (None, [])
    answer = await bulk(admin, "custom-fields", video_ids=ids, values={str(field): "seven"})
    assert answer["results"][0]["error"]["code"] == "invalid_value"


async def test_what_makes_no_sense_is_refused(admin: httpx.AsyncClient) -> None:
    assert (await bulk(admin, "publish", 422, video_ids=[]))["code"]
    await bulk(admin, "publish", 422, video_ids=list(range(1, 502)))
    await bulk(admin, "publish", 422, video_ids=[0])
    await bulk(admin, "publish", 422, video_ids=[1], more=1)
    assert (await bulk(admin, "update", 422, video_ids=[1]))["code"] == "nothing_to_change"
    assert (await bulk(admin, "tags", 404, video_ids=[1], add_tag_ids=[MISSING]))["code"] == "unknown_tag"
    assert (await bulk(admin, "add-to-playlist", 404, video_ids=[1], playlist_id=9))[
        "code"
    ] == "unknown_playlist"


async def test_the_archive(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "One")
    await bulk(admin, "delete", video_ids=[video.id])
    archive = (await admin.get("/api/archive")).json()
    assert (archive["count"], archive["due_count"], archive["retention_days"]) == (1, 0, 30)
    archive = (await admin.put("/api/archive", json={"retention_days": 7})).json()
    assert (archive["retention_days"], archive["is_stopped"]) == (7, False)
    assert (await admin.put("/api/archive", json={"retention_days": -1})).status_code == 422
    refused = await admin.post("/api/archive/purge", json={"due_count": 5})
    assert (refused.status_code, refused.json()["code"]) == (409, "archive_changed")
    await ctx.db.pool.execute("UPDATE videos SET deleted_at = now() - interval '8 days'")
    answer = (await admin.post("/api/archive/purge", json={"due_count": 1})).json()
    assert (answer["purged"], answer["archive"]["count"]) == (1, 0)
    assert (await admin.get(f"/api/videos/{video.id}")).status_code == 404


async def test_the_audit_log_is_filtered(admin: httpx.AsyncClient) -> None:
    for name in ("one", "two", "three"):
        await admin.post("/api/tags", json={"name": name})
    choices = (await admin.get("/api/audit/choices")).json()
    (somebody,) = choices["actors"]
    assert "tag.created" in choices["actions"]

    async def found(**query: Any) -> int:
        return len((await admin.get("/api/audit", params=query)).json()["entries"])

    assert await found(actor=somebody, action="tag.created") == 3
    assert await found(actor="nobody") == 0
    assert await found(date_to="2020-01-01T00:00:00Z") == 0
    assert await found(date_from="2020-01-01T00:00:00Z", subject_type="tag") == 3
    page = (await admin.get("/api/audit", params={"limit": 2})).json()
    rest = (await admin.get("/api/audit", params={"before": page["next_before"]})).json()
    assert [each["subject_name"] for each in page["entries"] + rest["entries"]] == ["three", "two", "one"]


async def test_the_dashboard(ctx: Context, admin: httpx.AsyncClient) -> None:
    empty = (await admin.get("/api/dashboard")).json()
    assert (empty["video_count"], empty["running"], empty["newest"], empty["most_viewed"]) == (0, [], [], [])
    first, second = await make_ready(ctx, "One"), await make_ready(ctx, "Two", public=False)
    await ctx.db.pool.execute("UPDATE video_views SET views = 7 WHERE video_id = $1", first.id)
    found = (await admin.get("/api/dashboard")).json()
    assert (found["video_count"], found["published_count"], found["failed_count"]) == (2, 1, 0)
    assert [each["id"] for each in found["newest"]] == [second.id, first.id]
    assert [(each["id"], each["view_count"]) for each in found["most_viewed"]] == [(first.id, 7)]


async def test_bulk_is_no_video(ctx: Context, admin: httpx.AsyncClient) -> None:
    """``/api/videos/bulk/retranscode`` is not taken for the one of a video called “bulk”."""
    video = await make_ready(ctx)
    found = await bulk(admin, "retranscode", video_ids=[video.id], qualities=["720p"], priority="low")
    assert [each["video_id"] for each in found["results"]] == [video.id]
