"""Waits a little for a small picture, so that most answers can say how it came out."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from vlog.context import Context
from vlog.events.bus import Subscription
from vlog.processing import picture_requests

WAIT_SECONDS = 15.0
# A lost hint costs this much.
_LOOK_AGAIN_SECONDS = 1.0


async def until_done(ctx: Context, job_id: int) -> bool:
    """Whether the job is done within ``WAIT_SECONDS``. Raises ``Invalid`` with why it has failed."""
    async with ctx.bus.subscribe() as subscription:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                while not await picture_requests.is_done(ctx.db, job_id):
                    await _next(subscription)
                return True
    return False


async def _next(subscription: Subscription) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
            while (await subscription.get()).topic not in ("progress", "resync"):
                pass
