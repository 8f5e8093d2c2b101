"""``python -m harness uploads [--rounds N]``: kill the admin service in the middle of uploads, and go on.

In each round ``kill -9`` meets a request that is sending. The service is started again, HEAD tells where to
go on, and the rest is sent, or killed again. What HEAD promises must lie on the disk, byte for byte; what
becomes a video must be the file that was sent; nothing may be there twice, and nothing may stay behind.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.api import SECRET
from tests.support.databases import make_template, named
from tests.support.postgres import temporary_postgres
from tests.support.serving import free_ports, start
from vlog.catalog import videos
from vlog.config import Config
from vlog.context import Context, open_context
from vlog.processing.inflow import BLOCK_BYTES, UNSYNCED_LIMIT_BYTES
from vlog.storage import layout
from vlog.storage.layout import Key

MIB = 1 << 20
SIZES = (3 * MIB, 40 * MIB)
CHUNK_BYTES = 256 << 10
KILLS_PER_UPLOAD = 3
# What the service may have received and not acknowledged: what is unsynced, the blocks in hand, sockets.
MOST_LOST = UNSYNCED_LIMIT_BYTES + 3 * BLOCK_BYTES + 4 * MIB
HEADERS = {"X-Admin-Secret": SECRET, "Tus-Resumable": "1.0.0"}


@dataclass
class Tally:
    """What happened."""

    kills: int = 0
    uploads: int = 0
    resumed_bytes: list[int] = field(default_factory=list)
    lost_bytes: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        middle = sum(1 for offset in self.resumed_bytes if offset)
        return (
            f"{self.kills} kills in {self.uploads} uploads, all files right; {middle} times it went on in the"
            f" middle; at most {max(self.lost_bytes, default=0) / 1e6:.1f} MB were sent again"
        )


class Service:
    """The admin service on one port, started again after each death."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._ports = free_ports()
        self._process: Process | None = None
        self.url = f"http://127.0.0.1:{self._ports[1]}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._ports[1]

    async def ensure(self) -> None:
        """Have it answer."""
        if self._process is None:
            self._process = await start(self._ctx, self._ports, "admin")
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).is_success:
                        return
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """``kill -9``."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.communicate()


async def kill_rounds(ctx: Context, *, rounds: int, dice: random.Random) -> Tally:
    """Kill ``rounds`` times in the middle of a request; raises ``AssertionError`` when something is wrong."""
    service, tally, pool = Service(ctx), Tally(), dice.randbytes(SIZES[1] + MIB)
    try:
        while tally.kills < rounds:
            begin = dice.randrange(MIB)
            data = pool[begin : begin + dice.randint(*SIZES)]
            await _upload(ctx, service, data=data, dice=dice, tally=tally)
            tally.uploads += 1
            print(f"{tally.kills} of {rounds} kills, {tally.uploads} uploads", flush=True)
    finally:
        await service.kill()
    count = await ctx.db.fetchval("SELECT count(*) FROM videos")
    assert count == tally.uploads, f"{count} videos of {tally.uploads} uploads"
    names = {entry.key.name for entry in await ctx.storage.list(layout.UPLOADS)}
    assert len(names) == tally.uploads, f"files were left: {sorted(names)}"
    return tally


async def _upload(ctx: Context, service: Service, *, data: bytes, dice: random.Random, tally: Tally) -> None:
    await service.ensure()
    async with httpx.AsyncClient(base_url=service.url, headers=HEADERS, timeout=60) as client:
        said = {"Upload-Length": str(len(data)), "Upload-Metadata": "title a2lsbGVk"}
        path = (await client.post("/api/uploads", headers=said)).headers["location"]
    kills, sent = 0, 0
    while True:
        await service.ensure()
        async with httpx.AsyncClient(base_url=service.url, headers=HEADERS, timeout=60) as client:
            head = await client.head(path)
        assert head.status_code == 200, head.text
        offset = int(head.headers["upload-offset"])
        if video_id := head.headers.get("vlog-video-id"):
            await _check_video(ctx, int(video_id), data)
            return
        _check_prefix(ctx, path, data[:offset])
        tally.resumed_bytes.append(offset)
        tally.lost_bytes.append(max(sent - offset, 0))
        assert sent - offset <= MOST_LOST, f"{sent - offset} bytes must be sent again"
        deadly = kills < KILLS_PER_UPLOAD
        sent, was_killed = await _send(service, path, data=data, offset=offset, dice=dice if deadly else None)
        if was_killed:
            kills += 1
            tally.kills += 1


async def _send(
    service: Service, path: str, *, data: bytes, offset: int, dice: random.Random | None
) -> tuple[int, bool]:
    """Send from ``offset`` on; with ``dice`` the service dies meanwhile. How far, and whether it died."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    said = HEADERS | {
        "Host": "localhost",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(len(data) - offset),
        "Upload-Offset": str(offset),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    writer.write(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
    dies_at = time.monotonic() + dice.uniform(0.02, 0.5) if dice else float("inf")
    sent, was_killed = offset, False
    try:
        with suppress(ConnectionError):
            while sent < len(data):
                writer.write(data[sent : sent + CHUNK_BYTES])
                sent = min(sent + CHUNK_BYTES, len(data))
                await writer.drain()
                # Slow enough that most deaths come in the middle, fast enough to have much on its way.
                await asyncio.sleep(0.004 if dice else 0)
                if time.monotonic() > dies_at:
                    break
            if dice is None:
                answer = await asyncio.wait_for(reader.readline(), 60)
                assert b" 204 " in answer, answer
            else:
                await service.kill()
                was_killed = True
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return sent, was_killed


def _check_prefix(ctx: Context, path: str, promised: bytes) -> None:
    file = ctx.config.storage_path / layout.partial_upload(path.rpartition("/")[2])
    if promised:
        with file.open("rb") as opened:
            assert opened.read(len(promised)) == promised, "HEAD promises what the disk does not hold"


async def _check_video(ctx: Context, video_id: int, data: bytes) -> None:
    video = await videos.by_id(ctx.db, video_id)
    assert video.source_key is not None
    stored = await ctx.storage.read(Key(video.source_key))
    assert hashlib.sha256(stored).digest() == hashlib.sha256(data).digest(), "another file than was sent"
    assert video.source_sha256 == hashlib.sha256(data).digest(), "the row tells another SHA-256"


def run(arguments: Sequence[str]) -> int:
    """Run the rounds; the exit status is 0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="harness uploads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="how often the service is killed")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="what chance follows")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    print(asyncio.run(_alone(options.rounds, random.Random(options.seed))))
    return 0


async def _alone(rounds: int, dice: random.Random) -> Tally:
    with tempfile.TemporaryDirectory(prefix="vlog-harness-") as folder:
        async with temporary_postgres() as dsn:
            await make_template(dsn)
            config = Config(
                data_dir=Path(folder) / "data",
                storage_path=Path(folder) / "storage",
                database_url=named(dsn, "vlog_template"),
            )
            async with open_context(config) as ctx:
                return await kill_rounds(ctx, rounds=rounds, dice=dice)
