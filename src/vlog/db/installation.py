"""Which installation a database belongs to: the id that its storage folder must carry too."""

from __future__ import annotations

import uuid

import asyncpg

from vlog.db.engine import Database
from vlog.kit.errors import Unavailable

# Two statements: one that loses a race does not see the winner's row.
_CHOOSE = "INSERT INTO installation (id) VALUES ($1) ON CONFLICT (only_one) DO NOTHING RETURNING id"
_CHOSEN = "SELECT id FROM installation"


async def identify(db: Database) -> str:
    """The installation's id, chosen at the first call. Raises ``Unavailable`` (code ``schema_missing``)."""
    try:
        chosen = await db.fetchval(_CHOOSE, uuid.uuid4().hex)
    except asyncpg.UndefinedTableError as error:
        raise Unavailable(
            "The database has no tables yet: run `vlog db upgrade`, or `vlog up`, which does it by itself.",
            code="schema_missing",
        ) from error
    return str(chosen or await db.fetchval(_CHOSEN))


async def has_videos(db: Database) -> bool:
    """Whether any video was ever accepted and not deleted for good: then its files must be somewhere."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM videos)"))
