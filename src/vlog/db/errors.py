"""Turns PostgreSQL's and the driver's errors into ours, at the one border where the driver is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from vlog.kit.errors import Conflict, Invalid, Unavailable

# Worth another try as a whole: the transaction did nothing, and the cause passes by itself.
RETRYABLE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)


@contextmanager
def mapped() -> Iterator[None]:
    """Run database calls so that callers meet errors of ``kit.errors``, or ``RETRYABLE``."""
    try:
        yield
    except RETRYABLE:
        raise
    except asyncpg.UniqueViolationError as error:
        raise Conflict(
            "This exists already.", code="already_exists", constraint=error.constraint_name
        ) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise Invalid("What this refers to does not exist.", code="unknown_reference") from error
    except (asyncpg.CheckViolationError, asyncpg.DataError) as error:
        raise Invalid("The database refuses this value.", code="invalid_value") from error
    except asyncpg.ReadOnlySQLTransactionError as error:
        raise Unavailable("The database is read-only at the moment.", code="database_read_only") from error
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError) as error:
        raise Unavailable("The database has no space left.", code="database_full") from error
    except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError) as error:
        raise Unavailable("The database took too long.", code="database_slow") from error
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.TooManyConnectionsError,
        asyncpg.InterfaceError,
        # The driver's word for a connection that it can't use: its server has taken leave in between.
        asyncpg.InternalClientError,
        OSError,
        TimeoutError,
    ) as error:
        raise Unavailable("The database is not answering.", code="database_unavailable") from error
