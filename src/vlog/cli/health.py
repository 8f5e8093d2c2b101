"""Waits until the services of a starting installation answer."""

from __future__ import annotations

import asyncio

from vlog.cli.ports import ports_of
from vlog.config import Config
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Unavailable

_PATHS = ("/health", "/health", "/api/health")
_START_SECONDS = 60.0
_ANSWER_SECONDS = 5.0
_PAUSE_SECONDS = 0.05
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


async def until_healthy(config: Config) -> None:
    """Return when all three services have answered their health check; any answer of theirs is one.

    A service that is up but unwell says why on its own page, which is better than not starting. Raises
    ``Unavailable`` after a minute.
    """
    host = _EVERYWHERE.get(config.host, config.host)
    deadline = monotonic_seconds() + _START_SECONDS
    for port, path in zip(ports_of(config), _PATHS, strict=True):
        while not await answers(host, port.number, path=path):
            if monotonic_seconds() > deadline:
                raise Unavailable(
                    f"The service on port {port.number} does not answer: its log in "
                    f"{config.data_dir / 'logs'} says why.",
                    code="service_silent",
                )
            await asyncio.sleep(_PAUSE_SECONDS)


async def answers(host: str, port: int, *, path: str, seconds: float = _ANSWER_SECONDS) -> bool:
    """Whether an HTTP server answers; by hand, because a client library takes longer to load than to ask."""
    name = f"[{host}]" if ":" in host else host
    request = f"GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request.encode())
                return (await reader.readline()).startswith(b"HTTP/1.")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
