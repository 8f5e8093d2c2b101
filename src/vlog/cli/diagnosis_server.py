"""What `vlog doctor` looks at around the server: database, schema, clocks, ports."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from vlog.cli import ports as port_checks
from vlog.cli.diagnosis import Line, Verdict, good
from vlog.cli.health import answers
from vlog.config import Config
from vlog.db import revision
from vlog.db.cluster import find_programs
from vlog.db.cluster_files import Layout
from vlog.db.embedded import existing_dsn
from vlog.db.external import usable
from vlog.kit.errors import Unavailable, VlogError

# Leases and sessions live on the database's clock; cookies and HTTP dates on this machine's.
SKEW_SECONDS = 5.0
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 2.0
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
_PATHS = ("/health", "/health", "/api/health")
_START = "Start it (`vlog up` does so for the embedded one), or correct VLOG_DATABASE_URL."


async def database(config: Config) -> list[Line]:
    """Whether it answers, what it is, its schema and its clock."""
    dsn = config.database_url
    if dsn is None:
        try:
            dsn = existing_dsn(config.data_dir)
        except Unavailable:
            return [await _at_rest(config)]
    try:
        connection = await usable(dsn, seconds=_CONNECT_SECONDS)
    except VlogError as error:
        return [Line("database", Verdict.BAD, error.message, _START)]
    try:
        version = connection.get_server_version()
        read_only = await connection.fetchval("SELECT current_setting('default_transaction_read_only')")
        theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
        skew = abs(theirs - time.time())
        schema = await _schema(connection)
    finally:
        connection.terminate()
    kind = "embedded" if config.database_url is None else "external"
    found = [good("database", f"PostgreSQL {version.major}.{version.minor}, {kind}")]
    if read_only == "on":
        remedy = "Make this server the primary, or unset default_transaction_read_only."
        found = [Line("database", Verdict.BAD, "it can only be read", remedy)]
    if skew > SKEW_SECONDS:
        remedy = "Let both machines follow the same time servers (chrony, systemd-timesyncd)."
        found.append(Line("clock", Verdict.WARNING, f"the database's differs by {skew:.0f} s", remedy))
    else:
        found.append(good("clock", "agrees with the database's"))
    return [*found, schema]


async def _at_rest(config: Config) -> Line:
    try:
        programs = await find_programs(Layout(config.data_dir).majors())
    except VlogError as error:
        return Line("database", Verdict.BAD, error.message, "Run `make up`, or set VLOG_DATABASE_URL.")
    return good("database", f"embedded PostgreSQL {programs.major}, not running now")


async def _schema(connection: asyncpg.Connection) -> Line:
    try:
        found = await revision.current(connection)
    except asyncpg.PostgresError as error:
        return Line("schema", Verdict.BAD, f"it can't be read ({error})", "Look at the database's log.")
    needed = revision.needed()
    if found == needed:
        return good("schema", f"{found}, as this VLog needs it")
    words = f"it is at {found or 'none'}, and this VLog needs {needed}"
    return Line("schema", Verdict.BAD, words, "Run `vlog db upgrade`; `vlog up` does it by itself.")


async def ports(config: Config) -> list[Line]:
    """Whether each is free, or VLog's already."""
    host = _LOCAL.get(config.host, config.host)
    wanted = port_checks.ports_of(config)
    ours = await asyncio.gather(
        *(
            answers(host, port.number, path=path, seconds=_ANSWER_SECONDS)
            for port, path in zip(wanted, _PATHS, strict=True)
        )
    )
    numbers = ", ".join(str(port.number) for port in wanted)
    if all(ours):
        return [good("ports", f"{numbers}: VLog answers on them")]
    if any(ours):
        silent = [str(port.number) for port, answer in zip(wanted, ours, strict=True) if not answer]
        remedy = "Its log says why; `vlog up` restarts what has ended."
        return [Line("ports", Verdict.WARNING, f"nothing answers on {', '.join(silent)}", remedy)]
    try:
        await asyncio.to_thread(port_checks.require_free, config)
    except VlogError as error:
        return [Line("ports", Verdict.BAD, error.message)]
    return [good("ports", f"{numbers} are free")]
