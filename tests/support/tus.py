"""Speaks tus to the admin application, in small steps that tests can interrupt."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Iterable

import httpx

from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.storage import layout
from vlog.storage.layout import Key

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {"Content-Type": "application/offset+octet-stream"}


def metadata(**fields: str) -> str:
    """``Upload-Metadata`` of these fields."""
    return ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in fields.items())


def checksum(data: bytes, algorithm: str = "sha256") -> dict[str, str]:
    """``Upload-Checksum`` of these bytes."""
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


async def announce(
    client: httpx.AsyncClient, length: int, *, headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    """The answer to a creation."""
    described = {"filename": "clip.mp4"} | fields
    said = {"Upload-Length": str(length), "Upload-Metadata": metadata(**described)}
    return await client.post("/api/uploads", headers=TUS | said | (headers or {}))


async def begin(client: httpx.AsyncClient, length: int, **fields: str) -> str:
    """The path of a fresh upload."""
    answer = await announce(client, length, headers=None, **fields)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def send(
    client: httpx.AsyncClient,
    path: str,
    data: bytes | AsyncIterator[bytes],
    *,
    offset: int,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """The answer to a PATCH."""
    said = TUS | OCTETS | {"Upload-Offset": str(offset)} | (headers or {})
    return await client.patch(path, content=data, headers=said)


async def offset_of(client: httpx.AsyncClient, path: str) -> int:
    """What HEAD says."""
    answer = await client.head(path, headers=TUS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


def split(data: bytes, size: int = 50_000) -> list[bytes]:
    """The data in parts, as a socket would give them."""
    return [data[start : start + size] for start in range(0, len(data), size)]


class Hold:
    """Keeps a body open: ``reached`` when everything before it was taken, until ``released``."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.released = asyncio.Event()


async def pieces(parts: Iterable[bytes], *, hold: Hold | None = None) -> AsyncIterator[bytes]:
    """A body in pieces; with ``hold`` it stays open behind them."""
    for part in parts:
        yield part
        await asyncio.sleep(0)
    if hold is not None:
        hold.reached.set()
        await hold.released.wait()


async def received(ctx: Context, path: str) -> int | None:
    """How many bytes lie on the disk for an upload that is open; ``None`` when there is no file."""
    key = layout.partial_upload(path.rpartition("/")[2])
    return (await ctx.storage.stat(key)).size_bytes if await ctx.storage.exists(key) else None


async def assert_is_video(ctx: Context, answer: httpx.Response, data: bytes) -> VideoRow:
    """The answer names a video whose source is ``data``, with its first task."""
    video = await videos.by_id(ctx.db, int(answer.headers["vlog-video-id"]))
    assert answer.headers["vlog-video-slug"] == video.slug
    assert (video.source_size_bytes, video.source_sha256) == (len(data), hashlib.sha256(data).digest())
    assert video.source_key is not None
    assert await ctx.storage.read(Key(video.source_key)) == data
    tasks = "SELECT t.kind FROM transcoding_tasks t JOIN transcoding_jobs j ON j.id = t.job_id"
    rows = await ctx.db.fetch(f"{tasks} WHERE j.video_id = $1", video.id)
    assert [row["kind"] for row in rows] == ["inspect"]
    return video
