"""`vlog up`: a whole installation on this machine, started in order, watched, and stopped without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from vlog.cli import folders, ports
from vlog.cli.console import CombinedLog, LogStream, standard_terminal
from vlog.cli.health import until_healthy
from vlog.cli.plain import DEBUG, run_plainly
from vlog.cli.prepare import Prepared, prepare
from vlog.config import Config, load
from vlog.db.embedded import EmbeddedPostgres
from vlog.db.external import require_usable
from vlog.kit.children import Backoff, ChildSpec, Ended, ProcessGroup
from vlog.kit.clock import monotonic_seconds
from vlog.kit.ending import end
from vlog.kit.errors import Conflict, Fault, VlogError
from vlog.kit.filelock import FileLock
from vlog.kit.supervise import run_until_signalled
from vlog.telemetry.logs import configure, get_logger

# Together with the log's last words under ten seconds: after that, people reach for kill -9.
CHILDREN_SECONDS = 7.0
DATABASE_SECONDS = 2.0
# A child that can't start says so each time; after this many times it is told to the person who waits.
_HOPELESS_ENDS = 3
_PYTHON = (sys.executable, "-P")
COMMANDS = {
    "serve": (*_PYTHON, "-m", "vlog.cli.serve", "all"),
    "transcoder": (*_PYTHON, "-m", "vlog.cli.transcoder"),
    "background": (*_PYTHON, "-m", "vlog.cli.background"),
}

_log = get_logger(__name__)


def main() -> None:
    """Check what can be checked, then run until a signal. Raises ``VlogError`` in plain words."""
    config = load()
    warnings = folders.prepare(config, os.environ)
    lock = FileLock(config.data_dir / "vlog.lock")
    try:
        lock.acquire()
    except Conflict as error:
        raise Conflict(
            f"VLog runs already on {config.data_dir} (process {error.details['process_id']}): "
            f"use that one at {config.public_base_url}, or give this one its own VLOG_DATA_DIR and ports.",
            code="already_running",
        ) from error
    ports.require_free(config)
    asyncio.run(_live(config, warnings))


async def _live(config: Config, warnings: list[str]) -> None:
    log = CombinedLog(standard_terminal(), config.data_dir / "logs")
    configure(config, stream=LogStream(log, "vlog"))
    up = Up(config, log)
    try:
        for warning in warnings:
            _log.warning(warning)
        if await run_until_signalled(up.run(), signals=_stop_signals(), on_repeat=up.hurry):
            log.say("VLog has stopped.")
    finally:
        log.close()


def _stop_signals() -> list[signal.Signals]:
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    # Under nohup the terminal's end is none of our business.
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangs_up else [])]


class Up:
    """The running installation."""

    def __init__(self, config: Config, log: CombinedLog) -> None:
        self._config = config
        self._log = log
        self._group: ProcessGroup | None = None
        self._hopeless: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Start everything and stay; being cancelled, or failing, stops what was started in reverse order."""
        async with AsyncExitStack() as stack:
            dsn = await self._open_database(stack)
            prepared = await prepare(self._config, dsn)
            self._group = ProcessGroup(
                self._specs(dsn), on_line=self._log.line, on_end=self._on_end, backoff=Backoff()
            )
            stack.push_async_callback(self._group.stop, seconds=CHILDREN_SECONDS)
            stack.callback(self._log.say, "Stopping …")
            self._group.start()
            await self._until_ready()
            self._greet(prepared, seconds=_age_seconds())
            await asyncio.Event().wait()

    def hurry(self) -> None:
        """A second Ctrl-C: the children end now. The database still gets its moment."""
        if self._group is not None:
            self._group.kill()

    async def _open_database(self, stack: AsyncExitStack) -> str:
        if self._config.database_url is not None:
            await require_usable(self._config.database_url)
            return self._config.database_url
        self._log.say("Starting the database …")
        server = EmbeddedPostgres(self._config.data_dir)
        dsn = await server.start()
        stack.push_async_callback(server.stop, seconds=DATABASE_SECONDS)
        watch = asyncio.create_task(_keep_running(server), name="database")
        stack.push_async_callback(end, watch)
        return dsn

    def _specs(self, dsn: str) -> list[ChildSpec]:
        environment = {**os.environ, **_environment(self._config), "VLOG_DATABASE_URL": dsn}
        return [
            ChildSpec(name=name, command=command, environment=environment)
            for name, command in COMMANDS.items()
        ]

    def _on_end(self, ended: Ended) -> None:
        if not self._hopeless.done() and ended.count >= _HOPELESS_ENDS:
            self._hopeless.set_result(ended)

    async def _until_ready(self) -> None:
        healthy = asyncio.create_task(until_healthy(self._config))
        try:
            either: list[asyncio.Future[Any]] = [healthy, self._hopeless]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not healthy.done():
                ended = self._hopeless.result()
                words = ended.last_lines[-1] if ended.last_lines else ended.how
                raise Fault(f"The process {ended.name} does not start: {words}", code="child_failed")
            healthy.result()
        finally:
            healthy.cancel()

    def _greet(self, prepared: Prepared, *, seconds: float) -> None:
        config = self._config
        lines = [
            "",
            self._log.strong(f"VLog is ready ({seconds:.1f} s)."),
            "",
            f"  Watch       {config.public_base_url}",
            f"  Admin       {config.admin_base_url}",
            f"  Worker API  {ports.local_url(config.host, config.worker_api_port)}",
            "",
        ]
        if prepared.setup_link is not None:
            lines += [
                self._log.strong("  Choose the admin secret with this link; it works once, for 24 hours:"),
                f"  {self._log.strong(prepared.setup_link)}",
                "",
            ]
        lines += [f"  Data and logs are in {config.data_dir}. Ctrl-C stops everything.", ""]
        for line in lines:
            self._log.say(line)
        if not prepared.storage_is_writable:
            _log.warning(
                "the storage folder is empty although there are videos: is its disk mounted? "
                "Until it is, nothing can be uploaded and no video plays",
                folder=str(config.storage_path),
            )


def _age_seconds() -> float:
    """How long this process lives: what the person who started it has waited, loading of modules included.

    Field 22 of /proc/self/stat is the start in clock ticks since boot (proc_pid_stat(5)).
    """
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _environment(config: Config) -> dict[str, str]:
    """The paths as children must see them: they run in another folder."""
    paths = {
        "VLOG_DATA_DIR": config.data_dir,
        "VLOG_STORAGE_PATH": config.storage_path,
        "VLOG_FFMPEG": config.ffmpeg,
        "VLOG_FFPROBE": config.ffprobe,
    }
    return {name: str(path) for name, path in paths.items() if path is not None}


async def _keep_running(server: EmbeddedPostgres) -> None:
    """Start the database again whenever it ends by itself; services reconnect."""
    backoff, failures = Backoff(), 0
    while True:
        started = monotonic_seconds()
        exit_code = await server.process.wait()
        failures = 1 if monotonic_seconds() - started > backoff.healthy_seconds else failures + 1
        while True:
            delay = backoff.seconds(failures)
            _log.error("database ended", exit_code=exit_code, restart_seconds=delay)
            await asyncio.sleep(delay)
            try:
                await server.start()
            except VlogError as error:
                _log.error("database does not start", reason=error.message)
                failures += 1
            else:
                break


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
