"""``/health``: whether this process can reach what it needs. Bare, because anybody may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from vlog.api.deps import Ctx
from vlog.kit.errors import VlogError

# Shorter than any monitor's patience.
ANSWER_SECONDS = 2.0

State = Literal["ok", "failing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checks:
    """What was looked at."""

    database: State
    storage: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """``unhealthy`` comes with status 503."""

    status: Literal["healthy", "unhealthy"]
    checks: Checks


def router(path: str = "/health") -> APIRouter:
    """The endpoint, for a zone of its own."""
    routes = APIRouter(tags=["health"])

    @routes.get(path, responses={503: {"model": Health}})
    async def health(ctx: Ctx, response: Response) -> Health:
        """Whether database and storage answer."""
        database, storage = await asyncio.gather(
            _state(ctx.db.fetchval("SELECT 1")), _state(ctx.storage.free())
        )
        healthy = database == storage == "ok"
        response.headers["cache-control"] = "no-store"
        if not healthy:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Health(
            status="healthy" if healthy else "unhealthy", checks=Checks(database=database, storage=storage)
        )

    return routes


async def _state(question: Awaitable[object]) -> State:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await question
    except (VlogError, TimeoutError):
        return "failing"
    return "ok"
