"""`vlog storage`, as somebody at a shell has it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

from tests.support.deliveries import work_off
from tests.support.uploaded import source_values, upload
from vlog.catalog import videos
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.processing import findings
from vlog.workers.local_client import LocalClient


async def storage(ctx: Context, *words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    environment = {
        **os.environ,
        "VLOG_DATABASE_URL": ctx.db.dsn,
        "VLOG_DATA_DIR": str(ctx.config.data_dir),
        "VLOG_STORAGE_PATH": str(ctx.config.storage_path),
    }
    command = [sys.executable, "-m", "vlog.cli.storage", *words]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_what_is_wrong_is_said_mended_and_then_no_longer_wrong(ctx: Context) -> None:
    await upload(ctx)
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    (master,) = ctx.config.storage_path.glob("videos/*/master.m3u8")
    master.unlink()
    code, out, _ = await storage(ctx, "verify")
    assert (code, "missing" in out, "--repair" in out) == (1, True, True)
    code, out, _ = await storage(ctx, "verify", "--video", "1", "--repair", "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["mending"], finding["key"]) == (0, True, "videos/a-video/master.m3u8")
    assert master.exists()


async def test_what_somebody_has_acknowledged_fails_no_check(ctx: Context) -> None:
    video_id = (await upload(ctx)).video_id
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    source = (await videos.by_id(ctx.db, video_id)).source_key
    (ctx.config.storage_path / str(source)).unlink()
    assert (await storage(ctx, "verify"))[0] == 1
    await transaction(ctx.db, lambda tx: findings.acknowledge(tx, video_id, acknowledged=True))
    code, out, _ = await storage(ctx, "verify", "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["key"], finding["acknowledged"]) == (0, source, True)
    (ctx.config.storage_path / "videos/a-video/master.m3u8").unlink()
    code, out, _ = await storage(ctx, "verify")
    assert (code, "Acknowledged. Put the source back" in out) == (1, True), "something else is news"


async def test_a_video_that_there_is_not_is_no_sound_one(ctx: Context) -> None:
    code, out, err = await storage(ctx, "verify", "--video", "4711")
    assert (code, out) == (1, "")
    assert "no such video" in err


async def test_a_folder_without_its_marker_is_adopted_and_a_foreign_one_is_not(ctx: Context) -> None:
    await upload(ctx)
    marker = ctx.config.storage_path / ".vlog-root"
    ours = marker.read_text()
    marker.unlink()
    assert (await storage(ctx, "adopt"))[0] == 0
    assert marker.read_text() == ours
    marker.write_text("somebody else\n")
    code, _, err = await storage(ctx, "adopt")
    assert (code, "another installation" in err) == (1, True)
    assert marker.read_text() == "somebody else\n"
