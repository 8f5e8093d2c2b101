"""This installation's identity: which storage is its own."""

from __future__ import annotations

import secrets
from typing import Protocol

from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction

_NAME = "INSERT INTO installation (id) VALUES ($1) ON CONFLICT (only_one) DO NOTHING"


class Adoptable(Protocol):
    """A storage that can carry a mark of whose it is."""

    async def adopt(self, installation_id: str, *, may_create: bool) -> bool:
        """Check or set the mark; whether the storage may be written to."""


async def adopt_storage(db: Database, storage: Adoptable) -> bool:
    """Make sure that the storage is ours; whether it may be written to.

    A bare folder is taken over only while there are no videos: later it is an unmounted disk, whose files are
    not gone. Raises ``Conflict`` (code ``foreign_storage``) for another installation's storage.
    """

    async def work(tx: Transaction) -> tuple[str, bool]:
        await tx.execute(_NAME, secrets.token_hex(16))
        identity: str = await tx.fetchval("SELECT id FROM installation")
        has_videos: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM videos)")
        return identity, has_videos

    identity, has_videos = await transaction(db, work)
    return await storage.adopt(identity, may_create=not has_videos)
