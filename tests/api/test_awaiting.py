"""Segments that are still being made: requests wait for them, bounded in time and number, and steer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from starlette import types

from tests.support.api import client_of, http_scope
from tests.support.deliveries import deliver, inspect, work_off
from tests.support.processes import command_line, descendants
from tests.support.uploaded import claimed, source_values, upload
from vlog.api import awaiting
from vlog.api.app import Service, build_public
from vlog.catalog import publishing
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.events.bus import Message
from vlog.media.grid import Grid
from vlog.processing import generations
from vlog.wire.work import Made, Offer
from vlog.workers.local_client import LocalClient


class Half:
    """A live video of ten segments of which the first is there."""

    def __init__(self, client: LocalClient, offer: Offer, grid: Grid, base: str) -> None:
        self.client, self.offer, self.grid, self.base = client, offer, grid, base

    async def make(self, *numbers: int) -> None:
        await deliver(self.client, self.offer, grid=self.grid, numbers=numbers)


@pytest.fixture
async def half(ctx: Context) -> Half:
    """What viewers find a moment after the upload."""
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False, with_audio=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0])
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    return Half(client, offer, grid, f"/videos/a-video/{live.token}/360p")


@pytest.fixture
async def service(ctx: Context) -> AsyncIterator[Service]:
    """The public service with its loops."""
    built = build_public(ctx)
    stopping = asyncio.Event()
    loops = [asyncio.ensure_future(loop(stopping)) for _, loop in built.loops]
    await asyncio.sleep(0)
    yield built
    stopping.set()
    await asyncio.wait_for(asyncio.gather(*loops), 10)


@pytest.fixture
async def viewer(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor."""
    async with client_of(service, port=9000) as client:
        yield client


async def tasks_of(ctx: Context) -> list[tuple[int, int, bool]]:
    rows = await ctx.db.fetch(
        "SELECT first_cell, end_cell, demanded_at IS NOT NULL AS wanted FROM transcoding_tasks"
        " WHERE renditions = '{360p}' ORDER BY first_cell"
    )
    return [tuple(row) for row in rows]


async def eventually(ctx: Context, wanted: tuple[int, int, bool]) -> None:
    for _ in range(200):
        if wanted in await tasks_of(ctx):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{wanted} not in {await tasks_of(ctx)}")


async def test_a_request_waits_until_its_segment_is_there(half: Half, viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get(f"{half.base}/segment_0.m4s")).status_code == 200
    request = asyncio.create_task(viewer.get(f"{half.base}/segment_1.m4s"))
    await asyncio.sleep(0.3)
    assert not request.done()
    await half.make(1)
    answer = await asyncio.wait_for(request, 10)
    assert answer.status_code == 200
    assert answer.content.startswith(b"segment 1 at")
    assert "immutable" in answer.headers["cache-control"]


async def test_a_lost_hint_costs_seconds_and_not_the_segment(
    ctx: Context, half: Half, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "LOOK_SECONDS", 0.2)
    request = asyncio.create_task(viewer.get(f"{half.base}/segment_1.m4s"))
    await asyncio.sleep(0.2)
    await ctx.bus.stop()
    await half.make(1)
    assert (await asyncio.wait_for(request, 10)).status_code == 200


async def test_hints_that_were_missed_while_the_database_was_away_end_no_service(
    ctx: Context, half: Half, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "LOOK_SECONDS", 0.2)
    request = asyncio.create_task(viewer.get(f"{half.base}/segment_1.m4s"))
    await eventually(ctx, (0, 5, True))
    ctx.db.pulse.is_lost = True
    ctx.bus.publish_locally(Message("resync", lagged=True))
    for _ in range(10):
        await asyncio.sleep(0)
    # By itself within a moment, as the server does answer; until then all calls were refused.
    async with asyncio.timeout(10):
        while ctx.db.pulse.is_lost:
            await asyncio.sleep(0.02)
    await half.make(1)
    assert (await asyncio.wait_for(request, 10)).status_code == 200


async def test_a_seek_moves_its_piece_to_the_front(
    ctx: Context, half: Half, viewer: httpx.AsyncClient
) -> None:
    request = asyncio.create_task(viewer.get(f"{half.base}/segment_7.m4s"))
    await eventually(ctx, (7, 9, True))
    assert await tasks_of(ctx) == [(0, 5, False), (5, 7, False), (7, 9, True), (9, 10, False)]
    offer = await claimed(half.client)
    await deliver(half.client, offer, grid=half.grid, numbers=[7])
    assert (await asyncio.wait_for(request, 10)).content.startswith(b"segment 7 at")


async def test_nobody_waits_for_ever(
    half: Half, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "WAIT_SECONDS", 0.2)
    answer = await viewer.get(f"{half.base}/segment_2.m4s")
    assert (answer.status_code, answer.json()["code"]) == (503, "segment_not_ready")
    assert answer.headers["retry-after"] in {"1", "2"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    # Asked again it is there.
    await half.make(1, 2)
    assert (await viewer.get(f"{half.base}/segment_2.m4s")).status_code == 200


async def test_a_head_does_not_wait(half: Half, viewer: httpx.AsyncClient) -> None:
    answer = await asyncio.wait_for(viewer.head(f"{half.base}/segment_4.m4s"), 5)
    assert (answer.status_code, answer.content) == (503, b"")
    assert (await viewer.head(f"{half.base}/segment_0.m4s")).status_code == 200


async def test_what_will_never_be_is_not_waited_for(
    ctx: Context, half: Half, viewer: httpx.AsyncClient
) -> None:
    other = half.base.replace("360p", "720p")
    dead = half.base.replace(half.base.split("/")[3], "0" * 32)
    for path in (f"{half.base}/segment_10.m4s", f"{other}/segment_0.m4s", f"{dead}/segment_1.m4s"):
        answer = await asyncio.wait_for(viewer.get(path), 5)
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    await transaction(ctx.db, lambda tx: publishing.unpublish(tx, 1))
    await asyncio.sleep(1.1)
    assert (await asyncio.wait_for(viewer.get(f"{half.base}/segment_1.m4s"), 5)).status_code == 404
    assert await tasks_of(ctx) == [(0, 5, False), (5, 10, False)]


async def test_a_thousand_requests_start_nothing_and_write_little(
    ctx: Context, half: Half, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "WAIT_SECONDS", 1.0)
    processes = _processes()
    written = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    before, begun = await ctx.db.fetchval(written), time.monotonic()
    asked = [viewer.get(f"{half.base}/segment_{1 + number % 9}.m4s") for number in range(1000)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {503}
    assert _processes() <= processes
    # Nine cells, each told once and again after some seconds if anybody still waits.
    rounds = 1 + (time.monotonic() - begun) // awaiting.REPEAT_SECONDS
    assert await ctx.db.fetchval(written) - before <= 9 * rounds
    assert sum(end - first for first, end, _ in await tasks_of(ctx)) == 10


def _processes() -> set[int]:
    """Those below this one; the database has one for each connection."""
    return {each for each in descendants(os.getpid()) if "postgres" not in command_line(each)}


async def test_one_client_takes_few_of_the_places(
    half: Half, viewer: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "MAX_WAITING_PER_CLIENT", 3)
    waiting = [asyncio.create_task(viewer.get(f"{half.base}/segment_1.m4s")) for _ in range(3)]
    await asyncio.sleep(0.3)
    assert (await asyncio.wait_for(viewer.get(f"{half.base}/segment_1.m4s"), 5)).status_code == 503
    assert (await viewer.get(f"{half.base}/segment_0.m4s")).status_code == 200
    await half.make(1)
    assert [(await request).status_code for request in waiting] == [200, 200, 200]


async def test_who_leaves_gives_the_place_back(
    half: Half, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awaiting, "MAX_WAITING_PER_CLIENT", 1)
    leaving = asyncio.Event()
    sent: list[types.Message] = []

    async def receive() -> types.Message:
        await leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: types.Message) -> None:
        sent.append(message)

    scope = http_scope("GET", f"{half.base}/segment_1.m4s")
    request = asyncio.create_task(service.app(scope, receive, send))
    await asyncio.sleep(0.3)
    assert not request.done()
    leaving.set()
    await asyncio.wait_for(request, 5)
    assert sent == []
    async with client_of(service, port=9000) as viewer:
        another = asyncio.create_task(viewer.get(f"{half.base}/segment_1.m4s"))
        await half.make(1)
        assert (await asyncio.wait_for(another, 10)).status_code == 200


async def test_stopping_ends_all_waits(ctx: Context, half: Half) -> None:
    built = build_public(ctx)
    stopping = asyncio.Event()
    loops = [asyncio.ensure_future(loop(stopping)) for _, loop in built.loops]
    async with client_of(built, port=9000) as viewer:
        request = asyncio.create_task(viewer.get(f"{half.base}/segment_4.m4s"))
        await asyncio.sleep(0.3)
        stopping.set()
        assert (await asyncio.wait_for(request, 5)).status_code == 503
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.gather(*loops), 5)


async def test_a_rendition_that_becomes_complete_is_served_as_ever(
    half: Half, viewer: httpx.AsyncClient
) -> None:
    request = asyncio.create_task(viewer.get(f"{half.base}/segment_9.m4s"))
    await half.make(1, 2, 3, 4)
    await half.client.finish(half.offer.lease, Made(), ())
    info, grid = source_values(remux=False, with_audio=False)
    await work_off(half.client, info=info, grid=grid)
    assert (await asyncio.wait_for(request, 10)).status_code == 200
    assert (await viewer.get(f"{half.base}/segment_10.m4s")).status_code == 404
