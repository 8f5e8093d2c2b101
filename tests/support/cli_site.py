"""The command line and a real admin service on a context's database, both in this process."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs

from tests.support.admin_stub import SECRET
from tests.support.cli import Cli, Done
from vlog.api.app import build_admin
from vlog.context import Context


@dataclass
class Terminal:
    """The command with a service that answers."""

    cli: Cli

    async def __call__(self, *words: str, typed: str = "", **environment: str) -> Done:
        """What a command says and how it ends; the service goes on meanwhile."""
        return await asyncio.to_thread(self.cli, *words, typed=typed, **environment)

    async def json(self, *words: str, code: int = 0, typed: str = "") -> Any:
        """The document that a command prints with ``--json``."""
        done = await self(*words, "--json", typed=typed)
        assert done.code == code, done
        return json.loads(done.out)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        """The test runner has handlers of its own."""
        yield


@asynccontextmanager
async def terminal(
    ctx: Context, home: Path, *, capture: pytest.CaptureFixture[str]
) -> AsyncIterator[Terminal]:
    """A running admin service and the command that talks to it."""
    service = build_admin(replace(ctx, config=replace(ctx.config, admin_secret=SECRET)))
    config = uvicorn.Config(
        service.app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    # What the service logs would stand among what the command prints.
    with capture_logs(), socket.create_server(("127.0.0.1", 0)) as opened:
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        try:
            yield Terminal(Cli(home, url, capture=capture))
        finally:
            server.should_exit = True
            await serving
            service.close()
