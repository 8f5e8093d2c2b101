"""The way out of the jail: what it lets pass, and that nothing is connected to that it does not."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vlog.kit.addresses import Network
from vlog.pipeline.egress import Egress

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"),)


class Far:
    """A server that says who asked, or sends elsewhere; it counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self.heads: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 1000)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def far() -> AsyncIterator[tuple[Far, int]]:
    found = Far()
    async with await asyncio.start_server(found, "127.0.0.1", 0) as server:
        yield found, server.sockets[0].getsockname()[1]


async def ask(path: Path, request: str) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def egress(*, allowed: tuple[Network, ...] = (), max_bytes: int = 1 << 20, **names: list[str]) -> Egress:
    """``names`` are what the resolver answers, one after the other."""

    async def resolve(host: str, port: int) -> list[str]:
        waiting = names.get(host.replace(".", "_"))
        if not waiting:
            return [host]
        return [waiting.pop(0) if len(waiting) > 1 else waiting[0]]

    return Egress(max_bytes=max_bytes, allowed=allowed, resolve=resolve)


async def test_what_is_allowed_passes_both_ways(tmp_path: Path) -> None:
    out = egress(allowed=LOOPBACK)
    async with far() as (server, port), out.serving(tmp_path / "s"):
        tunnel = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n"
        assert (await ask(tmp_path / "s", tunnel)).endswith(b"x" * 1000)
        plain = (
            f"GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nhost: x\r\nProxy-Authorization: secret\r\n\r\n"
        )
        assert (await ask(tmp_path / "s", plain)).endswith(b"x" * 1000)
    assert server.heads[1] == b"GET /a?b=c HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert out.received_bytes > 2000


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
@pytest.mark.parametrize("form", ["CONNECT {}:{} HTTP/1.1\r\n\r\n", "GET http://{}:{}/ HTTP/1.1\r\n\r\n"])
async def test_this_machine_is_not_reached(tmp_path: Path, host: str, form: str) -> None:
    out = Egress(max_bytes=1 << 20)
    async with far() as (server, port), out.serving(tmp_path / "s"):
        answer = await ask(tmp_path / "s", form.format(host, port))
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 502"))
    assert server.connections == 0


async def test_ports_of_other_services_are_closed(tmp_path: Path) -> None:
    out = egress(mail_example=["93.184.216.34"])
    async with out.serving(tmp_path / "s"):
        assert (await ask(tmp_path / "s", "CONNECT mail.example:25 HTTP/1.1\r\n\r\n")).startswith(
            b"HTTP/1.1 403"
        )
    assert out.refused == ["mail.example:25"]


async def test_a_name_that_changes_its_mind_gains_nothing(tmp_path: Path) -> None:
    """The first answer is judged and used; the second one, for the next connection, is judged anew."""
    out = egress(allowed=LOOPBACK, rebinding_example=["127.0.0.1", "10.0.0.1"])
    async with far() as (server, port), out.serving(tmp_path / "s"):
        request = f"GET http://rebinding.example:{port}/ HTTP/1.1\r\n\r\n"
        assert (await ask(tmp_path / "s", request)).startswith(b"HTTP/1.1 200")
        assert (await ask(tmp_path / "s", request)).startswith(b"HTTP/1.1 403")
    assert server.connections == 1


async def test_more_than_is_allowed_breaks_off(tmp_path: Path) -> None:
    out = egress(allowed=LOOPBACK, max_bytes=500)
    async with far() as (_, port), out.serving(tmp_path / "s"):
        answer = await ask(tmp_path / "s", f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n")
    assert len(answer) < 1000


@pytest.mark.parametrize(
    "request_", ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET file:///etc/passwd HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_for_a_proxy(tmp_path: Path, request_: str) -> None:
    out = Egress(max_bytes=1 << 20)
    async with out.serving(tmp_path / "s"):
        answer = await ask(tmp_path / "s", request_)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
