"""An upload is wholly there or wholly absent."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.uploaded import upload
from vlog.catalog import videos
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.kit.clock import now
from vlog.kit.errors import Invalid, OutOfSpace, TooLarge, VlogError
from vlog.kit.sightings import Sightings
from vlog.processing import uploads
from vlog.storage.layout import Key


def sources(ctx: Context) -> list[Path]:
    folder = ctx.config.storage_path / "uploads"
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_an_accepted_upload_has_its_bytes_its_row_and_its_first_task(ctx: Context) -> None:
    data = os.urandom(3_000_000)
    accepted = await upload(ctx, "Holiday", data=data, source_filename="../../holiday.mp4")
    video = await videos.by_id(ctx.db, accepted.video_id)
    assert (accepted.slug, video.status) == ("holiday", "pending")
    assert (video.source_size_bytes, video.source_sha256) == (len(data), hashlib.sha256(data).digest())
    assert video.source_filename == "../../holiday.mp4"
    assert video.source_key is not None
    assert await ctx.storage.read(Key(video.source_key)) == data
    tasks = await ctx.db.fetch("SELECT kind, state FROM transcoding_tasks")
    assert [tuple(row) for row in tasks] == [("inspect", "queued")]
    events = await ctx.db.fetch("SELECT event_type FROM outbox")
    assert [row["event_type"] for row in events] == ["video.uploaded"]


async def test_nothing_is_visible_while_bytes_arrive(ctx: Context) -> None:
    async with uploads.receive(ctx) as receiver:
        await receiver.write(bytes(2 << 20))
        assert [path.suffix for path in sources(ctx)] == [".part"]
        assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0
        await receiver.complete()
    assert [path.suffix for path in sources(ctx)] == [""]


async def test_a_client_that_leaves_leaves_nothing(ctx: Context) -> None:
    async def leave() -> None:
        async with uploads.receive(ctx) as receiver:
            await receiver.write(bytes(2 << 20))
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await leave()
    assert sources(ctx) == []


async def test_an_empty_upload_is_refused(ctx: Context) -> None:
    async with uploads.receive(ctx) as receiver:
        with pytest.raises(Invalid) as caught:
            await receiver.complete()
    assert caught.value.code == "empty_upload"
    assert sources(ctx) == []


async def test_the_limit_holds_while_bytes_arrive(ctx: Context) -> None:
    async with uploads.receive(ctx, limit_bytes=1000) as receiver:
        await receiver.write(bytes(1000))
        with pytest.raises(TooLarge) as caught:
            await receiver.write(b"1")
    assert caught.value.code == "upload_too_large"
    assert sources(ctx) == []


async def test_what_is_announced_too_large_is_refused_before_it_is_sent(ctx: Context) -> None:
    with pytest.raises(TooLarge):
        async with uploads.receive(ctx, limit_bytes=1000, expected_bytes=1001):
            raise AssertionError("unreachable")
    free = (await ctx.storage.free()).free_bytes
    assert free is not None
    with pytest.raises(OutOfSpace):
        async with uploads.receive(ctx, limit_bytes=1 << 60, expected_bytes=free):
            raise AssertionError("unreachable")


@pytest.mark.parametrize("new", [NewVideo(title=""), NewVideo(title="x", category_id=99)])
async def test_a_refused_video_leaves_no_bytes(ctx: Context, new: NewVideo) -> None:
    async with uploads.receive(ctx) as receiver:
        await receiver.write(b"bytes")
        received = await receiver.complete()
    with pytest.raises(VlogError):
        await uploads.accept(ctx, new, received=received)
    assert sources(ctx) == []
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0


async def test_leftovers_of_a_crash_go_after_a_day_and_nothing_else(ctx: Context) -> None:
    kept = await upload(ctx)
    async with uploads.receive(ctx) as receiver:
        await receiver.write(b"never accepted")
        orphan = await receiver.complete()
    folder = ctx.config.storage_path / "uploads"
    (folder / "dead.part").write_bytes(b"cut off")
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 0
    for path in sources(ctx):
        os.utime(path, (0, 0))
    (folder / "fresh.part").write_bytes(b"growing")
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 2
    source_key = (await videos.by_id(ctx.db, kept.video_id)).source_key
    assert [path.name for path in sources(ctx)] == sorted([str(source_key).split("/")[1], "fresh.part"])
    assert not await ctx.storage.exists(orphan.key)


async def test_a_clock_that_jumps_makes_nothing_old(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that has just been received and has no row yet, and a clock that jumps."""
    seen = Sightings(60)
    async with uploads.receive(ctx) as receiver:
        await receiver.write(b"on its way")
        received = await receiver.complete()
        monkeypatch.setattr(uploads, "now", lambda: now() + timedelta(days=2))
        assert await uploads.sweep_leftovers(ctx, seen) == 0
        await uploads.accept(ctx, NewVideo(title="Film"), received=received)
    assert await ctx.storage.read(received.key) == b"on its way"
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 0
