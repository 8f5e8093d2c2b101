"""PostgreSQL hangs, stops, can only be read or has no space, in the middle of a PATCH.

Each time the client is told in time and why, what HEAD says afterwards lies on the disk, and the upload ends
as the file that was sent.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.outages import Fault, Server, own_server
from tests.support.tus import TUS, Hold, assert_is_video, begin, send, split
from vlog.context import Context
from vlog.processing import inflow
from vlog.storage import layout

MIB = 1 << 20
DATA = os.urandom(4 * MIB)
HALF = 2 * MIB
# Much more than any limit of ours, for busy machines; much less than for ever.
IN_TIME_SECONDS = 45.0


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow, "BLOCK_BYTES", 64 << 10)
    monkeypatch.setattr(inflow, "SYNC_BYTES", 256 << 10)
    monkeypatch.setattr(inflow, "UNSYNCED_LIMIT_BYTES", 512 << 10)


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with own_server(small=hasattr(request, "param")) as server:
        yield server


@pytest.fixture
async def dsn(server: Server) -> str:
    """Shadows the fixture of all tests: a server of our own, which can be broken."""
    return await server.database()


async def in_halves(hold: Hold) -> AsyncIterator[bytes]:
    for part in split(DATA[:HALF]):
        yield part
        await asyncio.sleep(0)
    hold.reached.set()
    await hold.released.wait()
    for part in split(DATA[HALF:]):
        yield part
        await asyncio.sleep(0)


async def begun(admin: httpx.AsyncClient) -> tuple[str, Hold, asyncio.Task[httpx.Response]]:
    """An upload whose first half is acknowledged, and whose client is about to send the second."""
    path, hold = await begin(admin, len(DATA)), Hold()
    sending = asyncio.create_task(send(admin, path, in_halves(hold), offset=0))
    async with asyncio.timeout(IN_TIME_SECONDS):
        await hold.reached.wait()
        while (await admin.get(path)).json()["offset_bytes"] < HALF:
            await asyncio.sleep(0.05)
    return path, hold, sending


async def goes_on(ctx: Context, admin: httpx.AsyncClient, path: str) -> None:
    """HEAD answers again, what it promises is there, and the rest makes the video."""
    async with asyncio.timeout(2 * IN_TIME_SECONDS):
        while (head := await admin.head(path, headers=TUS)).status_code != 200:
            assert head.status_code == 503
            await asyncio.sleep(0.1)
    offset = int(head.headers["upload-offset"])
    assert offset >= HALF, "what was acknowledged is never taken back"
    if "vlog-video-id" in head.headers:
        await assert_is_video(ctx, head, DATA)
        return
    file = ctx.config.storage_path / layout.partial_upload(path.rpartition("/")[2])
    assert file.read_bytes()[:offset] == DATA[:offset]
    await assert_is_video(ctx, await send(admin, path, DATA[offset:], offset=offset), DATA)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Server.hanging, "database_unavailable"),
        (Server.stopped, "database_unavailable"),
        (Server.read_only, "database_read_only"),
    ],
    ids=["hangs", "stops", "read-only"],
)
async def test_the_database_fails_in_the_middle_of_a_patch(
    ctx: Context, server: Server, admin: httpx.AsyncClient, *, fault: Fault, code: str
) -> None:
    path, hold, sending = await begun(admin)
    async with fault(server):
        hold.released.set()
        async with asyncio.timeout(IN_TIME_SECONDS):
            answer = await sending
            assert (answer.status_code, answer.json()["code"]) == (503, code)
            assert int(answer.headers["retry-after"]) > 0
            # Whoever asks now is told the same, and not for long.
            assert (await admin.head(path, headers=TUS)).status_code == 503
            shown = await admin.get(path)
        if code == "database_read_only":
            assert (shown.status_code, shown.json()["offset_bytes"]) == (200, HALF)
        else:
            assert (shown.status_code, shown.json()["code"]) == (503, code)
    await goes_on(ctx, admin, path)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("server", ["small"], indirect=True)
async def test_the_database_s_disk_is_full(ctx: Context, server: Server, admin: httpx.AsyncClient) -> None:
    """Rows that exist can be changed, no more can be added: nothing that needs one is said to be done."""
    path, hold, sending = await begun(admin)
    with server.full():
        refused = await admin.post("/api/categories", json={"name": "first", "description": "x" * 400})
        for number in range(200):
            if refused.status_code != 201:
                break
            described = {"name": f"n{number}", "description": "x" * 400}
            refused = await admin.post("/api/categories", json=described)
        assert (refused.status_code, refused.json()["code"]) == (503, "database_full")
        assert int(refused.headers["retry-after"]) > 0
        assert (await admin.get("/api/videos")).status_code == 200
        hold.released.set()
        async with asyncio.timeout(IN_TIME_SECONDS):
            answer = await sending
        # The video's rows found no place.
        assert (answer.status_code, answer.json()["code"]) == (503, "database_full")
        assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0
    await goes_on(ctx, admin, path)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("server", ["small"], indirect=True)
async def test_the_database_s_disk_has_no_room_for_its_log(
    ctx: Context, server: Server, admin: httpx.AsyncClient
) -> None:
    """PostgreSQL gives up where it can't write its log; it is started again when there is room."""
    path, hold, sending = await begun(admin)
    async with server.without_log():
        hold.released.set()
        async with asyncio.timeout(IN_TIME_SECONDS):
            answer = await sending
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert (await admin.get("/api/videos")).status_code == 503
    await goes_on(ctx, admin, path)
