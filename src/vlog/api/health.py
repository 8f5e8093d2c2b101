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
from vlog.context import Context
from vlog.kit.errors import OutOfSpace, Unavailable, VlogError

# Shorter than any monitor's patience.
ANSWER_SECONDS = 2.0
# What is there can be read all the same.
_ONLY_WRITING = frozenset({"storage_read_only", "storage_denied", "foreign_storage"})

State = Literal["ok", "read_only", "failing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checks:
    """What was looked at."""

    database: State
    storage: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """``degraded``: pages work, but media can't be stored (``read_only``) or not even read (``failing``).

    Whatever is ``failing`` comes with status 503.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    checks: Checks


@dataclass(frozen=True)
class Looked:
    """The state of one part, and why it is not ``ok``."""

    state: State
    reason: VlogError | None = None


def router(path: str = "/health") -> APIRouter:
    """The endpoint, for a zone of its own."""
    routes = APIRouter(tags=["health"])

    @routes.get(path, responses={503: {"model": Health}})
    async def health(ctx: Ctx, response: Response) -> Health:
        """Whether database and storage answer."""
        database, storage = await look(ctx)
        response.headers["cache-control"] = "no-store"
        if "failing" in {database.state, storage.state}:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Health(
            status=status_of(database, storage), checks=Checks(database=database.state, storage=storage.state)
        )

    return routes


async def look(ctx: Context) -> tuple[Looked, Looked]:
    """How database and storage are, in ``ANSWER_SECONDS`` at most."""
    return await asyncio.gather(_database(ctx), _storage(ctx))


def status_of(database: Looked, storage: Looked) -> Literal["healthy", "degraded", "unhealthy"]:
    """Both in one word."""
    if database.state == "failing":
        return "unhealthy"
    return "healthy" if database.state == storage.state == "ok" else "degraded"


async def _database(ctx: Context) -> Looked:
    reason = await _reason(ctx.db.fetchval("SELECT 1"), silence="The database is not answering.")
    return Looked("ok") if reason is None else Looked("failing", reason)


async def _storage(ctx: Context) -> Looked:
    reason = await _reason(ctx.storage.check(), silence="The storage is not answering.")
    if reason is None:
        return Looked("ok")
    is_readable = reason.code in _ONLY_WRITING or isinstance(reason, OutOfSpace)
    return Looked("read_only" if is_readable else "failing", reason)


async def _reason(question: Awaitable[object], *, silence: str) -> VlogError | None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await question
    except VlogError as error:
        return error
    except TimeoutError:
        return Unavailable(silence)
    return None
