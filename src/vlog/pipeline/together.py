"""Several coroutines as one: the first that fails stops the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


async def together(*parts: Awaitable[None]) -> None:
    """Run all to their ends. When one raises, the others are cancelled and its error is raised as it is."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    if not tasks:
        return
    try:
        # Not a TaskGroup, which would wrap the one error that matters.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
