"""Uploads over real connections, where bodies go past the parser: cut, slow, refused, left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from tests.support.api import SECRET, change
from tests.support.serving import serving
from tests.support.tus import OCTETS, TUS, assert_is_video, begin, checksum, offset_of, received, send
from vlog.context import Context
from vlog.settings.store import put

DATA = os.urandom(3_000_017)


@pytest.fixture
async def admin(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    await change(ctx.db, lambda tx: put(tx, "storage.upload_idle_seconds", 3, actor="test"))
    async with serving(ctx) as running:
        secret = {"X-Admin-Secret": SECRET}
        async with httpx.AsyncClient(base_url=running.url(1), headers=secret, timeout=60) as client:
            yield client


@dataclass
class Connection:
    """One of the test's own, on which it sends what it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def patch(self, path: str, *, offset: int, length: int, headers: dict[str, str] | None = None) -> None:
        """The head of a request; the body is written by the test."""
        said = {"Host": "localhost", "X-Admin-Secret": SECRET, "Content-Length": str(length)}
        said |= TUS | OCTETS | {"Upload-Offset": str(offset)} | (headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self.writer.write(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())

    async def answer(self) -> tuple[int, bytes]:
        """Status, and the whole answer."""
        async with asyncio.timeout(30):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int((head.lower().partition(b"content-length: ")[2].split(b"\r\n") or [b"0"])[0] or 0)
            return int(head.split()[1]), head + await self.reader.readexactly(length)

    async def leave(self) -> None:
        """Close it without a word."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


Connect = Callable[[], Awaitable[Connection]]


@pytest.fixture
async def connect(admin: httpx.AsyncClient) -> AsyncIterator[Connect]:
    opened: list[Connection] = []

    async def connect() -> Connection:
        opened.append(Connection(*await asyncio.open_connection("127.0.0.1", admin.base_url.port)))
        return opened[-1]

    yield connect
    for each in opened:
        await each.leave()


async def acknowledged(admin: httpx.AsyncClient, path: str, count: int) -> None:
    async with asyncio.timeout(30):
        while (await admin.get(path)).json()["offset_bytes"] < count:
            await asyncio.sleep(0.05)


async def test_clients_that_leave_lose_nothing_that_came(
    ctx: Context, admin: httpx.AsyncClient, connect: Connect
) -> None:
    for share in (0.01, 0.5, 0.999):
        path, cut = await begin(admin, len(DATA)), int(len(DATA) * share)
        sending = await connect()
        sending.patch(path, offset=0, length=len(DATA))
        sending.writer.write(DATA[:cut])
        await sending.writer.drain()
        await acknowledged(admin, path, cut)
        await sending.leave()
        assert await offset_of(admin, path) == await received(ctx, path) == cut
        await assert_is_video(ctx, await send(admin, path, DATA[cut:], offset=cut), DATA)


async def test_a_question_a_second_writer_and_a_slow_one(
    ctx: Context, admin: httpx.AsyncClient, connect: Connect
) -> None:
    path = await begin(admin, len(DATA))
    first = await connect()
    first.patch(path, offset=0, length=len(DATA))
    first.writer.write(DATA[:1_000_000])
    await acknowledged(admin, path, 1_000_000)
    # Whoever asks goes on; the one that hangs is told so.
    assert await offset_of(admin, path) == 1_000_000
    status, answer = await first.answer()
    assert (status, b"upload_taken" in answer) == (409, True)
    # The later of two writers wins.
    second = await connect()
    second.patch(path, offset=1_000_000, length=len(DATA) - 1_000_000)
    second.writer.write(DATA[1_000_000:1_500_000])
    await acknowledged(admin, path, 1_500_000)
    third = await connect()
    third.patch(path, offset=1_500_000, length=len(DATA) - 1_500_000)
    assert (await second.answer())[0] == 409
    # A byte now and then is no upload.
    for byte in DATA[1_500_000:1_500_020]:
        third.writer.write(bytes([byte]))
        await asyncio.sleep(0.02)
    status, answer = await third.answer()
    assert (status, b"request_too_slow" in answer) == (408, True)
    offset = await offset_of(admin, path)
    assert offset == 1_500_020
    await assert_is_video(ctx, await send(admin, path, DATA[offset:], offset=offset), DATA)


async def test_refusals_are_heard_and_the_connection_goes_on(
    ctx: Context, admin: httpx.AsyncClient, connect: Connect
) -> None:
    path = await begin(admin, len(DATA))
    wrong = await connect()
    wrong.patch(path, offset=0, length=1_000_000, headers=checksum(DATA[1:1_000_001]))
    wrong.writer.write(DATA[:1_000_000])
    assert (await wrong.answer())[0] == 460
    assert await offset_of(admin, path) == 0
    # The same connection, since the body has been read to its end; this piece is right.
    wrong.patch(path, offset=0, length=1_000_000, headers=checksum(DATA[:1_000_000]))
    wrong.writer.write(DATA[:1_000_000])
    assert (await wrong.answer())[0] == 204
    elsewhere = await connect()
    elsewhere.patch(path, offset=999_999, length=10)
    elsewhere.writer.write(bytes(10))
    status, answer = await elsewhere.answer()
    assert (status, b"upload-offset: 1000000" in answer.lower()) == (409, True)
    more = await connect()
    more.patch(path, offset=1_000_000, length=len(DATA))
    more.writer.write(DATA)
    assert (await more.answer())[0] == 413
    await assert_is_video(ctx, await send(admin, path, DATA[1_000_000:], offset=1_000_000), DATA)
