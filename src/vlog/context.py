"""The composition root: everything that a process holds, built in one place and passed explicitly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vlog.config import Config
from vlog.db.embedded import existing_dsn
from vlog.db.engine import Database
from vlog.events.bus import EventBus
from vlog.settings.store import Settings
from vlog.storage.base import Storage
from vlog.storage.local import LocalStorage


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
    """Connect to everything, and let go of it at the end. Raises ``Unavailable`` in plain words."""
    db = Database(config.database_url or existing_dsn(config.data_dir), max_connections=max_connections)
    await db.open()
    bus = EventBus(db)
    storage = LocalStorage(config.storage_path)
    try:
        await bus.start()
        yield Context(config=config, db=db, storage=storage, bus=bus, settings=Settings(db))
    finally:
        await bus.stop()
        await storage.close()
        await db.close()
