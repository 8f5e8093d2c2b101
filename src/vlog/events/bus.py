"""Hints between processes over PostgreSQL's LISTEN/NOTIFY. A lost hint costs seconds, never correctness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg
import msgspec
import structlog

from vlog.db.engine import Database
from vlog.db.errors import mapped
from vlog.db.transaction import CHANNEL
from vlog.kit.ending import end
from vlog.kit.errors import Unavailable

log = structlog.get_logger(__name__)
QUEUE_LENGTH = 256
RECONNECT_SECONDS = 2.0
PROOF_SECONDS = 15.0


@dataclass(frozen=True)
class Message:
    """One hint. ``lagged`` tells that this subscriber was too slow and missed some: look at the rows."""

    topic: str
    payload: dict[str, object] = field(default_factory=dict)
    lagged: bool = False


class _Wire(msgspec.Struct):
    topic: str
    payload: dict[str, object]


class Subscription:
    """One listener's bounded queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE_LENGTH)
        self._lagged = False

    def offer(self, message: Message) -> None:
        """Queue the message, or remember that one was missed."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._lagged = True

    async def get(self) -> Message:
        """The next message."""
        message = await self._queue.get()
        if self._lagged:
            self._lagged = False
            return Message(message.topic, message.payload, lagged=True)
        return message

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return await self.get()


class EventBus:
    """One LISTEN connection per process, fanned out to its subscribers; reconnects by itself."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen(), name="event bus")

    async def stop(self) -> None:
        """Stop listening."""
        await end(self._task)
        self._task = None

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscription]:
        """Receive every message from now on, until the block ends."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish_locally(self, message: Message) -> None:
        """Hand a message to this process's subscribers."""
        for subscription in tuple(self._subscriptions):
            subscription.offer(message)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (Unavailable, asyncpg.PostgresError, OSError) as error:
                log.warning("event_bus_reconnects", reason=str(error))
            await asyncio.sleep(RECONNECT_SECONDS)
            # Whatever was missed meanwhile: everybody looks at the rows again.
            self.publish_locally(Message("resync", lagged=True))

    async def _listen_once(self) -> None:
        connection = await self._db.connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            with mapped():
                # Where it broke meanwhile, the driver says so in words of its own.
                await connection.add_listener(CHANNEL, self._on_notify)
            while not lost.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), PROOF_SECONDS)
                    break
                # A connection that was cut without a word looks like a quiet one.
                with mapped():
                    await connection.fetchval("SELECT 1", timeout=PROOF_SECONDS)
        finally:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.close(timeout=2)

    def _on_notify(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            wire = msgspec.json.decode(str(payload), type=_Wire)
        except msgspec.MsgspecError:
            log.warning("event_bus_bad_message", payload=str(payload)[:100])
            return
        self.publish_locally(Message(wire.topic, wire.payload))
