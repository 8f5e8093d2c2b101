"""Finished segments on their way to the server: in batches, and never more waiting than memory allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from functools import partial

from vlog.kit.errors import Conflict
from vlog.pipeline.holding import Holding
from vlog.wire.work import CELLS_TAKEN, Segment

MAX_BATCH_BYTES = 32 << 20
MAX_BATCH_SEGMENTS = 64
MAX_WAITING_BYTES = 64 << 20
"""Beyond this much, whoever makes segments waits; so does the encoder, whose pipe nobody empties."""


class Delivery:
    """Takes the segments of one task and puts them to the server in order, those of a rendition together.

    ``run`` must be running beside whoever calls ``put``; it ends after ``close`` when all is durable. When
    the last cells of the task have been given to others it raises, and can be run anew for what of the
    others has not been sent yet.
    """

    def __init__(self, holding: Holding, durable: Mapping[str, Collection[int]]) -> None:
        self._holding = holding
        self._durable = {rendition: set(numbers) for rendition, numbers in durable.items()}
        self._end: int | None = None
        self._waiting: deque[tuple[str, Segment]] = deque()
        self._waiting_bytes = 0
        self._is_closed = False
        self._changed = asyncio.Condition()

    def wants(self, rendition: str, number: int) -> bool:
        """Whether this segment is still ours to make: the server has none, and it is not others' by now."""
        is_ours = self._end is None or number < self._end
        return is_ours and number not in self._durable.get(rendition, ())

    async def put_init(self, rendition: str, data: bytes) -> None:
        """Store the initialisation segment; returns when it is durable. ``Conflict`` when it is another
        one.
        """
        client, lease = self._holding.client, self._holding.lease
        await self._holding.say(partial(client.put_init, lease, rendition, data))

    async def put(self, rendition: str, segment: Segment) -> None:
        """Queue a segment; waits while too much is queued."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting or self._has_room_for(segment))
            self._waiting.append((rendition, segment))
            self._waiting_bytes += len(segment.data)
            self._changed.notify_all()

    def open(self) -> None:
        """Segments will come: to be called before ``run``, also when it is run anew."""
        self._is_closed = False

    async def close(self) -> None:
        """Nothing more will come."""
        async with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    async def run(self) -> None:
        """Deliver until closed. Raises ``LeaseLost`` and whatever else the server answers."""
        client, lease = self._holding.client, self._holding.lease
        while batch := await self._next_batch():
            try:
                await self._holding.say(partial(client.put_segments, lease, *batch))
            except Conflict as error:
                if error.code == CELLS_TAKEN:
                    self._shorten(batch, end=int(str(error.details["end_cell"])))
                raise
            self._keep(batch)

    def _shorten(self, batch: tuple[str, list[Segment]], *, end: int) -> None:
        """The cells from ``end`` on are others' now; those before them in ``batch`` have been stored."""
        self._end = end
        rendition, segments = batch
        self._keep((rendition, [segment for segment in segments if segment.number < end]))
        # Whoever makes them is stopped with this; what is lost here is made again.
        self._waiting.clear()
        self._waiting_bytes = 0

    def _keep(self, batch: tuple[str, list[Segment]]) -> None:
        rendition, segments = batch
        self._durable.setdefault(rendition, set()).update(segment.number for segment in segments)

    def _has_room_for(self, segment: Segment) -> bool:
        return self._waiting_bytes + len(segment.data) <= MAX_WAITING_BYTES

    async def _next_batch(self) -> tuple[str, list[Segment]] | None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._is_closed)
            if not self._waiting:
                return None
            rendition = self._waiting[0][0]
            batch: list[Segment] = []
            others: deque[tuple[str, Segment]] = deque()
            size = 0
            for name, segment in self._waiting:
                fits = len(batch) < MAX_BATCH_SEGMENTS and (
                    not batch or size + len(segment.data) <= MAX_BATCH_BYTES
                )
                if name == rendition and fits:
                    batch.append(segment)
                    size += len(segment.data)
                else:
                    others.append((name, segment))
            self._waiting = others
            self._waiting_bytes -= size
            self._changed.notify_all()
            return rendition, batch
