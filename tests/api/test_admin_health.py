"""The admin learns why something is wrong; everybody else only that it is."""

from __future__ import annotations

import httpx
import pytest

from tests.support.api import make_ready
from vlog.api import places
from vlog.context import Context
from vlog.processing.verification import Verification


async def test_all_is_well(ctx: Context, admin: httpx.AsyncClient) -> None:
    await Verification(ctx).everything()
    body = (await admin.get("/api/health")).json()
    assert (body["status"], body["database"]["state"], body["storage"]["state"]) == ("healthy", "ok", "ok")
    assert body["free_bytes"] > 0
    assert body["last_check"]["files"] == 0
    assert body["wrong_files"] == []


async def test_an_unmounted_storage_is_told_with_its_reason(
    ctx: Context, admin: httpx.AsyncClient, public: httpx.AsyncClient
) -> None:
    (ctx.config.storage_path / ".vlog-root").unlink()
    body = (await admin.get("/api/health")).json()
    assert (body["status"], body["storage"]["code"]) == ("degraded", "storage_not_mounted")
    assert "mounted" in body["storage"]["reason"]
    bare = await public.get("/health")
    assert bare.status_code == 503
    assert bare.json() == {"status": "degraded", "checks": {"database": "ok", "storage": "failing"}}
    pages = await public.get("/", headers={"Accept": "text/html"})
    assert pages.status_code == 200, "pages need no storage"


async def test_a_missing_segment_is_not_found_and_a_finding(
    ctx: Context, admin: httpx.AsyncClient, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx)
    address = f"/videos/{video.storage_key}/master.m3u8"
    assert (await public.get(address)).status_code == 200
    (ctx.config.storage_path / address.lstrip("/")).unlink()
    found = await Verification(ctx).video(video.id)
    assert "master.m3u8" in {each.key.rpartition("/")[2] for each in found}
    body = (await admin.get("/api/health")).json()
    assert body["wrong_files_count"] == len(found)
    assert {each["video_id"] for each in body["wrong_files"]} == {video.id}


async def test_the_database_away_interrupts_no_film(
    ctx: Context, public: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await make_ready(ctx)
    address = f"/videos/{video.storage_key}/master.m3u8"
    monkeypatch.setattr(places, "LIFE_SECONDS", 0.0)
    assert (await public.get(address)).status_code == 200
    ctx.db.pool.terminate()
    assert (await public.get(address)).status_code == 200
    monkeypatch.setattr(places, "AWAY_SECONDS", 0.0)
    assert (await public.get(address)).status_code == 503
