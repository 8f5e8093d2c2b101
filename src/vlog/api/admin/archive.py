"""``/api/archive``: deleted videos, when they go for good, and what keeps too many from going at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from vlog.api.admin.guard import ADMIN_ONLY, AdminOf
from vlog.api.deps import MAX_ID, Ctx
from vlog.processing import retention
from vlog.processing.retention import Forecast

router = APIRouter(prefix="/api/archive", tags=["archive"], dependencies=ADMIN_ONLY)


class Retention(BaseModel):
    """For how many days deleted videos can be restored; 0: for ever."""

    model_config = ConfigDict(extra="forbid")

    retention_days: Annotated[int, Field(ge=0, le=36_500)]


class Seen(BaseModel):
    """How many videos are due, as somebody has seen it: with another number nothing is purged."""

    model_config = ConfigDict(extra="forbid")

    due_count: Annotated[int, Field(ge=1, le=MAX_ID)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PurgeAnswer:
    """How many videos are gone for good; more than one call takes away are left for the next."""

    purged: int
    archive: Forecast


@router.get("")
async def get_archive(ctx: Ctx) -> Forecast:
    """What is in the archive, and what would be purged now: a dry run."""
    return await retention.forecast(ctx)


@router.put("")
async def set_retention(ctx: Ctx, admin: AdminOf, wish: Retention) -> Forecast:
    """Keep deleted videos for so many days; the answer says what would go by that."""
    await retention.keep_for(ctx, wish.retention_days, actor=admin.name)
    return await retention.forecast(ctx)


@router.post("/purge")
async def purge_due(ctx: Ctx, seen: Seen) -> PurgeAnswer:
    """Remove for good what is due, also when that is more than would go by itself."""
    purged = await retention.purge_seen(ctx, due_count=seen.due_count)
    return PurgeAnswer(purged=purged, archive=await retention.forecast(ctx))
