"""The ``JobClient`` of workers that share the server's database and storage: straight onto the rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from vlog.context import Context
from vlog.events.bus import Subscription
from vlog.kit.ending import end
from vlog.media.loudness import Loudness
from vlog.processing import delivery, picture_delivery, tasks
from vlog.wire.work import (
    Capabilities,
    Failure,
    Frame,
    Lease,
    Offer,
    Picture,
    Progress,
    Result,
    Segment,
    ToolRun,
)

# Topics that may mean that there is something to claim.
_WAKING = frozenset({"tasks", "resync"})


class LocalClient:
    """Speaks to processing's functions as a remote worker speaks to the Worker API."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._changed = asyncio.Event()

    async def follow(self, subscription: Subscription) -> None:
        """Wake whoever waits, now or next, whenever a message says that there may be work."""
        async for message in subscription:
            if message.topic in _WAKING or message.lagged:
                self._changed.set()

    async def claim(self, capabilities: Capabilities) -> Offer | None:
        # Before looking: what comes after the look and before ``wait`` must end the wait at once.
        self._changed.clear()
        return await tasks.claim(self._ctx, capabilities)

    async def wait(self, timeout_seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_seconds)

    async def renew(self, lease: Lease, progress: Progress) -> None:
        await tasks.renew(self._ctx, lease, progress=progress)

    async def source(self, lease: Lease) -> Path:
        return await delivery.source(self._ctx, lease)

    async def put_init(self, lease: Lease, rendition: str, data: bytes) -> None:
        await delivery.put_init(self._ctx, lease, rendition=rendition, data=data)

    async def put_loudness(self, lease: Lease, rendition: str, loudness: Loudness) -> Loudness:
        return await delivery.put_loudness(self._ctx, lease, rendition=rendition, loudness=loudness)

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        await delivery.put_segments(self._ctx, lease, rendition=rendition, segments=segments)

    async def put_thumbnail(self, lease: Lease, pictures: Sequence[Picture]) -> None:
        await picture_delivery.put_thumbnail(self._ctx, lease, given=pictures)

    async def put_frames(self, lease: Lease, frames: Sequence[Frame]) -> None:
        await picture_delivery.put_frames(self._ctx, lease, frames=frames)

    async def put_preview(self, lease: Lease, data: bytes) -> None:
        await picture_delivery.put_preview(self._ctx, lease, data=data)

    async def finish(self, lease: Lease, result: Result, runs: Sequence[ToolRun]) -> None:
        await tasks.finish(self._ctx, lease, result=result, runs=runs)

    async def fail(self, lease: Lease, failure: Failure, runs: Sequence[ToolRun]) -> None:
        await tasks.fail(self._ctx, lease, failure=failure, runs=runs)

    async def release(self, lease: Lease) -> None:
        await tasks.release(self._ctx, lease)


@asynccontextmanager
async def local_client(ctx: Context) -> AsyncIterator[LocalClient]:
    """A client that hears of new work, until the block ends."""
    client = LocalClient(ctx)
    async with ctx.bus.subscribe() as subscription:
        following = asyncio.create_task(client.follow(subscription), name="wake workers")
        try:
            yield client
        finally:
            await end(following)
