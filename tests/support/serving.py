"""The services as a process of their own, on ports that nobody else listens on."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx

from tests.support.api import SECRET
from vlog.context import Context

SCRIPT = (
    "import sys\n"
    "from vlog.api.serve import run\n"
    "from vlog.config import load\n"
    "from vlog.kit.errors import VlogError\n"
    "try:\n"
    "    run(load(), tuple(sys.argv[1:]))\n"
    "except VlogError as error:\n"
    "    sys.exit(f'{error.code}: {error.message}')\n"
)
ALL = ("public", "admin", "worker-api")


@dataclass
class Running:
    """A serving process and its ports: public, admin, worker."""

    process: Process
    ports: tuple[int, int, int]

    def url(self, number: int) -> str:
        """The address of one of them."""
        return f"http://127.0.0.1:{self.ports[number]}"


def free_ports() -> tuple[int, int, int]:
    """Three ports that nobody listens on right now."""
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [each.getsockname()[1] for each in opened]
    for each in opened:
        each.close()
    return ports[0], ports[1], ports[2]


async def start(
    ctx: Context, ports: tuple[int, int, int], *services: str, descriptors: int | None = None
) -> Process:
    """Start the named services on the context's database and storage, with so many descriptors at most."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(ctx.config.data_dir),
        "VLOG_DATA_DIR": str(ctx.config.data_dir),
        "VLOG_STORAGE_PATH": str(ctx.config.storage_path),
        "VLOG_DATABASE_URL": ctx.db.dsn,
        "VLOG_ADMIN_API_SECRET": SECRET,
        "VLOG_PUBLIC_PORT": str(ports[0]),
        "VLOG_ADMIN_PORT": str(ports[1]),
        "VLOG_WORKER_API_PORT": str(ports[2]),
    }
    command = [sys.executable, "-P", "-c", SCRIPT, *services]
    if descriptors is not None:
        command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *command]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)


@asynccontextmanager
async def serving(ctx: Context, *, descriptors: int | None = None) -> AsyncIterator[Running]:
    """All three, once they answer."""
    running = Running(await start(ctx, ports := free_ports(), *ALL, descriptors=descriptors), ports)
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(30):
            for number, path in enumerate(("/health", "/health", "/api/health")):
                while True:
                    with suppress(httpx.TransportError):
                        assert (await client.get(running.url(number) + path)).status_code == 200
                        break
                    assert running.process.returncode is None
                    await asyncio.sleep(0.05)
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.process.kill()
        # Read to the end, so that the pipes are closed before the loop is.
        await running.process.communicate()
