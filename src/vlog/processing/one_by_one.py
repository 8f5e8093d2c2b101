"""One thing's trouble and everybody's, told apart: what a bad sector keeps keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from vlog.kit.errors import Unavailable, VlogError
from vlog.processing.rooms import Rooms
from vlog.telemetry.logs import get_logger

T = TypeVar("T")
# What a bad sector, a lost permission or somebody at work says of one thing. Said of all of them, the storage
# is away; every other unavailability is everybody's from the first.
_OF_ONE = frozenset({"storage_unavailable", "storage_denied", "upload_busy", "generation_moving"})

_log = get_logger(__name__)


async def concerns_one(ctx: Rooms, error: VlogError) -> bool:
    """Whether the rest can go on. Raises ``Unavailable`` when the storage as a whole can't be written to."""
    if not isinstance(error, Unavailable):
        return True
    if error.code not in _OF_ONE:
        return False
    await ctx.storage.check()
    return True


async def for_each(
    ctx: Rooms, items: Iterable[T], work: Callable[[T], Awaitable[object]], *, what: str
) -> int:
    """Do ``work`` for every item; how many went well. Who fails is logged, and met again in a later round.

    Raises ``Unavailable`` when database or storage are away.
    """
    done = 0
    for item in items:
        try:
            await work(item)
        except VlogError as error:
            if not await concerns_one(ctx, error):
                raise
            _log.warning(f"{what} put off", item=str(item), code=error.code, reason=error.message)
        else:
            done += 1
    return done
