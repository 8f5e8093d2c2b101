"""Who filled a socket hears that it has room again, once, and nobody else does."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import partial

import pytest
import uvloop

from tests.support.asgi_server import NewLoop
from vlog.api.room import Room, room_of


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def new_loop(request: pytest.FixtureRequest) -> NewLoop:
    loop: NewLoop = request.param
    return loop


def fill(sender: socket.socket) -> int:
    sent = 0
    with suppress(BlockingIOError):
        while True:
            sent += sender.send(b"x" * 65_536)
    return sent


def drain(receiver: socket.socket) -> None:
    with suppress(BlockingIOError):
        while receiver.recv(1 << 20):
            pass


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0.01)


async def told(loop: asyncio.AbstractEventLoop) -> list[str]:
    calls: list[str] = []
    pairs = [socket.socketpair() for _ in range(2)]
    for pair in pairs:
        for each in pair:
            each.setblocking(False)
    room = room_of(loop)
    assert room_of(loop) is room
    for (sender, _), name in zip(pairs, "ab", strict=True):
        fill(sender)
        room.watch(sender.fileno(), partial(calls.append, name))
    await turns()
    assert calls == []
    for sender, receiver in pairs:
        drain(receiver)
        await turns()
        calls.append("|")
        # Room that nobody has used up is no news.
        await turns()
        fill(sender)
    room.forget(pairs[0][0].fileno())
    room.forget(pairs[0][0].fileno())
    for _, receiver in pairs:
        drain(receiver)
    await turns()
    for pair in pairs:
        for each in pair:
            each.close()
    return calls


def test_each_is_told_when_it_has_room_until_it_is_forgotten(new_loop: NewLoop) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        calls = runner.run(told(runner.get_loop()))
    assert calls == ["a", "|", "b", "|", "b"]


async def closed_by_another(room: Room) -> list[str]:
    calls: list[str] = []
    pairs = [socket.socketpair() for _ in range(2)]
    senders = [sender for sender, _ in pairs]

    def close_both() -> None:
        calls.append("closed")
        for sender in senders:
            room.forget(sender.fileno())

    for sender in senders:
        room.watch(sender.fileno(), close_both)
    await turns()
    for pair in pairs:
        for each in pair:
            each.close()
    return calls


def test_who_is_closed_by_another_of_the_same_moment_is_not_told(new_loop: NewLoop) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(closed_by_another(room_of(runner.get_loop()))) == ["closed"]
