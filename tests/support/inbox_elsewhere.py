"""Looks into an inbox that lies on another disk than the storage: run in a mount namespace of its own.

``python -m tests.support.inbox_elsewhere DSN STORAGE_FOLDER`` mounts a disk in memory over the inbox, puts a
file there, and looks until it is taken.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.support.databases import opened
from vlog.config import Config
from vlog.context import Context
from vlog.events.bus import EventBus
from vlog.processing import inbox
from vlog.settings.store import Settings
from vlog.storage.layout import MARKER
from vlog.storage.local import LocalStorage

FILM = b"from another disk" * 100_000
_OLDER = "UPDATE inbox_files SET changed_at = changed_at - interval '1 hour'"


async def main(dsn: str, root: Path) -> None:
    """Look, let time pass, and look again."""
    folder_path = root / "uploads" / "inbox"
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder_path)], check=True)
    (folder_path / "film.mp4").write_bytes(FILM)
    storage = LocalStorage(root)
    assert await storage.adopt((root / MARKER).read_text().strip(), may_create=False)
    config = Config(data_dir=root, storage_path=root, database_url=dsn)
    async with opened(dsn) as db:
        settings = Settings(db, environ={})
        ctx = Context(config=config, db=db, storage=storage, bus=EventBus(db), settings=settings)
        folder = inbox.folder_of(storage)
        assert folder is not None
        await inbox.look(ctx, folder)
        await db.fetch(_OLDER)
        await inbox.look(ctx, folder)
        folder.close()
    await storage.close()
    assert list(folder_path.iterdir()) == []


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
