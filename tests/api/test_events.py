"""The stream of events: what a page hears, how slow ones are let go, and how all of it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from starlette.types import Message

from tests.support.api import SECRET, change, http_scope, make_ready
from tests.support.deliveries import work_off
from tests.support.uploaded import source_values, upload
from vlog.api import sse
from vlog.api.admin import events
from vlog.api.app import Service, build_admin
from vlog.api.sse import Client, Hub
from vlog.catalog import publishing, tags
from vlog.context import Context
from vlog.events.bus import Message as Hint
from vlog.kit.acting import Actor, act_as
from vlog.workers.local_client import LocalClient


class Listener:
    """A client of the stream that reads when it likes."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.body = b""
        self.ended = asyncio.Event()
        self.left = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.started = dict(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body"):
            self.ended.set()

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for block in self.body.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in lines:
                found.append((lines["event"], json.loads(lines["data"])))
        return found

    async def until(self, name: str, **fields: object) -> dict[str, Any]:
        """The first such event; fails after a few seconds."""
        async with asyncio.timeout(5):
            while True:
                for event, data in self.events:
                    if event == name and fields.items() <= data.items():
                        return data
                await asyncio.sleep(0.01)


@pytest.fixture
async def service(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """The admin's service with its loops, a little hasty."""
    monkeypatch.setattr(events, "INTERVAL_SECONDS", 0.05)
    built = build_admin(ctx)
    monkeypatch.setattr(built.app.state.gate, "identify", _known)
    stopping = asyncio.Event()
    loops = asyncio.gather(*(loop(stopping) for _, loop in built.loops))
    yield built
    stopping.set()
    await loops
    built.close()


async def _known(_request: object) -> object:
    return type("Admin", (), {"session": None, "name": "admin"})()


@asynccontextmanager
async def listening(service: Service) -> AsyncIterator[Listener]:
    listener = Listener()
    scope = http_scope("GET", "/api/events/progress", headers=[(b"x-admin-secret", SECRET.encode())])
    stream = asyncio.create_task(service.app(scope, listener.receive, listener.send))
    async with asyncio.timeout(5):
        while not listener.body and not stream.done():
            await asyncio.sleep(0.005)
    try:
        yield listener
    finally:
        listener.left.set()
        listener.reads.set()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(5):
                await stream


async def test_the_stream_begins_with_what_is_under_way(ctx: Context, service: Service) -> None:
    accepted = await upload(ctx)
    await make_ready(ctx)
    async with listening(service) as listener:
        headers = dict(listener.started["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"cache-control"] == b"no-store"
        assert b"content-length" not in headers
        assert listener.body.startswith(b"retry: 3000\n\n")
        await listener.until("progress", video_id=accepted.video_id)
        # News of the moments before may still be on their way: only progress tells what is under way.
        told = [data["video_id"] for name, data in listener.events if name == "progress"]
        assert told == [accepted.video_id]
    assert len(service.app.state.feed.hub) == 0


async def test_what_happens_is_heard(ctx: Context, service: Service) -> None:
    info, grid = source_values(remux=False, size=(640, 360))
    async with listening(service) as first, listening(service) as second:
        accepted = await upload(ctx)
        await work_off(LocalClient(ctx), info=info, grid=grid)
        for listener in (first, second):
            for change_ in ("created", "ready", "published"):
                await listener.until("video", video_id=accepted.video_id, change=change_)
            done = await listener.until("progress", video_id=accepted.video_id, percent=100.0)
            assert done["status"] == "ready", "a finished job beside an older state"
            assert {each["name"] for each in done["renditions"]} == {"360p", "audio"}
        await change(ctx.db, lambda tx: publishing.unpublish(tx, accepted.video_id))
        await first.until("video", video_id=accepted.video_id, change="unpublished")


async def test_what_others_do_to_the_library_is_heard(ctx: Context, service: Service) -> None:
    act_as(Actor(name="ada"))
    async with listening(service) as listener:
        made = await change(ctx.db, lambda tx: tags.create(tx, "Harbour"))
        await listener.until("library", subject="tag", subject_id=made.id, change="tag.created")
        await change(ctx.db, lambda tx: tags.delete(tx, made.id))
        await listener.until("library", subject="tag", subject_id=made.id, change="tag.deleted")


async def test_progress_is_told_at_most_once_per_interval(
    ctx: Context, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await upload(ctx)
    async with listening(service) as listener:
        await asyncio.sleep(0.1)
        before = len(listener.events)
        for _ in range(200):
            ctx.bus.publish_locally(Hint("progress", {"video_id": accepted.video_id, "job_id": 1}))
        await asyncio.sleep(0.3)
        assert 1 <= len(listener.events) - before <= 2


async def test_nobody_asks_the_database_for_nobody(
    ctx: Context, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object) -> None:
        raise AssertionError("asked although nobody listens")

    monkeypatch.setattr(service.app.state.feed, "frames_of", fail)
    ctx.bus.publish_locally(Hint("progress", {"video_id": 1, "job_id": 1}))
    await asyncio.sleep(0.2)


async def test_missed_hints_make_everybody_come_again(ctx: Context, service: Service) -> None:
    async with listening(service) as listener:
        ctx.bus.publish_locally(Hint("resync", lagged=True))
        await asyncio.wait_for(listener.ended.wait(), 5)


async def test_a_client_that_does_not_read_is_let_go(ctx: Context, service: Service) -> None:
    hub: Hub = service.app.state.feed.hub
    async with listening(service) as slow, listening(service) as quick:
        slow.reads.clear()
        for number in range(sse.QUEUE_LENGTH + 10):
            hub.publish(b"event: video\ndata: {}\n\n")
            await asyncio.sleep(0 if number % 8 else 0.001)
        assert len(hub) == 1
        slow.reads.set()
        await asyncio.wait_for(slow.ended.wait(), 5)
        assert len(quick.events) == sse.QUEUE_LENGTH + 10


async def test_a_long_life_ends_with_a_word(
    ctx: Context, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "LIFE_SECONDS", 0.1)
    async with listening(service) as listener:
        await asyncio.wait_for(listener.ended.wait(), 5)
        assert listener.events[-1] == ("reconnect", {})


async def test_quiet_streams_are_kept_alive(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.02)
    hub, stopping = Hub(), asyncio.Event()
    client = hub.join()
    beating = asyncio.create_task(hub.beat(stopping))
    await client.take()
    assert await asyncio.wait_for(client.take(), 5) == b": heartbeat\n\n"
    stopping.set()
    await beating
    assert await client.take() is None
    assert await hub.join().take() is None


def test_the_queue_of_a_client_is_bounded() -> None:
    client = Client()
    kept = [client.push(b"x") for _ in range(1000)]
    assert kept.count(True) == sse.QUEUE_LENGTH - 1
    assert not any(kept[sse.QUEUE_LENGTH :])
