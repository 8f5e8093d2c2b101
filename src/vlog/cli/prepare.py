"""Brings database and storage to the state that this code needs, before any service starts."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.accounts.setup import create_link
from vlog.config import Config
from vlog.db import installation, migrate
from vlog.db.engine import Database
from vlog.kit.errors import Conflict
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
        is_new = not await installation.has_videos(db)
        return await storage.adopt(await installation.identify(db), may_create=is_new)
    except Conflict as error:
        raise Conflict(
            f"{config.storage_path} holds the media of another installation: set VLOG_STORAGE_PATH to this "
            "one's folder, or VLOG_DATA_DIR (or VLOG_DATABASE_URL) to the database that belongs to it.",
            code=error.code,
        ) from error
    finally:
        await storage.close()
