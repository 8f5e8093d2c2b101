"""The doors to what is done with a source after the first time."""

from __future__ import annotations

import base64

import httpx

from tests.support.api import make_ready
from vlog.catalog import videos
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.processing import replacements
from vlog.storage import layout


async def state_of(ctx: Context, video_id: int) -> str:
    found = await replacements.latest(ctx.db, video_id)
    assert found is not None
    return found.state


async def test_another_source_by_either_way(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    base = f"/api/videos/{video.id}"
    sent = await admin.post(f"{base}/re-upload", files={"file": ("second.mp4", b"other bytes")})
    assert (sent.status_code, sent.json()["video_id"]) == (201, video.id)
    assert (await admin.get(base)).json()["replacement"]["state"] == "making"
    busy = await admin.post(f"{base}/retranscode", json={"qualities": ["all"]})
    assert busy.status_code == 409

    words = {"filename": "third.mp4", "replaces": str(video.id)}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in words.items())
    headers = {
        "tus-resumable": "1.0.0",
        "upload-length": "5",
        "upload-metadata": metadata,
        "content-type": "application/offset+octet-stream",
    }
    resumed = await admin.post("/api/uploads", headers=headers, content=b"third")
    assert (resumed.status_code, resumed.json()["video_id"]) == (201, video.id)
    shown = (await admin.get(base)).json()
    assert (shown["status"], shown["replacement"]["source_filename"]) == ("ready", "third.mp4")
    assert await state_of(ctx, video.id) == "making"

    gone = {
        **headers,
        "upload-metadata": metadata.rpartition(" ")[0] + " " + base64.b64encode(b"999").decode(),
    }
    refused = await admin.post("/api/uploads", headers=gone, content=b"third")
    assert (refused.status_code // 100, refused.json()["code"]) == (4, "unknown_video")
    empty = await admin.post(f"{base}/re-upload", files={"file": ("a.mp4", b"")})
    assert (empty.status_code // 100, empty.json()["code"]) == (4, "empty_upload")


async def test_qualities_and_refusals(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    told = (await admin.get(f"/api/videos/{video.id}/qualities")).json()
    assert told["video_id"] == video.id
    missing = await admin.post(f"/api/videos/{video.id}/retranscode", json={})
    assert (missing.status_code, missing.json()["code"]) == (409, "source_missing")
    refused: list[dict[str, object]] = [{"qualities": []}, {"priority": "soon"}, {"quality": "720p"}]
    for wrong in refused:
        assert (await admin.post(f"/api/videos/{video.id}/retranscode", json=wrong)).status_code == 422
    assert (await admin.get("/api/videos/999999/qualities")).status_code == 404


async def test_previews_are_served_like_pictures(
    ctx: Context, admin: httpx.AsyncClient, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx)
    assert (await public.get(f"/api/videos/{video.slug}")).json()["preview_url"] is None
    await ctx.storage.put(layout.preview(video.storage_key), b"\0\0\0\x18ftypmp42" + bytes(100))
    await transaction(ctx.db, lambda tx: videos.set_preview(tx, video.id))
    url = (await public.get(f"/api/videos/{video.slug}")).json()["preview_url"]
    assert url == (await admin.get(f"/api/videos/{video.id}")).json()["preview_url"]
    answer = await public.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["cache-control"] == "public, max-age=604800"
    bare = await public.get(url.partition("?")[0])
    assert "must-revalidate" in bare.headers["cache-control"]
