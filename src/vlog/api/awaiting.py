"""Requests for segments that are still being made wait here, a bounded time and in bounded numbers.

One structure per service: whoever waits for the same segment waits at one entry, one loop hears what becomes
durable, one looks after lost hints and tells the queue what is wished for, a few times a second at most,
however many ask. So an anonymous request starts nothing: it moves what was planned to the front.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

from starlette.requests import Request

from vlog.api.deps import client_address
from vlog.api.listening import messages
from vlog.api.ratelimit import client_key
from vlog.context import Context
from vlog.events.bus import Message
from vlog.kit.clock import monotonic_seconds
from vlog.kit.ending import end
from vlog.kit.errors import Unavailable, VlogError
from vlog.processing import demand
from vlog.processing.demand import PIECE_CELLS, WantedCell
from vlog.telemetry.logs import get_logger

# Proxies give up after a minute; players ask again after this.
WAIT_SECONDS = 20.0
RETRY_AFTER_SECONDS = 1
# A hint that is lost costs this much.
LOOK_SECONDS = 2.0
# A wish is told at most this often, and wishes are told one after another with a pause between.
REPEAT_SECONDS = 5.0
PAUSE_SECONDS = 0.25
# The answer that a segment is not there counts for a moment.
MISSING_SECONDS = 0.5
MAX_WAITING = 256
# A player waits for pictures and for sound; a household has some players.
MAX_WAITING_PER_CLIENT = 16
_MAX_KNOWN = 50_000

_log = get_logger(__name__)


class Awaiting:
    """Who waits for which segment. ``follow`` and ``tend`` must be running."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._waiting: dict[WantedCell, set[asyncio.Event]] = {}
        self._clients: Counter[str] = Counter()
        # What is durable stays so.
        self._known: OrderedDict[WantedCell, None] = OrderedDict()
        self._missing: dict[WantedCell, float] = {}
        self._asking: dict[WantedCell, asyncio.Task[None]] = {}
        self._told: dict[WantedCell, float] = {}
        self._wished = asyncio.Event()
        # None: hints were missed, so the next look is due.
        self._looked_at: float | None = monotonic_seconds()
        self._is_open = True

    def is_known(self, cell: WantedCell) -> bool:
        """Whether the segment is there, as far as was heard."""
        return cell in self._known

    async def until_durable(self, request: Request, cell: WantedCell) -> bool:
        """Wait until the segment is there; false when the client has left meanwhile.

        Raises ``Unavailable`` (code ``segment_not_ready``) when that takes too long or too many wait, and at
        once for ``HEAD``.
        """
        if await self._is_durable(cell):
            return True
        client = client_key(client_address(request))
        is_full = self.waiting >= MAX_WAITING or self._clients[client] >= MAX_WAITING_PER_CLIENT
        if request.method == "HEAD" or is_full:
            _not_ready()
        async with self._entry(cell, client) as there:
            self._wished.set()
            if not await _first_of(there, request):
                return False
        if cell not in self._known:
            # Woken because the service stops.
            _not_ready()
        return True

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self._clients.total()

    async def follow(self, stopping: asyncio.Event) -> None:
        """Wake those whose segment has become durable; at the end, everybody."""
        async for message in messages(self._ctx.bus, stopping):
            if message.topic == "cells":
                for cell in _cells_of(message):
                    self._learn(cell)
            elif message.lagged:
                self._looked_at = None
                self._wished.set()
        self._is_open = False
        for entry in self._waiting.values():
            for there in entry:
                there.set()

    async def tend(self, stopping: asyncio.Event) -> None:
        """Tell wishes as they come, and look from time to time whether a hint was lost."""
        stop = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                wished = asyncio.create_task(self._wished.wait())
                seconds = LOOK_SECONDS if self._waiting else None
                await asyncio.wait({wished, stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                wished.cancel()
                self._wished.clear()
                try:
                    await self._tell()
                    if self._waiting and self._is_look_due():
                        self._looked_at = monotonic_seconds()
                        await self._look()
                except VlogError as error:
                    # A loop that ended would take the whole service with it.
                    _log.warning("demand not told", code=error.code, reason=error.message)
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            stop.cancel()

    async def _tell(self) -> None:
        """Move what is waited for to the front; one transaction each, with a pause after it."""
        for cell in list(self._waiting):
            if cell in self._waiting and self._is_news(cell):
                self._told[cell] = monotonic_seconds()
                await demand.mark(self._ctx, cell)
                await asyncio.sleep(PAUSE_SECONDS)
        since = monotonic_seconds() - REPEAT_SECONDS
        self._told = {cell: told_at for cell, told_at in self._told.items() if told_at > since}

    def _is_news(self, cell: WantedCell) -> bool:
        """Not told lately, neither itself nor as part of the piece that an earlier cell begins."""
        since = monotonic_seconds() - REPEAT_SECONDS
        piece = (cell._replace(number=cell.number - back) for back in range(PIECE_CELLS))
        return not any(self._told.get(each, since) > since for each in piece)

    def _is_look_due(self) -> bool:
        return self._looked_at is None or monotonic_seconds() - self._looked_at >= LOOK_SECONDS

    async def _look(self) -> None:
        for cell in await demand.durable(self._ctx.db, list(self._waiting)):
            self._learn(cell)

    async def _is_durable(self, cell: WantedCell) -> bool:
        """As the database says; many who ask at once are one question, and so are those of a moment."""
        if cell in self._known:
            return True
        if cell in self._waiting or self._missing.get(cell, 0) > monotonic_seconds():
            return False
        if cell not in self._asking:
            self._asking[cell] = asyncio.create_task(self._ask(cell))
        await asyncio.shield(self._asking[cell])
        return cell in self._known

    async def _ask(self, cell: WantedCell) -> None:
        try:
            if await demand.durable(self._ctx.db, [cell]):
                self._learn(cell)
                return
            if len(self._missing) >= _MAX_KNOWN:
                self._missing.clear()
            self._missing[cell] = monotonic_seconds() + MISSING_SECONDS
        finally:
            del self._asking[cell]

    def _learn(self, cell: WantedCell) -> None:
        self._known[cell] = None
        self._missing.pop(cell, None)
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        for there in self._waiting.get(cell, ()):
            there.set()

    @asynccontextmanager
    async def _entry(self, cell: WantedCell, client: str) -> AsyncIterator[asyncio.Event]:
        there = asyncio.Event()
        if not self._is_open or cell in self._known:
            there.set()
        self._waiting.setdefault(cell, set()).add(there)
        self._clients[client] += 1
        try:
            yield there
        finally:
            self._waiting[cell].discard(there)
            if not self._waiting[cell]:
                del self._waiting[cell]
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]


async def _first_of(there: asyncio.Event, request: Request) -> bool:
    """Whether the segment came before the client left. Raises ``Unavailable`` when neither happened."""
    come = asyncio.create_task(there.wait())
    left = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({come, left}, timeout=WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if come.done():
            return True
        if left.done():
            return False
        _not_ready()
    finally:
        for task in (come, left):
            await end(task)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _cells_of(message: Message) -> list[WantedCell]:
    generation_id, quality = message.payload.get("generation_id"), message.payload.get("quality")
    numbers = message.payload.get("numbers")
    if not isinstance(generation_id, int) or not isinstance(quality, str) or not isinstance(numbers, list):
        return []
    return [WantedCell(generation_id, quality, number) for number in numbers if isinstance(number, int)]


def _not_ready() -> NoReturn:
    raise Unavailable(
        "This part of the video is still being made. Ask again in a moment.",
        code="segment_not_ready",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )
