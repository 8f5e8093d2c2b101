"""The watched folder by itself: quick where the system tells, still when it is switched off."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.processing import inbox
from vlog.settings import store
from vlog.workers import watcher
from vlog.workers.watcher import watch


async def put(ctx: Context, key: str, value: object) -> None:
    await transaction(ctx.db, lambda tx: store.put(tx, key, value, actor="test"))
    ctx.settings.forget()


@asynccontextmanager
async def watching(ctx: Context, *, leads: bool = True) -> AsyncIterator[Path]:
    """A watcher at work; the value is the inbox."""
    await put(ctx, "storage.inbox_settle_seconds", 1)
    leading, stopping = asyncio.Event(), asyncio.Event()
    if leads:
        leading.set()
    task = asyncio.create_task(watch(ctx, leading, stopping))
    try:
        yield ctx.config.storage_path / "uploads" / "inbox"
    finally:
        stopping.set()
        async with asyncio.timeout(10):
            await task


async def until_accepted(ctx: Context, name: str) -> None:
    async with asyncio.timeout(30):
        while ("accepted", name) not in {(file.state, file.name) for file in await inbox.listed(ctx)}:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("how", ["auto", "polling"])
async def test_files_are_noticed_long_before_the_next_full_look(ctx: Context, how: str) -> None:
    await put(ctx, "storage.inbox_watch", how)
    async with watching(ctx) as folder:
        async with asyncio.timeout(10):
            while not folder.exists():
                await asyncio.sleep(0.02)
        # The first look has found nothing, the next one by itself is a minute away.
        await asyncio.sleep(1.5)
        (folder / "clip.mp4").write_bytes(b"data")
        await until_accepted(ctx, "clip.mp4")


async def test_a_name_that_is_no_utf_8_does_not_end_the_hints(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "_RESTART_SECONDS", 0.1)
    async with watching(ctx) as folder:
        async with asyncio.timeout(10):
            while not folder.exists():
                await asyncio.sleep(0.02)
        await asyncio.sleep(1.5)
        (folder / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"data")
        async with asyncio.timeout(30):
            while not await inbox.listed(ctx):
                await asyncio.sleep(0.05)
        # The next look by itself is a minute away from here.
        await asyncio.sleep(1.5)
        (folder / "clip.mp4").write_bytes(b"data")
        await until_accepted(ctx, "clip.mp4")


async def test_what_lies_there_at_the_start_is_found_without_any_hint(ctx: Context) -> None:
    await put(ctx, "storage.inbox_watch", "off")
    folder = ctx.config.storage_path / "uploads" / "inbox"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(b"data")
    async with watching(ctx):
        await until_accepted(ctx, "clip.mp4")


@pytest.mark.parametrize("why", ["off", "another leads"])
async def test_nothing_is_taken_while_it_is_off_or_another_process_leads(ctx: Context, why: str) -> None:
    await put(ctx, "storage.inbox", why != "off")
    folder = ctx.config.storage_path / "uploads" / "inbox"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(b"data")
    async with watching(ctx, leads=why == "off"):
        await asyncio.sleep(3)
        assert await inbox.listed(ctx) == []
    assert (folder / "clip.mp4").exists()
