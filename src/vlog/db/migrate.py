"""The one way the schema changes: Alembic revisions, applied under a lock, refused by older code."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vlog.db.revision import migrations_folder
from vlog.kit.errors import Conflict, Unavailable

# Two processes that start at once must not migrate at once; the number is arbitrary but ours.
LOCK = 0x564C4F47


async def upgrade(dsn: str) -> None:
    """Bring the schema to this code's revision.

    Raises ``Conflict`` (code ``schema_too_new``) when a newer VLog has been here, ``Unavailable`` when the
    database can't be reached.
    """
    await _run(dsn, _upgrade)


async def _run(dsn: str, work: object) -> None:
    url = make_url(dsn).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with asyncio.timeout(600), engine.connect() as connection:
            await connection.run_sync(work)  # type: ignore[arg-type]
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise Unavailable(f"The database can't be migrated: {error}", code="database_unavailable") from error
    finally:
        await engine.dispose()


def _configuration() -> AlembicConfig:
    configuration = AlembicConfig()
    configuration.set_main_option("script_location", str(migrations_folder()))
    return configuration


def _current(connection: Connection) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return current


def _upgrade(connection: Connection) -> None:
    configuration = _configuration()
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    try:
        scripts = ScriptDirectory.from_config(configuration)
        current = _current(connection)
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise Conflict(
                "The database was made by a newer VLog. Update this installation or restore an older backup.",
                code="schema_too_new",
            )
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()
