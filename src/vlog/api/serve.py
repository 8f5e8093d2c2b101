"""Runs the services of this process: up to three listeners in one event loop, one set of signals for all."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress

import uvicorn
import uvloop
from starlette.types import ASGIApp

from vlog.api import descriptors
from vlog.api.app import Service, build_admin, build_public, build_worker
from vlog.api.fast_protocol import FastProtocol
from vlog.config import Config
from vlog.context import Context, open_context, with_own_connections
from vlog.kit.errors import Invalid, Unavailable
from vlog.kit.supervise import Loop, Supervisor
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)

SERVICES = ("public", "admin", "worker-api")
# Idle connections of viewers between two segments: shorter, and each segment pays for a handshake.
KEEP_ALIVE_SECONDS = 15
# Open requests that get a chance to end before they are cut; event streams end by themselves at once.
GRACE_SECONDS = 4
# The kernel gives up on a peer that acknowledges nothing for this long: it can't hold our memory for ever.
PEER_TIMEOUT_MS = 60_000
BACKLOG = 1024
# What visitors do can't take a connection from the admin, nor from workers; the first is what services share.
SHARED_CONNECTIONS = 3
SERVICE_CONNECTIONS = 10
# Objects that may be made before the youngest are looked through; Python's 700 is less than one busy turn's.
GARBAGE_THRESHOLD = 20_000

_BUILDERS: dict[str, Callable[[Context], Service]] = {
    "public": build_public,
    "admin": build_admin,
    "worker-api": build_worker,
}


def run(config: Config, services: tuple[str, ...]) -> None:
    """Serve until a signal asks to stop, then end in at most ``GRACE_SECONDS`` and a little.

    ``services`` are names of ``SERVICES``. Raises ``Invalid`` for another name, ``Unavailable`` (code
    ``port_taken``) when a port can't be had, and whatever keeps the context from opening.
    """
    # Its lines at info repeat ours; what it complains about is heard.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, services))


async def serve(config: Config, services: tuple[str, ...]) -> None:
    """The same inside a running loop."""
    unknown = set(services) - set(SERVICES)
    if unknown or not services:
        raise Invalid(f"Services are {', '.join(SERVICES)}.", code="unknown_service")
    with ExitStack() as held:
        # Ports first: a port that is taken is said before anything else happens.
        sockets = {name: held.enter_context(_listening(config, name)) for name in dict.fromkeys(services)}
        async with (
            open_context(config, max_connections=SHARED_CONNECTIONS) as ctx,
            AsyncExitStack() as pools,
        ):
            connections = descriptors.most_connections(descriptors.raise_limit(), services=len(sockets))
            supervisor = Supervisor(stop_seconds=GRACE_SECONDS + 2)
            for name, opened in sockets.items():
                own = with_own_connections(ctx, max_connections=SERVICE_CONNECTIONS)
                service = _BUILDERS[name](await pools.enter_async_context(own))
                held.callback(service.close)
                supervisor.add(f"{name} service", _server_loop(service.app, opened, connections=connections))
                for loop_name, loop in service.loops:
                    supervisor.add(loop_name, loop)
                log.info("listening", service=name, address=_address(opened))
            # What is there now stays: looking through it for garbage again and again costs each request.
            gc.collect()
            gc.freeze()
            gc.set_threshold(GARBAGE_THRESHOLD)
            await supervisor.run()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: three servers can't each have them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server_loop(app: ASGIApp, opened: socket.socket, *, connections: int) -> Loop:
    async def loop(stopping: asyncio.Event) -> None:
        server = _Server(_uvicorn_config(app, connections))
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await serving
        finally:
            stop.cancel()
            serving.cancel()

    return loop


def _uvicorn_config(app: ASGIApp, connections: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=FastProtocol,
        ws="none",
        lifespan="off",
        # The log is ours: one line per request from the edge, in our format.
        log_config=None,
        access_log=False,
        server_header=False,
        # Headers that a client can write are not believed: no proxy is declared as ours.
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=BACKLOG,
    )


@contextmanager
def _listening(config: Config, name: str) -> Iterator[socket.socket]:
    port, variable = _port_of(config, name)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise Unavailable(
            f"VLOG_HOST={config.host} is no address of this machine: {error.strerror}.", code="bad_host"
        ) from error
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it (tcp(7)).
        with suppress(OSError, AttributeError):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_TIMEOUT_MS)
        _bind(opened, address, variable=variable)
        yield opened
    finally:
        opened.close()


def _bind(opened: socket.socket, address: tuple[object, ...], *, variable: str) -> None:
    try:
        opened.bind(address)
        opened.listen(BACKLOG)
        opened.setblocking(False)
    except OSError as error:
        raise Unavailable(
            f"Port {address[1]} on {address[0]} can't be used ({error.strerror}): end what uses it,"
            f" or set {variable} to another number.",
            code="port_taken",
        ) from error


def _port_of(config: Config, name: str) -> tuple[int, str]:
    return {
        "public": (config.public_port, "VLOG_PUBLIC_PORT"),
        "admin": (config.admin_port, "VLOG_ADMIN_PORT"),
        "worker-api": (config.worker_api_port, "VLOG_WORKER_API_PORT"),
    }[name]


def _address(opened: socket.socket) -> str:
    host, port = opened.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
