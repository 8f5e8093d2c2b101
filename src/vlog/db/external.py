"""A PostgreSQL that somebody else runs: can we use it? Asked once at the start, answered in one sentence."""

from __future__ import annotations

import os

import asyncpg

from vlog.db.cluster import OLDEST_MAJOR
from vlog.kit.errors import Invalid, Unavailable

_CONNECT_SECONDS = 5.0
_REMEDY = "correct VLOG_DATABASE_URL, or unset it to use the embedded database."


async def require_usable(dsn: str) -> None:
    """Raise ``Unavailable`` or ``Invalid`` with what to do, unless the database of ``dsn`` can be used."""
    connection = await usable(dsn)
    await connection.close(timeout=_CONNECT_SECONDS)


async def usable(dsn: str, *, seconds: float = _CONNECT_SECONDS) -> asyncpg.Connection:
    """A connection to it. Raises ``Unavailable`` or ``Invalid`` with what to do when it can't be used."""
    try:
        connection = await asyncpg.connect(dsn, timeout=seconds)
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError) as error:
        raise Unavailable(
            f"PostgreSQL refuses the user or password of VLOG_DATABASE_URL: {_REMEDY}",
            code="database_login",
        ) from error
    except asyncpg.InvalidCatalogNameError as error:
        raise Unavailable(
            f"The database that VLOG_DATABASE_URL names does not exist: create it (`createdb`), or {_REMEDY}",
            code="database_missing",
        ) from error
    except (asyncpg.InterfaceError, ValueError) as error:
        # The driver's words repeat the address, and with it the password.
        raise Invalid(
            "VLOG_DATABASE_URL is not an address like postgresql://user:password@host/database: " + _REMEDY,
            code="bad_database_url",
        ) from error
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Unavailable(
            f"The database of VLOG_DATABASE_URL does not answer ({_reason(error)}): start it, {_REMEDY}",
            code="database_unavailable",
        ) from error
    found = connection.get_server_version()
    if found.major < OLDEST_MAJOR:
        connection.terminate()
        raise Unavailable(
            f"The database runs PostgreSQL {found.major}; VLog needs {OLDEST_MAJOR} or newer: update it, "
            + _REMEDY,
            code="postgres_version",
        )
    return connection


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error.strerror if isinstance(error, OSError) and error.strerror else error)
