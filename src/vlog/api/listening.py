"""Follows the event bus until the process stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from vlog.events.bus import EventBus, Message


async def messages(bus: EventBus, stopping: asyncio.Event) -> AsyncIterator[Message]:
    """Every message of the bus from now on; ends soon after ``stopping`` is set."""
    stop = asyncio.create_task(stopping.wait())
    async with bus.subscribe() as subscription:
        try:
            while True:
                message = asyncio.create_task(subscription.get())
                await asyncio.wait({message, stop}, return_when=asyncio.FIRST_COMPLETED)
                if stop.done():
                    message.cancel()
                    return
                yield message.result()
        finally:
            stop.cancel()


def video_of(message: Message) -> int | None:
    """The video that a message is about, if it is about one."""
    video_id = message.payload.get("video_id")
    return video_id if isinstance(video_id, int) else None
