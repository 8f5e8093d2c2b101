"""A killed worker's leases are free as soon as another one starts on its machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.deliveries import EVERYTHING
from tests.support.uploaded import upload
from vlog.context import Context
from vlog.kit.errors import Conflict
from vlog.kit.filelock import FileLock
from vlog.workers.local_client import LocalClient
from vlog.workers.presence import present, worker_name


def folder(ctx: Context) -> Path:
    path = ctx.config.data_dir / "workers"
    path.mkdir(parents=True, exist_ok=True)
    return path


async def test_a_dead_worker_s_task_can_be_claimed_at_once(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    assert await client.claim(EVERYTHING) is not None
    # Killed: its file is still there, its lock is not.
    (folder(ctx) / f"{EVERYTHING.worker}.lock").write_text("1\n")
    async with present(ctx, "new"):
        offer = await client.claim(EVERYTHING)
        assert offer is not None
        assert offer.attempt == 2
        assert [path.name for path in folder(ctx).iterdir()] == ["new.lock"]
    assert list(folder(ctx).iterdir()) == []


async def test_a_living_worker_keeps_its_task(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    alive = FileLock(folder(ctx) / f"{EVERYTHING.worker}.lock")
    alive.acquire()
    assert await client.claim(EVERYTHING) is not None
    async with present(ctx, "new"):
        assert await client.claim(EVERYTHING) is None
    assert alive.path.exists()
    alive.release()


async def test_a_name_is_one_worker_s(ctx: Context) -> None:
    async with present(ctx, "same"):
        with pytest.raises(Conflict):
            async with present(ctx, "same"):
                raise AssertionError("unreachable")


def test_names_tell_host_and_process() -> None:
    host, _, process = worker_name().rpartition("-")
    assert host
    assert process.isdecimal()
    assert len(worker_name()) <= 100
