"""Ending a task of this process from outside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def end(task: asyncio.Task[object] | None) -> None:
    """Cancel ``task`` and wait until it is through; raises what it had died of before, if anything.

    ``None`` is a task that was never begun.
    """
    if task is None:
        return
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
