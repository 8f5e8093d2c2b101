"""Uploading by form: what is accepted, what is refused, and that nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest
from starlette.types import Message

from tests.support.api import change, http_scope
from vlog.catalog import taxonomy, videos
from vlog.context import Context
from vlog.processing import uploads
from vlog.settings.store import put
from vlog.storage import layout
from vlog.storage.layout import Key

SOURCE = bytes(range(256)) * 20_000


def form(*parts: tuple[str, str | bytes]) -> tuple[bytes, dict[str, str]]:
    """A form in exactly this order; bytes make a file."""
    body = b""
    for name, value in parts:
        filename = '; filename="clip.mp4"' if isinstance(value, bytes) else ""
        data = value if isinstance(value, bytes) else value.encode()
        head = f'--XX\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    return body + b"--XX--\r\n", {"Content-Type": "multipart/form-data; boundary=XX"}


async def send(client: httpx.AsyncClient, *parts: tuple[str, str | bytes]) -> httpx.Response:
    body, headers = form(*parts)
    return await client.post("/api/videos", content=body, headers=headers)


async def leftovers(ctx: Context) -> list[str]:
    return [entry.key.name for entry in await ctx.storage.list(layout.UPLOADS)]


async def test_a_file_becomes_a_video(ctx: Context, admin: httpx.AsyncClient) -> None:
    category = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    answer = await send(
        admin,
        ("title", " Café "),
        ("description", "One\r\ntwo"),
        ("category_id", str(category.id)),
        ("published", "false"),
        ("file", SOURCE),
    )
    body = answer.json()
    assert (answer.status_code, body["status"], body["slug"]) == (201, "pending", "cafe")
    video = await videos.by_id(ctx.db, body["video_id"])
    assert (video.title, video.description, video.category_id) == ("Café", "One\ntwo", category.id)
    assert (video.publish_when_ready, video.source_filename) == (False, "clip.mp4")
    assert (video.source_size_bytes, video.source_sha256) == (len(SOURCE), sha256(SOURCE).digest())
    assert video.source_key is not None
    assert await ctx.storage.read(Key(video.source_key)) == SOURCE
    # Judged by content, kept under a random name.
    assert "clip" not in video.source_key
    assert "mp4" not in video.source_key
    assert await leftovers(ctx) == [Key(video.source_key).name]
    assert await ctx.db.fetchval("SELECT kind FROM transcoding_tasks") == "inspect"
    assert await ctx.db.fetchval("SELECT event_type FROM outbox") == "video.uploaded"


async def test_fields_may_come_after_the_file(ctx: Context, admin: httpx.AsyncClient) -> None:
    answer = await send(admin, ("file", b"data"), ("other", "ignored"), ("title", "Late"))
    assert (answer.status_code, answer.json()["slug"]) == (201, "late")


async def test_what_browsers_and_libraries_send(ctx: Context, admin: httpx.AsyncClient) -> None:
    answer = await admin.post(
        "/api/videos",
        data={"title": "By a library", "category_id": ""},
        files={"file": ('имя "файла".mp4', SOURCE, "video/mp4")},
    )
    assert answer.status_code == 201
    video = await videos.by_id(ctx.db, answer.json()["video_id"])
    assert video.source_filename == 'имя "файла".mp4'


REFUSALS: list[tuple[list[tuple[str, str | bytes]], int, str]] = [
    ([("title", "t"), ("file", b"")], 400, "empty_upload"),
    ([("title", "t")], 422, "missing_file"),
    ([("file", b"data")], 422, "missing_title"),
    ([("title", " "), ("file", b"data")], 422, "invalid_title"),
    ([("title", "x" * 256), ("file", b"data")], 422, "invalid_title"),
    ([("title", "a\x00b"), ("file", b"data")], 422, "invalid_title"),
    ([("file", b"data"), ("title", "a\x1bb")], 422, "invalid_title"),
    ([("title", "t"), ("description", "x" * 5001), ("file", b"data")], 422, "invalid_description"),
    ([("title", "t"), ("description", "x" * 40_000), ("file", b"data")], 422, "field_too_long"),
    ([("title", "t"), ("category_id", "4711"), ("file", b"data")], 422, "unknown_category"),
    ([("title", "t"), ("category_id", "9" * 30), ("file", b"data")], 422, "unknown_category"),
    ([("title", "t"), ("category_id", "-1"), ("file", b"data")], 422, "unknown_category"),
    ([("title", "t"), ("category_id", "x"), ("file", b"data")], 422, "unknown_category"),
    ([("title", "t"), ("published", "perhaps"), ("file", b"data")], 422, "invalid_published"),
    ([("title", "t"), ("file", b"data"), ("file", b"more")], 400, "bad_multipart"),
    ([("title", "t"), ("thumbnail", b"data")], 400, "bad_multipart"),
]


async def test_what_is_refused_leaves_nothing(ctx: Context, admin: httpx.AsyncClient) -> None:
    for parts, status, code in REFUSALS:
        answer = await send(admin, *parts)
        assert (answer.status_code, answer.json()["code"]) == (status, code), parts
    for body, kind in (
        (b"", "multipart/form-data; boundary=XX"),
        (b"--XX\r\n", "multipart/form-data; boundary=XX"),
        (form(("title", "t"), ("file", SOURCE))[0][:-8], "multipart/form-data; boundary=XX"),
        (b"title=t", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", ""),
    ):
        answer = await admin.post("/api/videos", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_multipart"), kind
    assert await leftovers(ctx) == []
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0


async def test_a_file_that_is_too_large(ctx: Context, admin: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: put(tx, "storage.max_upload_size_mb", 1, actor="test"))
    answer = await send(admin, ("title", "t"), ("file", b"x" * ((1 << 20) + 1)))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert answer.json()["details"] == {"limit_bytes": 1 << 20}
    assert (await send(admin, ("title", "t"), ("file", b"x" * (1 << 20)))).status_code == 201
    announced = {"Content-Length": str(10 << 30), "Content-Type": "multipart/form-data; boundary=XX"}
    early = await admin.post("/api/videos", content=b"", headers=announced)
    assert (early.status_code, early.json()["code"]) == (413, "upload_too_large")
    assert len(await leftovers(ctx)) == 1


async def test_a_disk_that_is_full(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RESERVED_BYTES", 1 << 60)
    answer = await send(admin, ("title", "t"), ("file", b"data"))
    assert (answer.status_code, answer.json()["code"]) == (507, "out_of_space")
    assert answer.json()["details"]["needed_bytes"] == 1 << 60
    assert answer.json()["details"]["free_bytes"] > 0
    assert await leftovers(ctx) == []


async def test_a_client_that_leaves_leaves_nothing(ctx: Context, admin: httpx.AsyncClient) -> None:
    body, headers = form(("title", "t"), ("file", SOURCE))
    app = admin._transport.app  # type: ignore[attr-defined]
    messages: list[Message] = [{"type": "http.disconnect"}]
    messages.append({"type": "http.request", "body": body[:100_000], "more_body": True})
    sent: list[object] = []

    async def receive() -> Message:
        return messages.pop()

    async def send_(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in {**admin.headers, **headers}.items()]
    length = (b"content-length", str(len(body)).encode())
    scope = http_scope("POST", "/api/videos", headers=[*raw, length])
    await app(scope, receive, send_)
    assert sent == []
    assert await leftovers(ctx) == []
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0


async def test_memory_stays_flat_and_bytes_are_written_once(ctx: Context, admin: httpx.AsyncClient) -> None:
    """The body is a generator: were it collected first, its pieces would all be alive at the end."""
    alive: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        yield b'--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nt\r\n'
        yield b'--XX\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(40):
            yield bytes(1 << 18)
            entries = await ctx.storage.list(layout.UPLOADS)
            alive.append(sum(entry.stat.size_bytes for entry in entries))
        yield b"\r\n--XX--\r\n"

    answer = await admin.post(
        "/api/videos", content=body(), headers={"Content-Type": "multipart/form-data; boundary=XX"}
    )
    assert answer.status_code == 201
    # On disk while it comes, not after.
    assert alive[20] > 0
    assert sorted(alive) == alive


async def test_a_category_that_goes_away_meanwhile(ctx: Context, admin: httpx.AsyncClient) -> None:
    category = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    uploading = send(admin, ("title", "t"), ("category_id", str(category.id)), ("file", SOURCE))
    removing = admin.delete(f"/api/categories/{category.id}")
    answer, removed = await asyncio.gather(uploading, removing)
    assert removed.status_code == 204
    assert answer.status_code in {201, 422}


async def test_a_hundred_at_once(ctx: Context, admin: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(send(admin, ("title", "Same"), ("file", b"data")) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["slug"] for answer in answers}) == 100
