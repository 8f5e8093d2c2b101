"""Databases for tests: one server per run, one migrated template, one fresh copy per test."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from vlog.db import migrate
from vlog.db.engine import Database

TEMPLATE = "vlog_template"
_numbers = itertools.count(1)


def named(dsn: str, database: str) -> str:
    """The same server, another database."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{database}"))


async def make_template(dsn: str) -> None:
    """Create and migrate the database that ``fresh`` copies."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await connection.close()
    await migrate.upgrade(named(dsn, TEMPLATE))


@asynccontextmanager
async def fresh(dsn: str) -> AsyncIterator[str]:
    """A copy of the template; the value is its DSN. It is dropped afterwards."""
    name = f"vlog_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        try:
            yield named(dsn, name)
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@asynccontextmanager
async def opened(dsn: str, *, max_connections: int = 10) -> AsyncIterator[Database]:
    """An open ``Database``."""
    db = Database(dsn, max_connections=max_connections)
    await db.open()
    try:
        yield db
    finally:
        await db.close()


async def shift_clock(db: Database, interval: str) -> None:
    """Move ``app_now()`` for all new connections of this database, such as by ``"2 minutes"``."""
    name = await db.fetchval("SELECT current_database()")
    await db.pool.execute(f"ALTER DATABASE {name} SET vlog.clock_shift = '{interval}'")
    await expire(db)


async def expire(db: Database) -> None:
    """Let the next calls be on fresh connections; the one that reads leave each other is in our hand."""
    async with db.acquired():
        await db.pool.expire_connections()
