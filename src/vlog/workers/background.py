"""The background process: what must happen although nobody asks for it.

Every loop finds its work in rows and files, so what a crash left half done is finished by the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vlog.catalog import index, publishing
from vlog.config import Config
from vlog.context import Context, open_context
from vlog.db import partitions
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit, outbox
from vlog.kit.errors import VlogError
from vlog.kit.sightings import Sightings
from vlog.kit.supervise import Supervisor, pause
from vlog.processing import (
    checks,
    findings,
    generations,
    picture_requests,
    previews,
    removal,
    replacements,
    retention,
    tasks,
    upload_completion,
    uploads,
)
from vlog.processing.one_by_one import for_each
from vlog.processing.verification import Verification
from vlog.settings import known
from vlog.telemetry.logs import get_logger
from vlog.workers import watcher
from vlog.workers.leadership import Leadership

STAGED_SECONDS = 3600.0
SETTLE_SECONDS = 1800.0
BATCH = 50
REINDEXED_AT_ONCE = 500
LOGGED = 20

_log = get_logger(__name__)


@dataclass(frozen=True)
class Chore:
    """Something done every so many seconds; its value tells what there was to do, if anything."""

    name: str
    every_seconds: float
    work: Callable[[Context], Awaitable[object]]


async def repair_manifests(ctx: Context) -> int:
    """Bring folders and playlists to what the rows say."""
    unsettled = await generations.unsettled(ctx.db, limit=BATCH)
    settled = await for_each(
        ctx, unsettled, lambda video_id: generations.settle(ctx, video_id), what="folder"
    )
    stale = await generations.stale_manifests(ctx.db, limit=BATCH)
    written = await for_each(
        ctx, stale, lambda video_id: generations.write_manifests(ctx, video_id), what="manifest"
    )
    return settled + written


class FileSweep:
    """Removes files that belong to nothing and did so some rounds ago."""

    def __init__(self, settle_seconds: float = SETTLE_SECONDS) -> None:
        self._staged = Sightings(settle_seconds)
        self._leftovers = Sightings(settle_seconds)

    async def __call__(self, ctx: Context) -> int:
        """One round; returns how many."""
        staged = await ctx.storage.sweep(older_than_seconds=STAGED_SECONDS, seen=self._staged)
        return staged + await uploads.sweep_leftovers(ctx, self._leftovers)


async def look_after_outbox(ctx: Context) -> int:
    """Hand events on and remove old ones."""

    async def work(tx: Transaction) -> int:
        handed_on = await outbox.dispatch(tx)
        await outbox.prune(tx)
        return handed_on

    return await transaction(ctx.db, work)


async def make_partitions(ctx: Context) -> list[str]:
    """Have a partition for each month to come."""
    return await transaction(ctx.db, partitions.ensure)


async def verify_storage(ctx: Context) -> int:
    """Compare all files with their rows, when the last time is long enough ago."""
    interval_days = await ctx.settings.get(known.VERIFY_INTERVAL_DAYS)
    if not interval_days or not await checks.is_due(ctx.db, interval_days=interval_days):
        return 0
    return await _verify(ctx)


async def verify_on_request(ctx: Context) -> int:
    """The same, when somebody waits for it."""
    return await _verify(ctx) if await checks.is_requested(ctx.db) else 0


async def _verify(ctx: Context) -> int:
    rate = await ctx.settings.get(known.VERIFY_RATE_MB) << 20
    found = await Verification(ctx, rate=rate).everything()
    for each in found[:LOGGED]:
        _log.error("a stored file is not as it should be", key=each.key, kind=each.kind, video=each.video_id)
    return len(found)


async def look_after_repairs(ctx: Context) -> int:
    """Look again at what was made again: it is sound now, or told anew."""
    mended = await findings.mended_videos(ctx.db, limit=BATCH)
    for video_id in mended:
        await Verification(ctx).again(video_id)
    return len(mended)


async def look_after_index(ctx: Context) -> int:
    """Count what has changed, and write anew the videos whose category or tag has another name."""
    counted = await transaction(ctx.db, index.fold)
    return counted + await transaction(ctx.db, lambda tx: index.work_off(tx, limit=REINDEXED_AT_ONCE))


async def publish_scheduled(ctx: Context) -> int:
    """Publish what was kept back until now."""
    return await transaction(ctx.db, lambda tx: publishing.publish_scheduled(tx, limit=BATCH))


async def forget(ctx: Context) -> int:
    """Let go of what nobody needs any more: old acts, words that no video has."""
    days = await ctx.settings.get(known.AUDIT_RETENTION_DAYS)

    async def work(tx: Transaction) -> int:
        await index.tidy(tx)
        return await audit.forget(tx, days=days)

    return await transaction(ctx.db, work)


CHORES = (
    Chore("library index", 2, look_after_index),
    Chore("schedule", 1, publish_scheduled),
    Chore("forgetting", 3600, forget),
    Chore("leases", 5, tasks.sweep),
    Chore("manifests", 10, repair_manifests),
    Chore("outbox", 10, look_after_outbox),
    Chore("earlier pictures", 60, picture_requests.sweep),
    Chore("earlier sources", 60, replacements.sweep),
    Chore("previews", 5, previews.ask),
    Chore("generations", 60, generations.sweep_retired),
    Chore("removals", 600, removal.finish_all),
    Chore("retention", 3600, retention.purge_due),
    Chore("uploads", 60, upload_completion.sweep),
    Chore("files", 1800, FileSweep()),
    Chore("partitions", 3600, make_partitions),
    Chore("verification", 1800, verify_storage),
    Chore("wanted verification", 3, verify_on_request),
    Chore("repairs", 5, look_after_repairs),
)


def run(config: Config) -> None:
    """Run until a signal. Raises ``VlogError`` in plain words when it can't."""
    asyncio.run(_run(config))


async def _run(config: Config) -> None:
    async with open_context(config, max_connections=4) as ctx:
        supervisor = Supervisor()
        leadership = Leadership(ctx.db)
        supervisor.add("leadership", leadership.keep)
        for chore in CHORES:
            supervisor.add(chore.name, _loop(ctx, chore, leads=leadership.leads))
        supervisor.add("inbox", lambda stopping: watcher.watch(ctx, leadership.leads, stopping))
        await supervisor.run()


def _loop(ctx: Context, chore: Chore, *, leads: asyncio.Event) -> Callable[[asyncio.Event], Awaitable[None]]:
    async def loop(stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            if leads.is_set():
                await do(ctx, chore)
            # Until there is something to lead, look often: the first round after a start matters most.
            seconds = chore.every_seconds if leads.is_set() else 0.2
            await pause(seconds, stopping)

    return loop


async def do(ctx: Context, chore: Chore) -> None:
    """One round. A part of VLog that is away now is there in a later round."""
    try:
        found = await chore.work(ctx)
    except VlogError as error:
        _log.warning("chore put off", chore=chore.name, code=error.code, reason=error.message)
        return
    if found:
        _log.info("chore done", chore=chore.name, found=found)
