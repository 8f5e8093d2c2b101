"""Watches the inbox: a look each minute is the truth, the system's hints only make it quicker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from watchfiles import awatch

from vlog.context import Context
from vlog.kit.ending import end
from vlog.kit.errors import VlogError
from vlog.kit.mounts import MOUNTS, file_system_of, is_remote
from vlog.kit.supervise import pause
from vlog.processing import inbox
from vlog.settings.known import INBOX, INBOX_SETTLE_SECONDS, INBOX_WATCH
from vlog.storage.inbox import InboxFolder
from vlog.telemetry.logs import get_logger

LOOK_SECONDS = 60.0
# A file that is being copied causes hints all the time.
_PAUSE_SECONDS = 1.0
_POLL_MILLISECONDS = 5000
_RESTART_SECONDS = 5.0
_OFF_SECONDS = 5.0
_AWAY_SECONDS = 15.0

_log = get_logger(__name__)


async def watch(ctx: Context, leads: asyncio.Event, stopping: asyncio.Event) -> None:
    """Look into the inbox while this process leads, until ``stopping``."""
    # Its lines at info repeat what we say of the files.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    folder = inbox.folder_of(ctx.storage)
    if folder is None:
        await stopping.wait()
        return
    try:
        while not stopping.is_set():
            if leads.is_set() and await _is_on(ctx):
                await _watch_while_leading(ctx, folder, leads=leads, stopping=stopping)
            await pause(_OFF_SECONDS if leads.is_set() else 0.2, stopping)
    finally:
        folder.close()


async def _watch_while_leading(
    ctx: Context, folder: InboxFolder, *, leads: asyncio.Event, stopping: asyncio.Event
) -> None:
    try:
        await folder.prepare()
        how = await ctx.settings.get(INBOX_WATCH)
    except VlogError as error:
        _log.warning("inbox put off", code=error.code, reason=error.message)
        await pause(_AWAY_SECONDS, stopping)
        return
    async with _hints(folder.path, how) as hint:
        while leads.is_set() and not stopping.is_set() and await _is_on(ctx):
            hint.clear()
            seconds = await look(ctx, folder)
            await pause(_PAUSE_SECONDS, stopping)
            await _first_of(hint, stopping, seconds=seconds)


async def look(ctx: Context, folder: InboxFolder) -> float:
    """One look; the seconds until the next one is due, if no hint comes before."""
    try:
        if await inbox.look(ctx, folder):
            return min(LOOK_SECONDS, await ctx.settings.get(INBOX_SETTLE_SECONDS) / 2)
    except VlogError as error:
        _log.warning("inbox put off", code=error.code, reason=error.message)
        return _AWAY_SECONDS
    return LOOK_SECONDS


@asynccontextmanager
async def _hints(path: Path, how: str) -> AsyncIterator[asyncio.Event]:
    """An event that is set when something happens below ``path``; never, where that can't be known."""
    hint, over = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(_listen(path, how, hint=hint, over=over)) if how != "off" else None
    try:
        yield hint
    finally:
        over.set()
        await end(task)


async def _listen(path: Path, how: str, *, hint: asyncio.Event, over: asyncio.Event) -> None:
    polls = how == "polling" or (how == "auto" and is_remote(await asyncio.to_thread(_file_system, path)))
    told: str | None = None
    while not over.is_set():
        try:
            async for _ in awatch(
                path,
                watch_filter=None,
                stop_event=over,
                force_polling=polls,
                poll_delay_ms=_POLL_MILLISECONDS,
                ignore_permission_denied=True,
            ):
                hint.set()
        except (OSError, RuntimeError, ExceptionGroup) as error:
            # Too few inotify watches, a folder that went away, a name that is no UTF-8: until it works again
            # the look each minute is enough.
            reason = ", ".join(map(str, getattr(error, "exceptions", [error])))
            if reason != told:
                _log.warning("inbox without hints for a while", reason=reason)
            told = reason
            hint.set()
        await pause(_RESTART_SECONDS, over)


def _file_system(path: Path) -> str | None:
    with suppress(OSError):
        return file_system_of(path.resolve(), MOUNTS.read_text(errors="replace"))
    return None


async def _is_on(ctx: Context) -> bool:
    try:
        return await ctx.settings.get(INBOX)
    except VlogError:
        return False


async def _first_of(hint: asyncio.Event, stopping: asyncio.Event, *, seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (hint, stopping)]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
