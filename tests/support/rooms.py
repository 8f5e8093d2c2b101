"""An empty installation for tests of rooms and what stands on them: real PostgreSQL, real folders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vlog.config import Config
from vlog.context import Context
from vlog.db.engine import Database
from vlog.db.installation import identify
from vlog.events.bus import EventBus
from vlog.settings.store import Settings
from vlog.storage.local import LocalStorage


@pytest.fixture
async def ctx(db: Database, tmp_path: Path) -> AsyncIterator[Context]:
    """Database, storage, bus, and settings that no environment variable touches."""
    storage = LocalStorage(tmp_path / "storage")
    await storage.adopt(await identify(db), may_create=True)
    bus = EventBus(db)
    await bus.start()
    config = Config(data_dir=tmp_path / "data", storage_path=tmp_path / "storage", database_url=db.dsn)
    yield Context(config=config, db=db, storage=storage, bus=bus, settings=Settings(db, environ={}))
    await bus.stop()
    await storage.close()
