"""How hot public answers are given: made once for all who ask within a second, and not sent to who
has them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import tagged_response
from vlog.api.deps import context_of
from vlog.api.micro_cache import Make, MicroCache
from vlog.context import Context

Shape = TypeVar("Shape")


async def answer(request: Request, key: Hashable, make: Make) -> Response:
    """The encoded answer to what ``key`` stands for."""
    answers = cast(MicroCache, request.app.state.answers)
    found = await answers.get(key, make)
    return tagged_response(request, found.body, found.tag)


async def answer_shape(
    request: Request, key: Hashable, make: Callable[[Context], Awaitable[object]]
) -> Response:
    """The same for a value that is still to be encoded."""

    async def encoded() -> bytes:
        return msgspec.json.encode(await make(context_of(request)))

    return await answer(request, key, encoded)
