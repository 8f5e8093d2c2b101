"""Migrations: idempotent, safe to run twice at once, refused by older code."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from vlog.db import migrate, revision
from vlog.db.engine import Database
from vlog.kit.errors import Conflict, Unavailable


async def test_upgrading_twice_at_once_changes_nothing_more(dsn: str) -> None:
    await asyncio.gather(migrate.upgrade(dsn), migrate.upgrade(dsn))
    current, wanted = await revision.revision(dsn)
    assert current == wanted


def test_the_revision_that_is_needed_is_the_one_alembic_leads_to() -> None:
    scripts = ScriptDirectory(str(revision.migrations_folder()))
    assert scripts.get_current_head() == revision.needed()


async def test_an_empty_database_has_no_revision(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute("CREATE DATABASE bare")
        found, _ = await revision.revision(postgres.replace("/vlog?", "/bare?"))
    finally:
        await connection.close()
    assert found is None


async def test_older_code_refuses_a_newer_schema(db: Database) -> None:
    await db.pool.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match="newer VLog"):
        await migrate.upgrade(db.dsn)


async def test_an_unreachable_database_is_said_in_words() -> None:
    with pytest.raises(Unavailable, match="can't be migrated"):
        await migrate.upgrade("postgresql://nobody@/nothing?host=/nonexistent")


async def test_a_half_done_migration_is_undone(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute("CREATE DATABASE half")
        dsn = postgres.replace("/vlog?", "/half?")
        half = await asyncpg.connect(dsn)
        # The last table of the migration exists already, so its statement fails after all others have run.
        await half.execute("CREATE TABLE playback_sessions (id int)")
        with pytest.raises(Unavailable):
            await migrate.upgrade(dsn)
        tables = await half.fetchval(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'videos'"
        )
        await half.close()
        assert tables == 0
    finally:
        await connection.execute("DROP DATABASE half WITH (FORCE)")
        await connection.close()
