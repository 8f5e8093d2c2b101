"""What a page of 24 videos costs the server, in its own CPU time: asked of the database, kept, and unchanged.

Each form of the answer is a process of its own on one installation. A client in this process asks over
connections that stay open (where the database is asked, over one: those who ask at once would share an
answer); only the server's CPU is counted (``/proc/{pid}/schedstat``), so the client's does
not matter and other work on the machine hardly. The named peer is the plain form of the same answer, FastAPI
with a pydantic model.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.report import Claim, save
from tests.support.api import make_ready
from tests.support.installation import Installation, free_ports, running
from vlog.config import load
from vlog.context import open_context

VIDEOS = 24
CONNECTIONS = {"uncached": 1, "peer": 1, "cached": 16, "not modified": 16}
ROUNDS = 3
REQUESTS = 2000
WARM_UP = 300
PATH = f"/api/videos?limit={VIDEOS}"
UNCACHED_GOAL_MS = 0.5
CACHED_GOAL_MS = 0.2


def run() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder, running(Path(folder)) as installation:
        asyncio.run(_fill(installation))
        figures, size_bytes = _measure(installation)
    per_request = {name: statistics.median(rounds) * 1000 for name, rounds in figures.items()}
    peer = per_request["peer"]
    save(
        "list_api",
        [
            _claim("24 videos from the database", per_request["uncached"], UNCACHED_GOAL_MS, peer),
            _claim("the same, kept", per_request["cached"], CACHED_GOAL_MS, peer),
            _claim("304", per_request["not modified"], CACHED_GOAL_MS, peer),
        ],
        {
            "cpu_ms_per_request": {name: round(value, 4) for name, value in per_request.items()},
            "rounds_ms": {name: [round(each * 1000, 4) for each in found] for name, found in figures.items()},
            "peer": "FastAPI with a pydantic response_model, same query on asyncpg, uvicorn without a log",
            "body_bytes": size_bytes,
            "connections": CONNECTIONS,
            "requests_per_round": REQUESTS,
        },
    )


def _claim(name: str, measured: float, goal: float, peer: float) -> Claim:
    note = f"FastAPI + pydantic: {peer:.3f} ms, {peer / measured:.1f} ×"
    return Claim(name=f"{name}, CPU per request", measured=measured, goal=goal, unit="ms", note=note)


async def _fill(installation: Installation) -> None:
    async with open_context(load(installation.environment)) as ctx:
        for number in range(VIDEOS):
            await make_ready(ctx, f"A video with a title of ordinary length, number {number}")


def _measure(installation: Installation) -> tuple[dict[str, list[float]], int]:
    python = sys.executable
    servers = {
        "uncached": [python, "-m", "benchmarks.list_servers", "uncached"],
        "cached": installation.command("serve", "public"),
        "peer": [python, "-m", "benchmarks.list_servers", "peer"],
    }
    figures: dict[str, list[float]] = {name: [] for name in (*servers, "not modified")}
    size_bytes = 0
    # Round by round, so that what else the machine does falls on all alike.
    for _ in range(ROUNDS):
        for name, command in servers.items():
            with _served(installation, command) as (pid, port):
                plain = _request(port)
                body, tag = _ask(port, plain)
                size_bytes = len(body)
                figures[name].append(_cpu_per_request(pid, port, plain, over=CONNECTIONS[name]))
                if name == "cached":
                    conditional = _request(port, f"If-None-Match: {tag}\r\n")
                    unchanged = _cpu_per_request(pid, port, conditional, over=CONNECTIONS["not modified"])
                    figures["not modified"].append(unchanged)
    return figures, size_bytes


@contextmanager
def _served(installation: Installation, command: list[str]) -> Iterator[tuple[int, int]]:
    port = free_ports()[0]
    environment = {**installation.environment, "VLOG_PUBLIC_PORT": str(port)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process.pid, port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("a server of the benchmark did not start") from None
            time.sleep(0.05)
        else:
            return


def _request(port: int, more: str = "") -> bytes:
    return f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n{more}\r\n".encode()


def _ask(port: int, request: bytes) -> tuple[bytes, str]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        head, body = _answer(connection)
    tags = [line.partition(b": ")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"etag:")]
    return body, tags[0].decode() if tags else ""


def _cpu_per_request(pid: int, port: int, request: bytes, *, over: int) -> float:
    """Seconds of the server's CPU for one request."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(over)]
    try:
        _send(connections, request, WARM_UP)
        before = _cpu_seconds(pid)
        _send(connections, request, REQUESTS)
        return (_cpu_seconds(pid) - before) / REQUESTS
    finally:
        for connection in connections:
            connection.close()


def _send(connections: list[socket.socket], request: bytes, count: int) -> None:
    for start in range(0, count, len(connections)):
        some = connections[: min(len(connections), count - start)]
        for connection in some:
            connection.sendall(request)
        for connection in some:
            _answer(connection)


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(1 << 18)
    head = bytes(data[:end])
    status = head[9:12]
    assert status in (b"200", b"304"), head
    if status == b"304":
        return head, b""
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = data[end + 4 :]
    while len(body) < length:
        body += connection.recv(1 << 18)
    return head, bytes(body)


def _cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, in seconds (proc(5), schedstat: nanoseconds)."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
