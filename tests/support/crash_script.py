"""A stretch of VLog's life in a process of its own, for a test that lets it die at a named point.

``python -m tests.support.crash_script FOLDER DSN HISTORY`` with ``VLOG_CRASH_AT``. Each fact that somebody
was told is a line of HISTORY, written when the answer was there: whatever happens, it must stay true.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.deliveries import work_off
from tests.support.uploaded import source_values, upload
from vlog.catalog import publishing
from vlog.catalog.videos import NewVideo
from vlog.config import Config
from vlog.context import Context, open_context
from vlog.db.transaction import Transaction, transaction
from vlog.kit.sightings import Sightings
from vlog.processing import generations, removal, uploads
from vlog.processing.resumable import ResumableUploads, Stretch
from vlog.processing.upload_rows import Announced
from vlog.workers.local_client import LocalClient


@asynccontextmanager
async def opened(folder: Path, dsn: str) -> AsyncIterator[Context]:
    """The installation on ``folder``, without anything that runs by itself."""
    config = Config(data_dir=folder / "data", storage_path=folder / "storage", database_url=dsn)
    async with open_context(config, max_connections=4) as ctx:
        yield ctx


async def live(ctx: Context, history: Path) -> None:
    """Take uploads in both ways, make them ready, hide one, remove one, sweep."""

    def told(*words: object) -> None:
        with history.open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")
            os.fsync(file.fileno())

    data = random.Random(1).randbytes(2_500_000)
    first = await upload(ctx, "One piece", data=data)
    told("video", first.video_id, hashlib.sha256(data).hexdigest())
    await _resumed(ctx, told=told)
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    told("ready", first.video_id)
    await transaction(ctx.db, lambda tx: _hide(tx, first.video_id))
    await generations.settle(ctx, first.video_id)
    told("hidden", first.video_id)
    doomed = await upload(ctx, "Doomed", data=b"doomed")
    await removal.archive(ctx, doomed.video_id)
    await removal.purge(ctx, doomed.video_id)
    told("purged", doomed.video_id)
    await uploads.sweep_leftovers(ctx, Sightings(0))


async def _resumed(ctx: Context, *, told: Callable[..., None]) -> None:
    pieces = [random.Random(number).randbytes(7_000_000) for number in (2, 3)]
    whole = b"".join(pieces)
    resumable = ResumableUploads(ctx)
    announced = Announced(length_bytes=len(whole), video=NewVideo(title="Two pieces"), owner="tester")
    begun = await resumable.create(announced)
    offset = 0
    for piece in pieces:
        taken = await resumable.receive(begun.id, Stretch(offset=offset, body=_Body(piece)))
        offset += len(piece)
        told("offset", begun.id, offset)
        if taken.video_id is not None:
            told("video", taken.video_id, hashlib.sha256(whole).hexdigest())


class _Body:
    """A body that comes in pieces."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)

    async def read_into(self, room: memoryview) -> int:
        count = min(len(room), len(self._left), 65_536)
        room[:count], self._left = self._left[:count], self._left[count:]
        return count


async def _hide(tx: Transaction, video_id: int) -> None:
    await publishing.unpublish(tx, video_id)
    await generations.rotate_token(tx, video_id)


async def _main() -> None:
    folder, dsn, history = sys.argv[1:]
    async with opened(Path(folder), dsn) as ctx:
        await live(ctx, Path(history))


if __name__ == "__main__":
    asyncio.run(_main())
