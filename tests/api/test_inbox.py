"""What the admin is told of the inbox."""

from __future__ import annotations

import httpx

from tests.support.api import change
from vlog.context import Context
from vlog.processing import inbox
from vlog.settings import store


async def test_failures_come_first_with_their_reasons(ctx: Context, admin: httpx.AsyncClient) -> None:
    folder = inbox.folder_of(ctx.storage)
    assert folder is not None
    await folder.prepare()
    (folder.path / "film.mp4").write_bytes(b"data")
    (folder.path / "empty.mp4").touch()
    (folder.path / "link.mp4").symlink_to(folder.path / "film.mp4")
    await inbox.look(ctx, folder)
    body = (await admin.get("/api/inbox")).json()
    assert (body["is_on"], body["folder"], body["settle_seconds"]) == (True, "uploads/inbox", 10)
    states = {file["name"]: file["state"] for file in body["files"]}
    assert states == {"empty.mp4": "waiting", "film.mp4": "waiting"}
    await ctx.db.fetch("UPDATE inbox_files SET changed_at = changed_at - interval '1 hour'")
    await inbox.look(ctx, folder)
    folder.close()
    failed, accepted = (await admin.get("/api/inbox")).json()["files"]
    assert (failed["name"], failed["error_code"]) == ("empty.mp4", "empty_upload")
    assert failed["error_message"] == "The file is empty."
    assert (accepted["state"], accepted["title"], accepted["slug"]) == ("accepted", "film", "film")
    assert accepted["video_id"] == (await admin.get("/api/videos")).json()["videos"][0]["id"]


async def test_it_says_when_it_is_off(ctx: Context, admin: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: store.put(tx, "storage.inbox", False, actor="test"))
    ctx.settings.forget()
    assert (await admin.get("/api/inbox")).json()["is_on"] is False


async def test_strangers_see_nothing_of_it(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/inbox")).status_code == 401
