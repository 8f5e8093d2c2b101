"""SIGKILL at named points of a life; then a start, the chores of the background, and all is as was told.

With ``CRASH_PASSES=N`` in the environment: at every point, at N passes of it chosen by chance.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support import crash_script
from tests.support.databases import fresh
from tests.support.deliveries import work_off
from tests.support.uploaded import source_values, video_of
from vlog.context import Context
from vlog.kit.crash import CrashPoint
from vlog.kit.sightings import Sightings
from vlog.processing import generations, removal, tasks, upload_rows, uploads
from vlog.processing.verification import Verification
from vlog.storage import layout
from vlog.storage.layout import Key
from vlog.workers.background import CHORES, do
from vlog.workers.local_client import LocalClient

# These stand in what runs media tools: `python -m harness crashes` passes them.
ELSEWHERE = {CrashPoint.TASK_CLAIMED, CrashPoint.TASK_ENDS, CrashPoint.TASK_ENDED}
POINTS = [point for point in CrashPoint if point not in ELSEWHERE]
SHORT = [
    "upload_synced",
    "upload_acknowledged:2",
    "transaction_committed:9",
    "file_named:40",
    "segments_stored:7",
    "generation_renamed",
    "purge_aside",
]
# How often a life passes them at least.
PASSES = {
    CrashPoint.TRANSACTION_COMMITS: 40,
    CrashPoint.TRANSACTION_COMMITTED: 40,
    CrashPoint.FILE_WRITTEN: 60,
    CrashPoint.FILE_SYNCED: 60,
    CrashPoint.FILE_NAMED: 60,
    CrashPoint.FOLDER_SYNCED: 20,
    CrashPoint.SEGMENTS_STAGED: 12,
    CrashPoint.SEGMENTS_STORED: 12,
    CrashPoint.UPLOAD_WRITTEN: 10,
    CrashPoint.UPLOAD_SYNCED: 3,
    CrashPoint.UPLOAD_ACKNOWLEDGED: 2,
    CrashPoint.MANIFESTS_BEGIN: 4,
    CrashPoint.PLAYLISTS_WRITTEN: 4,
    CrashPoint.MANIFESTS_WRITTEN: 4,
}
LEFTOVER = "f" * 32
# Those of a video in the trash rest until it is restored.
OPEN_TASKS = """
SELECT count(*) FROM transcoding_tasks t JOIN transcoding_jobs j ON j.id = t.job_id
WHERE j.kind = 'media' AND (t.state = 'leased' OR (t.state = 'queued' AND t.available_at < 'infinity'))
"""


def wishes() -> list[str]:
    """Points to die at, each with the number of its pass."""
    if not (rounds := int(os.environ.get("CRASH_PASSES", "0"))):
        return SHORT
    dice = random.Random(os.environ.get("CRASH_SEED", "1"))
    return sorted(
        {f"{point}:{dice.randint(1, PASSES.get(point, 1))}" for point in POINTS for _ in range(rounds)}
    )


async def live_and_die(ctx_folder: Path, dsn: str, *, wish: str, history: Path) -> int | None:
    command = [sys.executable, "-m", "tests.support.crash_script", str(ctx_folder), dsn, str(history)]
    environment = {**os.environ, "VLOG_CRASH_AT": wish}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode in {0, -signal.SIGKILL}, errors.decode()[-2000:]
    return process.returncode


async def recover(ctx: Context) -> None:
    """What the next start does, and then the worker."""
    await tasks.abandon(ctx, "tester")
    for _ in range(2):
        for chore in CHORES:
            await do(ctx, chore)
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)


async def check(ctx: Context, history: Path) -> None:
    """Everything that was told is true, and rows and files agree both ways."""
    facts = [line.split() for line in history.read_text().splitlines()] if history.exists() else []
    for what, *values in facts:
        match what:
            case "video":
                video = await video_of(ctx, int(values[0]))
                source = await ctx.storage.read(Key(str(video.source_key)))
                assert hashlib.sha256(source).hexdigest() == values[1]
                assert video.status == "ready"
            case "offset":
                assert (await upload_rows.get(ctx.db, values[0])).offset_bytes >= int(values[1])
            case "ready":
                assert (await video_of(ctx, int(values[0]))).status == "ready"
            case "hidden":
                assert (await video_of(ctx, int(values[0]))).published_at is None
            case "purged":
                assert not await ctx.db.fetchval("SELECT count(*) FROM videos WHERE id = $1", int(values[0]))
            case _:
                raise AssertionError(f"nobody says {what}")
    states = {
        row["status"] for row in await ctx.db.fetch("SELECT status FROM videos WHERE deleted_at IS NULL")
    }
    assert states <= {"ready"}
    assert await ctx.db.fetchval(OPEN_TASKS) == 0
    assert await generations.unsettled(ctx.db, limit=9) == []
    found = await Verification(ctx).everything()
    assert [each for each in found if each.kind != "unknown"] == []
    assert await ctx.storage.list(layout.PURGED) == []


def all_old(folder: Path) -> None:
    """Two days pass for every file."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".vlog-root":
            os.utime(path, (time.time() - 2 * 86_400,) * 2)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("wish", wishes())
async def test_a_life_that_ends_at(wish: str, postgres: str, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    history = tmp_path / "history"
    async with fresh(postgres) as dsn:
        async with crash_script.opened(tmp_path, dsn):
            leftover = tmp_path / "storage" / "uploads" / LEFTOVER
            leftover.parent.mkdir()
            leftover.write_bytes(b"of a crash long ago")
            all_old(tmp_path / "storage")
        died = await live_and_die(tmp_path, dsn, wish=wish, history=history)
        assert died == -signal.SIGKILL, "the life has to pass this point"
        async with crash_script.opened(tmp_path, dsn) as ctx:
            await recover(ctx)
            await check(ctx, history)
            # Whatever was left behind goes within a day, and nothing else does.
            all_old(tmp_path / "storage")
            await ctx.storage.sweep(older_than_seconds=3600, seen=Sightings(0))
            await uploads.sweep_leftovers(ctx, Sightings(0))
            await removal.finish_all(ctx)
            await check(ctx, history)
            assert [each.key for each in await Verification(ctx).everything()] == []


async def test_a_life_without_a_crash(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    history = tmp_path / "history"
    async with fresh(postgres) as dsn:
        assert await live_and_die(tmp_path, dsn, wish="task_claimed", history=history) == 0
        async with crash_script.opened(tmp_path, dsn) as ctx:
            await check(ctx, history)
    assert len(history.read_text().splitlines()) == 7
