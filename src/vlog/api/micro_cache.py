"""Encoded public answers, kept for a moment: of however many ask the same at once, one asks the database."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass

from vlog.api.conditional import tag_of
from vlog.api.listening import messages
from vlog.events.bus import EventBus
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import VlogError

LIFE_SECONDS = 1.0
"""The bound on how old an answer can be when the hint of a change was lost."""

MAX_BYTES = 16 << 20
# An entry beside its body: key, tag and the objects that hold them.
_ENTRY_BYTES = 1 << 10

Make = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and its entity tag."""

    body: bytes
    tag: str


class _Abandoned(Exception):
    """Nobody makes this answer any more."""


class MicroCache:
    """Answers by what was asked, never more than ``MAX_BYTES`` of them. Only for what is everybody's.

    An event empties it: what was being made then is given to those who already wait, and to nobody else.
    """

    def __init__(self, *, life_seconds: float = LIFE_SECONDS, max_bytes: int = MAX_BYTES) -> None:
        self.life_seconds = life_seconds
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._making: dict[Hashable, asyncio.Future[Answer]] = {}

    async def get(self, key: Hashable, make: Make) -> Answer:
        """The answer to ``key``, made by ``make`` unless it is here. What ``make`` raises is not kept."""
        while True:
            kept = self._kept.get(key)
            if kept is not None and kept[0] > monotonic_seconds():
                return kept[1]
            making = self._making.get(key)
            if making is None:
                return await self._make(key, make)
            with suppress(_Abandoned):
                # That one of those who wait leaves hurts no other.
                return await asyncio.shield(making)

    async def _make(self, key: Hashable, make: Make) -> Answer:
        making: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._making[key] = making
        try:
            body = await make()
            answer = Answer(body, tag_of(body))
            making.set_result(answer)
        except VlogError as error:
            self._fail(key, making, error)
            raise
        finally:
            if not making.done():
                # Who asked first has left, or met a mistake of ours: the next who waits asks for itself.
                self._fail(key, making, _Abandoned())
        if self._making.get(key) is making:
            del self._making[key]
            self._keep(key, answer)
        return answer

    def _fail(self, key: Hashable, making: asyncio.Future[Answer], error: Exception) -> None:
        if self._making.get(key) is making:
            del self._making[key]
        making.set_exception(error)
        # Looked at, or a failure that nobody waits for would be complained about.
        making.exception()

    def clear(self) -> None:
        """Something has changed."""
        self._kept.clear()
        self._making.clear()
        self._size_bytes = 0

    async def follow(self, bus: EventBus, stopping: asyncio.Event) -> None:
        """Forget everything whenever something has happened: it is made again soon enough."""
        async for message in messages(bus, stopping):
            if message.lagged or message.topic == "event":
                self.clear()

    @property
    def size_bytes(self) -> int:
        """About how much memory the answers take."""
        return self._size_bytes

    def _keep(self, key: Hashable, answer: Answer) -> None:
        if self.life_seconds <= 0:
            return
        self._drop(key)
        self._kept[key] = (monotonic_seconds() + self.life_seconds, answer)
        self._size_bytes += len(answer.body) + _ENTRY_BYTES
        while self._size_bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size_bytes -= len(kept[1].body) + _ENTRY_BYTES
