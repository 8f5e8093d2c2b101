"""The embedded PostgreSQL: made whole or not at all, private, recovering, and never left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.processes import alive, descendants, left_after
from vlog.db.embedded import EmbeddedPostgres, existing_dsn
from vlog.kit.errors import Conflict, Unavailable

# A process that runs a server on its first argument until it is killed.
OWNER = """
import asyncio, sys
from pathlib import Path
from vlog.db.embedded import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
    print(await server.start(), server.process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change identities")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vlog-pg-") as folder:
        yield Path(folder)


@asynccontextmanager
async def server(data_dir: Path) -> AsyncIterator[tuple[EmbeddedPostgres, str]]:
    running = EmbeddedPostgres(data_dir, durable=False)
    dsn = await running.start()
    try:
        yield running, dsn
    finally:
        await running.stop()


@asynccontextmanager
async def owned_elsewhere(data_dir: Path, prefix: Sequence[str] = ()) -> AsyncIterator[tuple[int, str, int]]:
    """A server of another process: that process, the DSN, the server's process."""
    owner = await asyncio.create_subprocess_exec(
        *(*prefix, sys.executable, "-c", OWNER, str(data_dir)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert owner.stdout is not None
        line = (await asyncio.wait_for(owner.stdout.readline(), 60)).decode().split()
        yield owner.pid, line[0], int(line[1])
    finally:
        if owner.returncode is None:
            owner.kill()
        await owner.wait()


async def execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_survives_a_restart(data_dir: Path) -> None:
    async with server(data_dir) as (_, dsn):
        await execute(dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
    async with server(data_dir) as (_, dsn):
        assert await value(dsn, "SELECT n FROM kept") == 42
    assert "database system was shut down at" in (data_dir / "logs" / "postgres.log").read_text()


async def test_the_cluster_is_private_and_stable(data_dir: Path) -> None:
    async with server(data_dir) as (_, dsn):
        assert await value(dsn, "SHOW listen_addresses") == ""
        assert await value(dsn, "SHOW data_checksums") == "on"
        assert await value(dsn, "SELECT datlocprovider FROM pg_database WHERE datname = 'vlog'") == b"b"
        assert await value(dsn, "SHOW jit") == "off"
        assert (data_dir / "run").stat().st_mode & 0o777 == 0o700
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn, password="guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn, password="")
    assert (data_dir / "pg.secret").stat().st_mode & 0o777 == 0o600
    assert (data_dir / "pg18").stat().st_mode & 0o777 == 0o700


async def test_the_dsn_suits_both_drivers(data_dir: Path) -> None:
    async with server(data_dir) as (_, dsn):
        engine = create_async_engine(dsn.replace("postgresql:", "postgresql+asyncpg:", 1))
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT current_database()"))).scalar() == "vlog"
        await engine.dispose()


async def test_others_find_the_running_server(data_dir: Path) -> None:
    with pytest.raises(Unavailable, match="vlog up"):
        existing_dsn(data_dir)
    async with server(data_dir) as (_, dsn):
        assert existing_dsn(data_dir) == dsn
    with pytest.raises(Unavailable, match="vlog up"):
        existing_dsn(data_dir)


async def test_a_second_start_on_the_same_data_is_refused_and_harmless(data_dir: Path) -> None:
    async with server(data_dir) as (_, dsn):
        with pytest.raises(Conflict, match=f"process {os.getpid()}.*VLOG_DATA_DIR"):
            await EmbeddedPostgres(data_dir, durable=False).start()
        assert await value(dsn, "SELECT 1") == 1


async def test_a_killed_owner_takes_the_server_along_in_peace(data_dir: Path) -> None:
    async with owned_elsewhere(data_dir) as (owner, dsn, postmaster):
        await execute(dsn, "CREATE TABLE kept (n int)")
        processes = {postmaster, *descendants(postmaster)}
        assert len(processes) > 3
        os.kill(owner, signal.SIGKILL)
        assert not left_after({owner}, 5)
        # The next start needs no patience of the caller.
        async with server(data_dir) as (_, second):
            assert await value(second, "SELECT count(*) FROM kept") == 0
        assert not left_after(processes, 5)
    log = (data_dir / "logs" / "postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert "automatic recovery in progress" not in log


async def test_a_killed_server_recovers_what_was_committed(data_dir: Path) -> None:
    running = EmbeddedPostgres(data_dir)
    dsn = await running.start()
    try:
        session = await asyncpg.connect(dsn)
        await session.execute("CREATE TABLE kept AS SELECT * FROM generate_series(1, 1000)")
        running.process.kill()
        await running.process.wait()
        # While the old session is still open on the client's side.
        assert await running.start() == dsn
        assert await value(dsn, "SELECT count(*) FROM kept") == 1000
        session.terminate()
    finally:
        await running.stop()


async def test_a_process_number_that_was_reused_is_no_obstacle(data_dir: Path) -> None:
    """After a restart of the machine or container, postmaster.pid names whatever program got that number."""
    async with server(data_dir) as (running, _):
        running.process.kill()
        await running.process.wait()
    stranger = await asyncio.create_subprocess_exec("/bin/sleep", "600")
    try:
        lock = data_dir / "pg18" / "postmaster.pid"
        _, *rest = lock.read_text().splitlines(keepends=True)
        lock.write_text("".join([f"{stranger.pid}\n", *rest]))
        with pytest.raises(Unavailable):
            existing_dsn(data_dir)
        async with server(data_dir) as (_, dsn):
            assert await value(dsn, "SELECT 1") == 1
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_half_made_cluster_is_made_anew(data_dir: Path) -> None:
    (data_dir / "pg18.tmp" / "base").mkdir(parents=True)
    (data_dir / "pg18.tmp" / "PG_VERSION").write_text("18\n")
    async with server(data_dir) as (_, dsn):
        assert await value(dsn, "SELECT 1") == 1
    assert not (data_dir / "pg18.tmp").exists()


async def test_a_cluster_of_another_version_is_left_alone(data_dir: Path) -> None:
    old = data_dir / "pg14"
    old.mkdir()
    (old / "PG_VERSION").write_text("14\n")
    with pytest.raises(Unavailable, match=r"PostgreSQL 14.*pg_dump"):
        await EmbeddedPostgres(data_dir).start()
    assert sorted(path.name for path in data_dir.glob("pg1*")) == ["pg14"]


async def test_a_damaged_cluster_is_not_replaced_by_an_empty_one(data_dir: Path) -> None:
    (data_dir / "pg18" / "base").mkdir(parents=True)
    with pytest.raises(Unavailable, match="backup"):
        await EmbeddedPostgres(data_dir).start()
    assert (data_dir / "pg18" / "base").is_dir()


async def test_a_lost_password_is_told(data_dir: Path) -> None:
    async with server(data_dir):
        pass
    (data_dir / "pg.secret").unlink()
    with pytest.raises(Unavailable, match=r"pg\.secret is missing"):
        await EmbeddedPostgres(data_dir).start()
    (data_dir / "pg.secret").write_text("wrong")
    with pytest.raises(Unavailable, match="refuses the password"):
        await EmbeddedPostgres(data_dir).start()


async def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    async with server(data_dir):
        pass
    with (data_dir / "pg18" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = nonsense\n")
    failing = EmbeddedPostgres(data_dir)
    with pytest.raises(Unavailable, match=r"start: configuration file .*postgresql\.conf"):
        await failing.start()
    # Nothing is held that a second attempt needs.
    (data_dir / "pg18" / "postgresql.conf").write_text("")
    async with server(data_dir) as (_, dsn):
        assert await value(dsn, "SELECT 1") == 1


async def test_a_long_path_gets_a_socket_elsewhere(data_dir: Path) -> None:
    deep = data_dir / ("very-long-folder-name-" * 5) / 'with, comma "quote" and späce'
    deep.mkdir(parents=True)
    async with server(deep) as (_, dsn):
        assert existing_dsn(deep) == dsn
        folder = Path(str(await value(dsn, "SHOW unix_socket_directories")).strip('"'))
        assert data_dir not in folder.parents
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


async def test_odd_folder_names_work(data_dir: Path) -> None:
    odd = data_dir / 'a, "b" é%2F'
    odd.mkdir()
    async with server(odd) as (_, dsn):
        assert await value(dsn, "SELECT 1") == 1
        assert existing_dsn(odd) == dsn


@as_root
async def test_as_root_the_server_is_nobody_and_files_stay_ours(data_dir: Path) -> None:
    async with server(data_dir) as (running, _):
        mapping = Path(f"/proc/{running.process.pid}/uid_map").read_text().split()
        assert mapping == ["65534", "0", "1"]
        assert (data_dir / "pg18").stat().st_uid == 0


@as_root
@pytest.mark.parametrize("private", [False, True], ids=["enterable", "private"])
async def test_where_namespaces_are_refused_the_server_has_its_own_user(
    data_dir: Path, *, private: bool
) -> None:
    """In a chroot, as in most containers, unshare(CLONE_NEWUSER) answers EPERM."""
    root = data_dir / "root"
    data = data_dir / "data"
    root.mkdir()
    data.mkdir()
    data_dir.chmod(0o700 if private else 0o755)
    jail = ("unshare", "--mount", "sh", "-c", 'mount --rbind / "$0" && exec chroot "$0" "$@"', str(root))
    async with owned_elsewhere(data, jail) as (owner, dsn, postmaster):
        status = Path(f"/proc/{postmaster}/status").read_text()
        assert "Uid:\t65432\t65432\t65432\t65432" in status
        # The folders above are the machine's affair: a temporary folder may be private as a whole.
        closed = private or not all(above.stat().st_mode & 0o001 for above in data_dir.parents)
        assert f"CapEff:\t{2 if closed else 0:016x}" in status
        assert (data / "pg18").stat().st_uid == 65432
        await execute(dsn, "CREATE TABLE kept (n int)")
        os.kill(owner, signal.SIGKILL)
        assert not left_after({postmaster}, 10)
    # Where namespaces work again, the cluster keeps its user.
    async with server(data) as (running, dsn):
        assert await value(dsn, "SELECT count(*) FROM kept") == 0
        assert "Uid:\t65432" in Path(f"/proc/{running.process.pid}/status").read_text()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="takes unshare(1)")
@pytest.mark.parametrize("user_id", [1234, 65534], ids=["a user without a name", "a user with a name"])
async def test_as_a_normal_user_nothing_is_special(data_dir: Path, user_id: int) -> None:
    """Containers run programs under numbers that /etc/passwd does not know, which initdb refuses."""
    become = ("unshare", "--user", f"--map-user={user_id}", f"--map-group={user_id}")
    async with owned_elsewhere(data_dir, become) as (_, dsn, postmaster):
        assert await value(dsn, "SELECT 1") == 1
        assert alive(postmaster)
