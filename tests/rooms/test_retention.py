"""Deleted videos go for good when their time is over, and never too many at once."""

from __future__ import annotations

import pytest

from tests.rooms.test_listing import fill
from tests.support.databases import shift_clock
from vlog.catalog import listing
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Conflict, Invalid
from vlog.processing import bulk, removal, retention
from vlog.settings import known, store


async def archived(ctx: Context, count: int) -> list[int]:
    ids = await fill(ctx.db, *(f"Video {number}" for number in range(count)))
    await bulk.delete(ctx, ids)
    return ids


async def limit(ctx: Context, most: int) -> None:
    key = known.ARCHIVE_PURGE_LIMIT.key
    await transaction(ctx.db, lambda tx: store.put(tx, key, most, actor="test"))
    ctx.settings.forget()


async def test_nothing_goes_before_its_time(ctx: Context) -> None:
    await archived(ctx, 2)
    assert await retention.purge_due(ctx) == 0
    await shift_clock(ctx.db, "29 days 23 hours")
    assert await retention.purge_due(ctx) == 0
    found = await retention.forecast(ctx)
    assert (found.count, found.due_count, found.is_stopped) == (2, 0, False)
    await shift_clock(ctx.db, "30 days 1 minute")
    found = await retention.forecast(ctx)
    assert (found.due_count, [each.title for each in found.due]) == (2, ["Video 0", "Video 1"])
    assert found.due_size_bytes == sum(each.size_bytes for each in found.due)
    assert await listing.trash_count(ctx.db) == 2, "a dry run removes nothing"
    assert await retention.purge_due(ctx) == 2
    assert await listing.trash_count(ctx.db) == 0


async def test_a_clock_that_jumps_empties_no_archive(ctx: Context) -> None:
    await archived(ctx, 3)
    await limit(ctx, 2)
    await shift_clock(ctx.db, "400 days")
    assert await retention.purge_due(ctx) == 0
    found = await retention.forecast(ctx)
    assert (found.is_stopped, found.due_count, found.limit) == (True, 3, 2)
    with pytest.raises(Conflict, match="3 videos are due now, not 2"):
        await retention.purge_seen(ctx, due_count=2)
    assert await listing.trash_count(ctx.db) == 3
    assert await retention.purge_seen(ctx, due_count=3) == 3
    assert await listing.trash_count(ctx.db) == 0


async def test_a_setting_that_is_too_short_empties_no_archive(ctx: Context) -> None:
    await archived(ctx, 3)
    await limit(ctx, 2)
    await shift_clock(ctx.db, "2 days")
    await retention.keep_for(ctx, 1, actor="admin")
    assert await retention.purge_due(ctx) == 0
    await retention.keep_for(ctx, 0, actor="admin")
    await shift_clock(ctx.db, "9000 days")
    found = await retention.forecast(ctx)
    assert (found.due_count, found.due, found.count) == (0, [], 3)
    assert await retention.purge_due(ctx) == 0
    with pytest.raises(Invalid):
        await retention.keep_for(ctx, -1, actor="admin")


async def test_what_was_restored_meanwhile_does_not_go(ctx: Context) -> None:
    """Found due, restored and deleted again: its time in the archive has begun anew."""
    (video_id,) = await archived(ctx, 1)
    await shift_clock(ctx.db, "31 days")
    await removal.restore(ctx, video_id)
    await removal.archive(ctx, video_id)
    with pytest.raises(Conflict) as refused:
        await removal.purge(ctx, video_id, after_days=30)
    assert refused.value.code == "not_due"
    assert await listing.trash_count(ctx.db) == 1
