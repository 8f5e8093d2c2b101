"""`vlog db`: the schema of the database, for installations whose processes are started apart."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vlog.cli.plain import DEBUG, run_plainly
from vlog.cli.prepare import prepare
from vlog.config import Config, load
from vlog.db import revision
from vlog.db.cluster_files import Layout
from vlog.db.embedded import EmbeddedPostgres, existing_dsn
from vlog.db.external import require_usable
from vlog.kit.errors import Fault, Unavailable


def main() -> None:
    """Run ``upgrade`` or ``status``, the last argument. Raises ``VlogError`` in plain words."""
    actions = {"upgrade": upgrade, "status": status}
    action = actions.get(sys.argv[-1])
    if action is None:
        raise Fault(f"There are {' and '.join(actions)}.", code="bad_action")
    asyncio.run(action(load()))


async def upgrade(config: Config) -> None:
    """Bring schema and storage to the state that this code needs."""
    async with reachable(config) as dsn:
        before, _ = await revision.revision(dsn)
        await prepare(config, dsn)
        after, _ = await revision.revision(dsn)
    print(
        f"The schema is at {after}" + (" already." if before == after else f"; it was at {before or 'none'}.")
    )


async def status(config: Config) -> None:
    """Print where the schema stands; raises ``Unavailable`` when services would not run on it."""
    if config.database_url is None and not Layout(config.data_dir).majors():
        raise Unavailable(
            f"There is no database in {config.data_dir} yet: `vlog up` or `vlog db upgrade` makes it.",
            code="no_database",
        )
    async with reachable(config) as dsn:
        found, needed = await revision.revision(dsn)
    if found != needed:
        raise Unavailable(
            f"The schema is at {found or 'none'} and this VLog needs {needed}: run `vlog db upgrade`.",
            code="schema_outdated",
        )
    print(f"The schema is at {found}, as this VLog needs it.")


@asynccontextmanager
async def reachable(config: Config) -> AsyncIterator[str]:
    """The configured database, the embedded one that runs, or the embedded one started for this command."""
    if config.database_url is not None:
        await require_usable(config.database_url)
        yield config.database_url
        return
    try:
        dsn = existing_dsn(config.data_dir)
    except Unavailable:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        server = EmbeddedPostgres(config.data_dir)
        dsn = await server.start()
        try:
            yield dsn
        finally:
            await server.stop()
    else:
        yield dsn


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
