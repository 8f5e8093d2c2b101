"""Videos on their way, for tests of what follows an upload."""

from __future__ import annotations

import re

from tests.support.deliveries import EVERYTHING
from tests.support.media_values import AAC, every, grid_of, index, info_of, sound
from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.pipeline.client import JobClient
from vlog.processing import generations, uploads
from vlog.processing.uploads import Accepted
from vlog.storage import layout
from vlog.wire.work import Offer

SECONDS = 60


def source_values(
    *, remux: bool, with_audio: bool = True, size: tuple[int, int] = (1920, 1080), seconds: int = SECONDS
) -> tuple[MediaInfo, Grid]:
    """A source of a minute at 30 pictures per second, a key frame every two seconds."""
    pictures = index(every(3000, 30 * seconds), keys=every(6000 * 30, seconds // 2), last_duration=3000)
    info = info_of(size, seconds=seconds, audio=AAC if with_audio else None)
    return info, grid_of(pictures, audio=sound(0, seconds) if with_audio else None, remux=remux)


async def upload(
    ctx: Context, title: str = "A video", *, data: bytes = b"source", **more: object
) -> Accepted:
    """Receive and accept a source."""
    async with uploads.receive(ctx) as receiver:
        await receiver.write(data)
        received = await receiver.complete()
    return await uploads.accept(ctx, NewVideo(title=title, **more), received=received)  # type: ignore[arg-type]


async def video_of(ctx: Context, video_id: int) -> VideoRow:
    """The row as it is now."""
    return await videos.by_id(ctx.db, video_id)


async def claimed(client: JobClient) -> Offer:
    """The next task, of which there must be one."""
    offer = await client.claim(EVERYTHING)
    assert offer is not None
    return offer


async def master(ctx: Context, storage_key: str = "a-video") -> str:
    """The multivariant playlist as it lies on the disk."""
    return (await ctx.storage.read(layout.master_playlist(storage_key))).decode()


def variants(playlist: str) -> set[str]:
    """The renditions that a multivariant playlist offers."""
    return set(re.findall(r"/(\w+)/stream.m3u8", playlist))


async def assert_all_is_there(ctx: Context, storage_key: str = "a-video") -> None:
    """Everything that the manifests lead to exists, and only under the live token."""
    live = await generations.live(ctx.db, storage_key)
    assert live is not None
    text = await master(ctx, storage_key)
    folder = layout.video(storage_key)
    playlists = re.findall(r'(?:URI="|^)([\w/]+/stream.m3u8)', text, re.MULTILINE)
    assert playlists
    for path in playlists:
        assert path.startswith(f"{live.token}/")
        lines = (await ctx.storage.read(folder.child(*path.split("/")))).decode().splitlines()
        names = [line for line in lines if not line.startswith("#")]
        assert names == [f"segment_{number}.m4s" for number in range(len(names))]
        parent = folder.child(*path.split("/")[:-1])
        for name in ["init.mp4", *names]:
            assert (await ctx.storage.stat(parent.child(name))).size_bytes > 0
