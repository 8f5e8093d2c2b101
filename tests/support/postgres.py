"""A PostgreSQL server for tests: the product's own embedded one, in a folder that goes away."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vlog.db.embedded import EmbeddedPostgres


@asynccontextmanager
async def temporary_postgres() -> AsyncIterator[str]:
    """A server without a disk's patience; the value is the DSN of its empty database ``vlog``."""
    # Not pytest's folder: those names grow beyond what a socket's path may have, and are kept after the run.
    with tempfile.TemporaryDirectory(prefix="vlog-test-") as folder:
        server = EmbeddedPostgres(Path(folder), durable=False)
        dsn = await server.start()
        try:
            yield dsn
        finally:
            await server.stop()
