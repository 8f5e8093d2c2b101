"""The embedded PostgreSQL: a server of our own below the data folder, where no other one is configured."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg

from vlog.db import cluster
from vlog.db import cluster_files as files
from vlog.db.cluster_files import Layout
from vlog.db.postmaster import PREDECESSOR_SECONDS, forget_predecessor, outlast_predecessor, running_on
from vlog.kit.children import Identity, spawn
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Conflict, Unavailable
from vlog.kit.filelock import FileLock
from vlog.telemetry.rotation import rotate_in_place

DATABASE = "vlog"
# Recovery after a crash replays at most max_wal_size; a server that needs longer than this is stuck.
_READY_SECONDS = 300.0
_POLL_SECONDS = 0.02
_CONNECT_SECONDS = 10.0
_LOG_CHECK_SECONDS = 300.0

SETTINGS = {
    # A socket in a private folder: nothing listens on the network.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    # Our reads are short and mostly in the page cache: handing each to another process costs more than it.
    "io_method": "sync",
    # Compiling costs more than our short statements run.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
# For tests: nothing survives a power cut, and nothing waits for a disk.
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class EmbeddedPostgres:
    """One PostgreSQL server on ``data_dir``: created at the first start, stopped with its process.

    When this process dies, the kernel asks the server for a fast shutdown (SIGINT), so neither an orphan nor
    a recovery is left. ``durable=False`` is for tests: faster, and lost with the machine's power.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.layout = Layout(data_dir.absolute())
        self._durable = durable
        self._lock = FileLock(self.layout.lock)
        self._process: asyncio.subprocess.Process | None = None
        self._housekeeping: asyncio.Task[None] | None = None
        self._log_start = 0

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The running server; ``wait`` on it to learn of its end."""
        if self._process is None:
            raise RuntimeError("the embedded database is not running")
        return self._process

    async def start(self) -> str:
        """Start the server, creating cluster and database where they are missing; the answer is its DSN.

        Raises ``Conflict`` when another process runs this cluster, ``Unavailable`` with the reason when it
        can't run here. Call it again after ``stop``, or after the server has ended by itself.
        """
        self._rest()
        self.layout.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            programs = await cluster.find_programs(self.layout.majors())
            identity = await cluster.choose_identity(self.layout, programs)
            folder = self.layout.cluster(programs.major)
            await outlast_predecessor(folder)
            forget_predecessor(folder, self.layout.socket_folder)
            if self.layout.version(programs.major) is None:
                files.refuse_ruins(folder)
                await cluster.create(self.layout, programs, identity=identity, durable=self._durable)
            files.hand_over_once(folder, identity)
            files.make_private_folder(self.layout.socket_folder)
            files.hand_over([self.layout.socket_folder], identity)
            dsn = _dsn(self.layout, self.layout.socket_folder)
            await self._bring_up(dsn, programs.folder / "postgres", folder=folder, identity=identity)
            # It runs: nothing is to be undone.
            undo.pop_all()
        self._housekeeping = asyncio.create_task(self._keep_log_small())
        return dsn

    async def stop(self, *, seconds: float = 3.0) -> None:
        """End the server: fast (SIGINT) in ``seconds``, else at once (SIGQUIT; the next start recovers)."""
        self._rest()
        if self._process is not None:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    self._process.send_signal(number)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), seconds)
                    break
            self._process = None
            with suppress(OSError):
                self.layout.socket_folder.rmdir()
        self._lock.release()

    def _rest(self) -> None:
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            self._housekeeping = None

    def _take_lock(self) -> None:
        # Held already after the server has ended by itself.
        self._lock.release()
        try:
            self._lock.acquire()
        except Conflict as error:
            raise Conflict(
                f"Another VLog (process {error.details['process_id']}) runs the database in "
                f"{self.layout.data_dir}: stop it first, or give this one its own VLOG_DATA_DIR.",
                code="already_running",
            ) from error

    async def _bring_up(self, dsn: str, program: Path, *, folder: Path, identity: Identity) -> None:
        deadline = monotonic_seconds() + PREDECESSOR_SECONDS
        while True:
            await self._launch(program, folder, identity=identity)
            if (reason := await self._until_ready(dsn)) is None:
                return
            # Sessions of a server that was killed end when they notice; until then they hold its memory.
            if "shared memory block" not in reason or monotonic_seconds() > deadline:
                raise Unavailable(
                    f"The database did not start: {reason} (log: {self.layout.log})", code="postgres_start"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _launch(self, program: Path, folder: Path, *, identity: Identity) -> None:
        settings = {**SETTINGS, **({} if self._durable else _VOLATILE)}
        settings["unix_socket_directories"] = f'"{self.layout.socket_folder}"'
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        rotate_in_place(self.layout.log)
        self._log_start = self.layout.log.stat().st_size if self.layout.log.exists() else 0
        # A file, not a pipe: a server must not wait for whoever reads its log.
        with self.layout.log.open("ab") as log:
            self._process = await spawn(
                [str(program), "-D", str(folder), *options],
                environment=cluster.ENVIRONMENT,
                output=log,
                identity=identity,
                death_signal=signal.SIGINT,
            )

    async def _until_ready(self, dsn: str) -> str | None:
        """``None`` when the server answers, else the reason why it does not."""
        deadline = monotonic_seconds() + _READY_SECONDS
        while not await _answers(dsn):
            if self.process.returncode is not None or monotonic_seconds() > deadline:
                with self.layout.log.open("rb") as log:
                    log.seek(self._log_start)
                    return cluster.last_line(log.read().decode(errors="replace"))
            await asyncio.sleep(_POLL_SECONDS)
        return None

    async def _keep_log_small(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_SECONDS)
            rotate_in_place(self.layout.log)


def existing_dsn(data_dir: Path) -> str:
    """The DSN of the embedded server that another process runs on ``data_dir``.

    Raises ``Unavailable`` (code ``database_not_running``) when there is none.
    """
    layout = Layout(data_dir.absolute())
    for major in reversed(layout.majors()):
        running = running_on(layout.cluster(major))
        if running is not None and running.ready:
            return _dsn(layout, running.socket_folder)
    raise Unavailable(
        f"No database runs in {data_dir}: start `vlog up` first, or set VLOG_DATABASE_URL.",
        code="database_not_running",
    )


def _dsn(layout: Layout, socket_folder: Path) -> str:
    secret = quote(files.password(layout), safe="")
    return f"postgresql://{cluster.USER}:{secret}@/{DATABASE}?host={quote(str(socket_folder), safe='')}"


async def _answers(dsn: str) -> bool:
    """Whether the server takes connections to our database, which is made when it is missing."""
    try:
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS)
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(dsn, database="postgres", timeout=_CONNECT_SECONDS)
        with suppress(asyncpg.DuplicateDatabaseError):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    except asyncpg.InvalidPasswordError as error:
        raise Unavailable(
            "The embedded database refuses the password in pg.secret: restore that file from a backup.",
            code="postgres_secret_wrong",
        ) from error
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
        return False
    await connection.close(timeout=_CONNECT_SECONDS)
    return True
