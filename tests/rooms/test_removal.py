"""Rows and files leave and return together, also when the process dies between two steps."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.deliveries import EVERYTHING, deliver, inspect, work_off
from tests.support.uploaded import (
    assert_all_is_there,
    claimed,
    master,
    source_values,
    upload,
    variants,
    video_of,
)
from vlog.catalog import trash
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Conflict, LeaseLost, NotFound
from vlog.processing import generations, removal, requests
from vlog.storage import layout
from vlog.wire.work import Made
from vlog.workers.local_client import LocalClient


async def ready(ctx: Context, title: str = "A video") -> int:
    """A complete, published video; the value is its id."""
    accepted = await upload(ctx, title)
    info, grid = source_values(remux=True)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    return accepted.video_id


def folder(ctx: Context, *names: str) -> Path:
    return ctx.config.storage_path.joinpath(*names)


def files(ctx: Context) -> set[str]:
    """Everything below the storage's root but the marker and the staging area."""
    root = ctx.config.storage_path
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith(".")}


async def test_a_deleted_video_is_hidden_and_kept(ctx: Context) -> None:
    video_id = await ready(ctx)
    await removal.archive(ctx, video_id)
    await removal.archive(ctx, video_id)
    assert not folder(ctx, "videos", "a-video").exists()
    assert folder(ctx, "archive", "a-video", "master.m3u8").exists()
    assert not (await video_of(ctx, video_id)).is_playable


async def test_a_restored_video_is_as_it_was(ctx: Context) -> None:
    video_id = await ready(ctx)
    before = files(ctx)
    await removal.archive(ctx, video_id)
    await removal.restore(ctx, video_id)
    assert files(ctx) == before
    assert (await video_of(ctx, video_id)).is_playable
    await assert_all_is_there(ctx)
    with pytest.raises(Conflict):
        await removal.restore(ctx, video_id)


async def test_a_purged_video_leaves_nothing(ctx: Context) -> None:
    other = await ready(ctx, "Other")
    kept = files(ctx)
    video_id = await ready(ctx)
    with pytest.raises(Conflict) as caught:
        await removal.purge(ctx, video_id)
    assert caught.value.code == "not_deleted"
    await removal.archive(ctx, video_id)
    await removal.purge(ctx, video_id)
    assert files(ctx) == kept
    with pytest.raises(NotFound):
        await video_of(ctx, video_id)
    assert (await video_of(ctx, other)).is_playable
    with pytest.raises(NotFound):
        await removal.purge(ctx, video_id)


async def test_a_deleted_video_s_work_rests_and_goes_on_after_its_return(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0])
    await removal.archive(ctx, accepted.video_id)
    with pytest.raises(LeaseLost):
        await deliver(client, offer, grid=grid, numbers=[1])
    assert await client.claim(EVERYTHING) is None
    assert not folder(ctx, "videos", "a-video").exists()
    await removal.restore(ctx, accepted.video_id)
    again = await claimed(client)
    assert again.work.durable["audio"] == (0,)  # type: ignore[union-attr]
    await client.release(again.lease)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, accepted.video_id)).is_playable
    await assert_all_is_there(ctx)


async def test_a_purge_during_the_work_ends_it(ctx: Context) -> None:
    accepted = await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await removal.archive(ctx, accepted.video_id)
    await removal.purge(ctx, accepted.video_id)
    with pytest.raises(LeaseLost):
        await client.finish(offer.lease, Made(), ())
    assert files(ctx) == set()


# ---------------------------------------------------------------- crashes


async def test_a_crash_after_the_row_was_hidden(ctx: Context) -> None:
    video_id = await ready(ctx)
    await transaction(ctx.db, lambda tx: trash.soft_delete(tx, video_id))
    assert folder(ctx, "videos", "a-video").exists()
    assert await removal.finish_all(ctx) == 1
    assert not folder(ctx, "videos", "a-video").exists()
    assert await removal.finish_all(ctx) == 0
    await removal.restore(ctx, video_id)
    await assert_all_is_there(ctx)


async def test_a_crash_of_a_restore_before_its_commit(ctx: Context) -> None:
    """The folder is back, the row still says deleted: it goes back into the archive."""
    video_id = await ready(ctx)
    await removal.archive(ctx, video_id)
    folder(ctx, "archive", "a-video").rename(folder(ctx, "videos", "a-video"))
    await removal.finish_all(ctx)
    assert folder(ctx, "archive", "a-video").exists()
    await removal.restore(ctx, video_id)
    await assert_all_is_there(ctx)


async def test_a_folder_left_in_the_archive_returns(ctx: Context) -> None:
    video_id = await ready(ctx)
    await removal.archive(ctx, video_id)
    await ctx.db.fetch("UPDATE videos SET deleted_at = NULL")
    await removal.finish_all(ctx)
    await assert_all_is_there(ctx)


async def test_a_crash_of_a_purge_before_its_commit_loses_nothing(ctx: Context) -> None:
    video_id = await ready(ctx)
    await removal.archive(ctx, video_id)
    before = files(ctx)
    source = next(folder(ctx, "uploads").iterdir())
    aside = folder(ctx, "purged", str(video_id))
    aside.mkdir(parents=True)
    folder(ctx, "archive", "a-video").rename(aside / "media")
    source.rename(aside / "source")
    await removal.finish_all(ctx)
    assert files(ctx) == before
    await removal.restore(ctx, video_id)
    await assert_all_is_there(ctx)


async def test_a_crash_of_a_purge_after_its_commit_is_finished(ctx: Context) -> None:
    video_id = await ready(ctx)
    await removal.archive(ctx, video_id)
    aside = folder(ctx, "purged", str(video_id))
    aside.mkdir(parents=True)
    folder(ctx, "archive", "a-video").rename(aside / "media")
    next(folder(ctx, "uploads").iterdir()).rename(aside / "source")
    await transaction(ctx.db, lambda tx: trash.purge(tx, video_id))
    # A new video of the same name must not be touched by the end of the old one.
    again = await ready(ctx)
    await removal.finish_all(ctx)
    assert not aside.exists()
    assert (await video_of(ctx, again)).is_playable
    await assert_all_is_there(ctx)


async def test_deleting_and_restoring_at_once_ends_in_one_state(ctx: Context) -> None:
    video_id = await ready(ctx)
    for _ in range(5):
        await removal.archive(ctx, video_id)
        await asyncio.gather(
            removal.restore(ctx, video_id), removal.finish_all(ctx), removal.settle(ctx, video_id)
        )
        await removal.finish_all(ctx)
        await assert_all_is_there(ctx)


# ---------------------------------------------------------------- addresses


async def test_unpublishing_kills_the_old_addresses(ctx: Context) -> None:
    video_id = await ready(ctx)
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    old = live.token
    await transaction(ctx.db, lambda tx: generations.rotate_token(tx, video_id))
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    # Until the folder is renamed it is found under its old name, by the new address only.
    assert live.folders == {live.token: (live.token, old)}
    await generations.settle(ctx, video_id)
    await generations.settle(ctx, video_id)
    assert not folder(ctx, "videos", "a-video", old).exists()
    assert old not in await master(ctx)
    await assert_all_is_there(ctx)


async def test_a_crash_between_renaming_and_commit_is_finished(ctx: Context) -> None:
    video_id = await ready(ctx)
    await transaction(ctx.db, lambda tx: generations.rotate_token(tx, video_id))
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    old, new = str(live.previous_token), live.token
    base = folder(ctx, "videos", "a-video")
    (base / old).rename(base / new)
    assert await generations.unsettled(ctx.db, limit=10) == [video_id]
    await generations.settle(ctx, video_id)
    assert await generations.unsettled(ctx.db, limit=10) == []
    await assert_all_is_there(ctx)


async def test_rotating_twice_before_the_folder_moved(ctx: Context) -> None:
    video_id = await ready(ctx)
    for _ in range(3):
        await transaction(ctx.db, lambda tx: generations.rotate_token(tx, video_id))
    await generations.settle(ctx, video_id)
    await assert_all_is_there(ctx)


async def test_manifests_that_a_crash_left_old_are_found(ctx: Context) -> None:
    video_id = await ready(ctx)
    await ctx.db.fetch("UPDATE videos SET manifest_revision = manifest_revision + 1")
    await ctx.storage.put(layout.master_playlist("a-video"), b"#EXTM3U\n")
    assert await generations.stale_manifests(ctx.db, limit=10) == [video_id]
    await generations.write_manifests(ctx, video_id)
    assert await generations.stale_manifests(ctx.db, limit=10) == []
    assert "original" in variants(await master(ctx))


# ---------------------------------------------------------------- retry


async def test_nothing_to_retry(ctx: Context) -> None:
    video_id = await ready(ctx)
    with pytest.raises(Conflict) as caught:
        await requests.retry(ctx, video_id)
    assert caught.value.code == "nothing_to_retry"
    waiting = await upload(ctx, "Waiting")
    with pytest.raises(Conflict) as caught:
        await requests.retry(ctx, waiting.video_id)
    assert caught.value.code == "illegal_state"
    await removal.archive(ctx, video_id)
    with pytest.raises(Conflict) as caught:
        await requests.retry(ctx, video_id)
    assert caught.value.code == "video_deleted"
    with pytest.raises(NotFound):
        await requests.retry(ctx, 999)


async def test_without_its_source_a_video_can_not_be_retried(ctx: Context) -> None:
    accepted = await upload(ctx)
    await ctx.storage.delete_folder(layout.UPLOADS)
    with pytest.raises(Conflict) as caught:
        await requests.retry(ctx, accepted.video_id)
    assert caught.value.code == "source_missing"
