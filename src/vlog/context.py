"""The composition root: everything that a process holds, built in one place and passed explicitly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from vlog.config import Config
from vlog.db import installation
from vlog.db.embedded import existing_dsn
from vlog.db.engine import Database
from vlog.events.bus import EventBus
from vlog.kit.ending import end
from vlog.kit.errors import Conflict, Unavailable, VlogError
from vlog.settings.store import Settings
from vlog.storage.base import Storage
from vlog.storage.local import LocalStorage
from vlog.telemetry.logs import get_logger

# How soon a process notices that its storage has come back, or tells that it has gone.
WATCH_SECONDS = 5.0

_log = get_logger(__name__)


@dataclass(frozen=True)
class Context:
    """What use cases need: passed to them, never looked up."""

    config: Config
    db: Database
    storage: Storage
    bus: EventBus
    settings: Settings


@asynccontextmanager
async def open_context(config: Config, *, max_connections: int = 10) -> AsyncIterator[Context]:
    """Connect to everything, and let go of it at the end.

    Raises ``Unavailable`` in plain words, and ``Conflict`` when the storage folder is another installation's.
    A storage that is away is no reason not to start: it is used as soon as it is there.
    """
    async with AsyncExitStack() as stack:
        db = Database(config.database_url or existing_dsn(config.data_dir), max_connections=max_connections)
        await db.open()
        stack.push_async_callback(db.close)
        storage = LocalStorage(config.storage_path)
        stack.push_async_callback(storage.close)
        with suppress(Unavailable):
            await adopt_storage(config, db, storage=storage)
        watch = asyncio.create_task(_watch(config, db, storage=storage), name="storage watch")
        stack.push_async_callback(end, watch)
        bus = EventBus(db)
        await bus.start()
        stack.push_async_callback(bus.stop)
        yield Context(config=config, db=db, storage=storage, bus=bus, settings=Settings(db))


@asynccontextmanager
async def with_own_connections(ctx: Context, *, max_connections: int) -> AsyncIterator[Context]:
    """The same process for one of its services: nobody else can empty this one's pool.

    Settings, events and the storage's watch keep the connections that they have.
    """
    db = Database(ctx.db.dsn, max_connections=max_connections)
    await db.open()
    try:
        yield replace(ctx, db=db)
    finally:
        await db.close()


async def adopt_storage(config: Config, db: Database, *, storage: LocalStorage) -> bool:
    """Recognise the storage folder, or take an empty one over; whether it may be written to.

    Raises ``Conflict`` when it is another installation's, ``Unavailable`` when it can't be looked at.
    """
    is_new = not await installation.has_videos(db)
    try:
        return await storage.adopt(await installation.identify(db), may_create=is_new)
    except Conflict as error:
        raise Conflict(
            f"{config.storage_path} holds the media of another installation: set VLOG_STORAGE_PATH to this "
            "one's folder, or VLOG_DATA_DIR (or VLOG_DATABASE_URL) to the database that belongs to it.",
            code=error.code,
        ) from error


async def _watch(config: Config, db: Database, *, storage: LocalStorage) -> None:
    """Tell the operator's log, once each time, that the storage has gone and that it has come back."""
    trouble: str | None = None
    while True:
        found = await _trouble(config, db, storage=storage)
        if found is not None and found != trouble:
            _log.error("the storage can't be used", folder=str(config.storage_path), reason=found)
        if found is None and trouble is not None:
            _log.warning("the storage can be used again", folder=str(config.storage_path))
        trouble = found
        await asyncio.sleep(WATCH_SECONDS)


async def _trouble(config: Config, db: Database, *, storage: LocalStorage) -> str | None:
    try:
        await storage.check()
    except VlogError as error:
        if error.code == "storage_not_mounted":
            # A disk that arrives empty before the first video may be taken over.
            with suppress(VlogError):
                if await adopt_storage(config, db, storage=storage):
                    return None
        return error.message
    return None
