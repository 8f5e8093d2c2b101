"""Clients of the three applications in this process, and videos for them to find."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx

from tests.support.media_values import every, grid_of, index, info_of
from vlog.api.app import Service
from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.media.stills import PictureFile
from vlog.processing.segment_index import Indexed, SegmentIndex, pack
from vlog.storage import layout
from vlog.wire.codec import to_json

T = TypeVar("T")
SECRET = "a secret for tests"
TOKEN = "0123456789abcdef" * 2
MASTER = b"#EXTM3U\n#EXT-X-VERSION:7\n"
SEGMENT = bytes(range(256)) * 4096
FILES = tuple(
    PictureFile(format=name, width=width, height=width * 9 // 16)
    for width in (320, 640)
    for name in ("jpeg", "webp", "avif")
)


@contextlib.asynccontextmanager
async def client_of(service: Service, *, port: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks ASGI to the application; errors of ours come out as answers, as they would."""
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False, client=("203.0.113.7", 4711))
    base_url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client
    service.close()


async def change(db: Database, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run one use case."""
    return await transaction(db, work)


async def make_video(ctx: Context, title: str = "A title", *, public: bool = True) -> VideoRow:
    """A video that waits for its worker."""
    new = NewVideo(title=title, publish_when_ready=public, source_filename="source.mp4")
    return await change(ctx.db, lambda tx: videos.create(tx, new))


async def make_ready(ctx: Context, title: str = "A title", *, public: bool = True) -> VideoRow:
    """A video that plays: rows and files as the pipeline would leave them."""
    video = await make_video(ctx, title, public=public)
    token = f"{video.id:032x}"
    await _insert_generation(ctx.db, video.id, token)
    folder = layout.generation(video.storage_key, token)
    await ctx.storage.put(layout.master_playlist(video.storage_key), MASTER)
    await ctx.storage.put(layout.manifest(video.storage_key), b"<MPD/>")
    await ctx.storage.put(layout.thumbnail(video.storage_key), b"\xff\xd8\xff")
    for file in FILES:
        await ctx.storage.put(layout.thumbnail_file(video.storage_key, file), file.format.encode())
    await ctx.storage.put(folder.child("360p", "init.mp4"), b"ftyp")
    await ctx.storage.put(folder.child("360p", "segment_0.m4s"), SEGMENT)
    await ctx.storage.put(folder.child("360p", "stream.m3u8"), MASTER)

    async def work(tx: Transaction) -> None:
        await videos.mark_described(tx, video.id, duration=61.5, width=640, height=360)
        await videos.set_thumbnail(tx, video.id, source="auto", timestamp=5.0, files=FILES)
        await videos.mark_ready(tx, video.id, codec="h264")

    await change(ctx.db, work)
    return await videos.by_id(ctx.db, video.id)


async def _insert_generation(db: Database, video_id: int, token: str) -> None:
    info = info_of((640, 360), seconds=6)
    grid = grid_of(index(every(3600, 150), last_duration=3600))
    generation_id = await db.fetchval(
        "INSERT INTO generations (video_id, token, state, info, grid, live_at)"
        " VALUES ($1, $2, 'live', $3, $4, now()) RETURNING id",
        video_id,
        token,
        to_json(info).decode(),
        to_json(grid).decode(),
    )
    segments = SegmentIndex(90_000, 0, (Indexed(540_000, len(SEGMENT), bytes(32)),))
    await db.pool.execute(
        "INSERT INTO video_qualities (video_id, generation_id, quality, kind, encoder, codec, width, height,"
        " timescale, peak_bit_rate, average_bit_rate, size_bytes, segment_count, segment_index, init_sha256)"
        " VALUES ($1, $2, '360p', 'video', 'libx264', 'avc1.64001e', 640, 360, 90000, 800000, 600000,"
        " $3, 1, $4, '')",
        video_id,
        generation_id,
        len(SEGMENT),
        pack(segments),
    )


def media_files(video: VideoRow) -> list[str]:
    """The address of each kind of file that a ready video has."""
    below = f"/videos/{video.storage_key}"
    inside = f"{below}/{video.id:032x}/360p"
    return [
        f"{below}/master.m3u8",
        f"{below}/manifest.mpd",
        f"{below}/thumbnail.jpg",
        f"{inside}/init.mp4",
        f"{inside}/segment_0.m4s",
        f"{inside}/stream.m3u8",
    ]


def http_scope(method: str, path: str, *, headers: Sequence[tuple[bytes, bytes]] = ()) -> dict[str, Any]:
    """A request as a server hands it to an application, for what a client can't do: leave, or not listen."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), *(header for header in headers if header[0] != b"host")],
        "client": ("203.0.113.7", 4711),
        "server": ("localhost", 80),
    }
