"""Checks of the storage as somebody sees them who has asked for one: taken, told, stopped, broken off."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.databases import shift_clock
from tests.support.uploaded import upload
from vlog.context import Context
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Unavailable
from vlog.processing import checks, verification
from vlog.processing.verification import Progress, Verification
from vlog.workers.background import verify_on_request, verify_storage


async def ask(ctx: Context) -> None:
    await transaction(ctx.db, checks.request)


async def test_a_request_is_taken_and_answered(ctx: Context) -> None:
    assert (await verify_on_request(ctx), await checks.newest(ctx.db)) == (0, None)
    await ask(ctx)
    waiting = await checks.under_way(ctx.db)
    assert waiting is not None
    assert (waiting.state, waiting.started_at, waiting.percent) == ("requested", None, 0.0)
    await verify_on_request(ctx)
    assert await checks.under_way(ctx.db) is None
    last = await checks.last(ctx.db)
    assert last is not None
    assert (last.id, last.percent, last.eta_seconds) == (waiting.id, 100.0, None)
    assert await verify_storage(ctx) == 0, "the weekly one has been made by this"


async def test_nobody_needs_two_at_once(ctx: Context) -> None:
    await ask(ctx)
    with pytest.raises(Conflict) as refused:
        await ask(ctx)
    assert refused.value.code == "check_running"


async def test_who_looks_on_is_told_how_far_it_is(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TELL_SECONDS", 0.0)
    await upload(ctx)
    seen: list[checks.Check] = []
    started: list[Progress] = []

    async def look(tx: Transaction) -> None:
        found = await checks.under_way(tx)
        assert found is not None
        seen.append(found)

    checking = Verification(ctx, on_progress=started.append)
    touch = checking._touch

    async def touch_and_look(tx: Transaction) -> object:
        told = await touch(tx)
        await look(tx)
        return told

    monkeypatch.setattr(checking, "_touch", touch_and_look)
    await checking.everything()
    assert {each.state for each in seen} == {"running"}
    assert seen[-1].size_bytes > 0
    assert [each.percent for each in seen] == sorted(each.percent for each in seen)
    assert all(each.percent < 100 for each in seen), "it is not done before it is done"


async def test_a_stopped_check_ends_and_keeps_what_is_known(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "TELL_SECONDS", 0.0)
    await upload(ctx)
    await ask(ctx)
    await transaction(ctx.db, checks.stop)
    assert await verify_on_request(ctx) == 0, "a request can be taken back"
    check_id = await transaction(ctx.db, lambda tx: checks.begin(tx, total_bytes=1))
    await transaction(ctx.db, checks.stop)
    with pytest.raises(Conflict) as stopped:
        await transaction(ctx.db, lambda tx: checks.touch(tx, check_id, files=1, size_bytes=1, findings=0))
    assert stopped.value.code == "check_stopped"
    newest = await checks.newest(ctx.db)
    assert newest is not None
    assert newest.state == "stopped"


async def test_a_check_whose_maker_died_stands_in_nobodys_way(ctx: Context) -> None:
    await transaction(ctx.db, lambda tx: checks.begin(tx, total_bytes=1))
    assert not await checks.is_due(ctx.db, interval_days=7), "one is under way"
    await shift_clock(ctx.db, f"{checks.SILENT_SECONDS + 1} seconds")
    assert await checks.under_way(ctx.db) is None
    assert await checks.is_due(ctx.db, interval_days=7)
    await ask(ctx)
    await verify_on_request(ctx)
    last = await checks.last(ctx.db)
    assert last is not None
    assert last.state == "done"


async def test_a_process_that_is_stopped_says_so(ctx: Context) -> None:
    await upload(ctx)
    checking = asyncio.create_task(Verification(ctx, rate=1).everything())
    while not (await checks.under_way(ctx.db)):
        await asyncio.sleep(0.01)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    newest = await checks.newest(ctx.db)
    assert newest is not None
    assert (newest.state, "stopped" in str(newest.error_message)) == ("failed", True)


async def test_a_storage_that_is_away_is_the_reason(ctx: Context) -> None:
    (ctx.config.storage_path / ".vlog-root").unlink()
    await ask(ctx)
    with pytest.raises(Unavailable):
        await verify_on_request(ctx)
    newest = await checks.newest(ctx.db)
    assert newest is not None
    assert (newest.state, "mounted" in str(newest.error_message)) == ("failed", True)
    assert await verify_on_request(ctx) == 0, "asked once, tried once"
