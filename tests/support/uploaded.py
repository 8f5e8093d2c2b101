"""Videos on their way, for tests of what follows an upload."""

from __future__ import annotations

from tests.support.media_values import AAC, every, grid_of, index, info_of, sound
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.processing import uploads
from vlog.processing.uploads import Accepted

SECONDS = 60


def source_values(
    *, remux: bool, with_audio: bool = True, size: tuple[int, int] = (1920, 1080)
) -> tuple[MediaInfo, Grid]:
    """A source of a minute at 30 pictures per second, a key frame every two seconds."""
    pictures = index(every(3000, 30 * SECONDS), keys=every(6000 * 30, SECONDS // 2), last_duration=3000)
    info = info_of(size, seconds=SECONDS, audio=AAC if with_audio else None)
    return info, grid_of(pictures, audio=sound(0, SECONDS) if with_audio else None, remux=remux)


async def upload(
    ctx: Context, title: str = "A video", *, data: bytes = b"source", **more: object
) -> Accepted:
    """Receive and accept a source."""
    async with uploads.receive(ctx) as receiver:
        await receiver.write(data)
        received = await receiver.complete()
    return await uploads.accept(ctx, NewVideo(title=title, **more), received=received)  # type: ignore[arg-type]
