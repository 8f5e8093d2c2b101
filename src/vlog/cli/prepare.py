"""Brings database and storage to the state that this code needs, before any service starts."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.accounts.setup import create_link
from vlog.config import Config
from vlog.context import adopt_storage
from vlog.db import migrate
from vlog.db.engine import Database
from vlog.kit.errors import Unavailable
from vlog.storage.local import LocalStorage


@dataclass(frozen=True)
class Prepared:
    """What the start found: a one-time link while there is no admin secret, and the state of the storage."""

    setup_link: str | None
    storage_is_writable: bool


@dataclass(frozen=True)
class _Installation:
    config: Config
    db: Database


async def prepare(config: Config, dsn: str) -> Prepared:
    """Migrate the database, take over or recognise the storage folder, make a set-up link if one is needed.

    Raises ``VlogError`` in plain words; ``Conflict`` when the folder is another installation's.
    """
    await migrate.upgrade(dsn)
    db = Database(dsn, max_connections=1)
    await db.open()
    try:
        is_writable = await _adopt_storage(config, db)
        return Prepared(await create_link(_Installation(config, db)), is_writable)
    finally:
        await db.close()


async def _adopt_storage(config: Config, db: Database) -> bool:
    storage = LocalStorage(config.storage_path)
    try:
        return await adopt_storage(config, db, storage=storage)
    except Unavailable:
        # It may be there later; the services look again and again.
        return False
    finally:
        await storage.close()
