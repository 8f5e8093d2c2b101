"""A worker process is killed again and again in the middle of a job: nothing durable is made twice.

The whole installation is killed in tests/e2e; here it is the worker alone, watched from the rooms.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode import complaints, make_source, numbers
from tests.support.uploaded import upload, video_of
from vlog.context import Context
from vlog.processing import generations, progress, tasks
from vlog.processing.timeline import timeline

PICTURES = 3000
KILLS = 20


class Worker:
    """`vlog work transcoder` as a process of its own."""

    def __init__(self, ctx: Context) -> None:
        self._log = ctx.config.data_dir / "worker.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VLOG_")},
            "VLOG_DATA_DIR": str(ctx.config.data_dir),
            "VLOG_STORAGE_PATH": str(ctx.config.storage_path),
            "VLOG_DATABASE_URL": str(ctx.config.database_url),
            "VLOG_TRANSCODER_SLOTS": "2",
            # Short cells in one long chunk, slowly made: what is left of the chunk has to be resumed.
            "VLOG_STREAMING_SEGMENT_DURATION": "2",
            "VLOG_TRANSCODING_CHUNK_DURATION": "600",
            "VLOG_TRANSCODING_H264_PRESET": "slow",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vlog.cli.transcoder"],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(10)

    @property
    def words(self) -> str:
        return self._log.read_text()


@pytest.fixture
async def worker(ctx: Context) -> AsyncIterator[Worker]:
    worker = Worker(ctx)
    yield worker
    worker.kill()


async def segments(ctx: Context, video_id: int) -> dict[str, tuple[int, int]]:
    """The files of all durable cells with the inode and time that change when one is made again.

    A file whose row was not committed is not durable: the next worker may replace it.
    """
    rows = await ctx.db.fetch(
        "SELECT g.token, s.quality, s.number FROM segments s JOIN generations g ON g.id = s.generation_id"
        " WHERE g.video_id = $1"
        " UNION ALL SELECT g.token, q.quality, generate_series(0, q.segment_count - 1)"
        " FROM video_qualities q JOIN generations g ON g.id = q.generation_id WHERE g.video_id = $1",
        video_id,
    )
    folder = ctx.config.storage_path / "videos" / (await video_of(ctx, video_id)).storage_key
    found = {}
    for token, quality, number in rows:
        path = folder / token / quality / f"segment_{number}.m4s"
        found[f"{quality} {number}"] = (path.stat().st_ino, path.stat().st_mtime_ns)
    return found


async def until(ctx: Context, video_id: int, *, more_than: int) -> bool:
    """Wait for further durable segments; whether there will be more.

    Sweeps as the background process would: a worker may be killed between asking for a task and its answer,
    and what it was given then is nobody's until its lease ends.
    """
    while True:
        await tasks.sweep(ctx)
        found = await progress.of_video(ctx, video_id)
        assert found is not None
        if found.state in ("done", "failed"):
            return False
        if sum(each.segments_completed for each in found.renditions) > more_than:
            return True
        await asyncio.sleep(0.02)


@pytest.mark.timeout(240)
async def test_what_is_durable_is_never_made_again(ctx: Context, worker: Worker, tmp_path: Path) -> None:
    dice = random.Random(7)
    source = make_source(
        tmp_path / "source.mkv",
        rate=Fraction(30),
        count=PICTURES,
        sound_seconds=PICTURES // 30,
        options=["-c:v", "mpeg4", "-q:v", "4", "-c:a", "aac"],
    )
    data = await asyncio.to_thread(source.read_bytes)
    kills = 0
    worker.start()
    while kills < KILLS:
        accepted = await upload(ctx, data=data)
        met = await _kill_during(ctx, worker, video_id=accepted.video_id, most=KILLS - kills, dice=dice)
        assert met > 0, worker.words
        kills += met
        assert (await video_of(ctx, accepted.video_id)).status == "ready", worker.words
        found = await timeline(ctx.db, accepted.video_id)
        assert found is not None
        assert (found.state, found.last_error) == ("done", None)
        await _check_renditions(ctx, accepted.video_id)


async def _kill_during(ctx: Context, worker: Worker, *, video_id: int, most: int, dice: random.Random) -> int:
    """Kill the worker after each bit of progress, at most ``most`` times; returns when the job is over."""
    kills = 0
    durable: dict[str, tuple[int, int]] = {}
    while kills < most and await until(ctx, video_id, more_than=len(durable)):
        await asyncio.sleep(dice.uniform(0, 0.15))
        worker.kill()
        kills += 1
        before, durable = durable, await segments(ctx, video_id)
        assert before.items() <= durable.items()
        worker.start()
    assert not await until(ctx, video_id, more_than=1 << 30)
    assert durable.items() <= (await segments(ctx, video_id)).items()
    return kills


async def _check_renditions(ctx: Context, video_id: int) -> None:
    made = await generations.qualities(ctx.db, video_id)
    assert {each.quality for each in made} == {"180p", "audio"}
    for each in made:
        key = (await video_of(ctx, video_id)).storage_key
        (folder,) = (ctx.config.storage_path / "videos" / key).glob(f"*/{each.quality}")
        names = ["init.mp4", *(f"segment_{n}.m4s" for n in range(each.segment_count))]
        media = b"".join((folder / name).read_bytes() for name in names)
        assert complaints(media) == "" or each.kind == "audio"
        if each.kind == "video":
            assert numbers(media) == list(range(PICTURES))


async def test_a_worker_that_is_told_to_stop_gives_its_tasks_back(
    ctx: Context, worker: Worker, tmp_path: Path
) -> None:
    source = make_source(
        tmp_path / "source.mkv", rate=Fraction(30), count=PICTURES, options=["-c:v", "mpeg4", "-q:v", "4"]
    )
    accepted = await upload(ctx, data=await asyncio.to_thread(source.read_bytes))
    worker.start()
    assert await until(ctx, accepted.video_id, more_than=1)
    assert worker.stop() == 0
    rows = await ctx.db.fetch("SELECT state, attempt FROM transcoding_tasks WHERE kind = 'video'")
    assert all((row["state"], row["attempt"]) in {("queued", 0), ("done", 1)} for row in rows), rows
    assert list((ctx.config.data_dir / "workers").iterdir()) == []
