"""``/api/storage``: what lies in the storage, whether it is as it should be, and how to mend it."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from vlog.api import health
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.storage_shapes import (
    StorageCheck,
    StorageState,
    part_of,
    storage_check,
    storage_trouble,
    video_remarks,
)
from vlog.api.deps import MAX_ID, Ctx, RowId
from vlog.api.health import Looked
from vlog.catalog.remarked import remarked
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import VlogError
from vlog.processing import checks, findings
from vlog.processing.repair import repair
from vlog.settings.known import VERIFY_INTERVAL_DAYS, VERIFY_RATE_MB
from vlog.storage.base import Space

router = APIRouter(prefix="/api/storage", tags=["storage"], dependencies=ADMIN_ONLY)

_UNKNOWN = Space(total_bytes=None, free_bytes=None)


class Acknowledgement(BaseModel):
    """Whose findings somebody knows of: a video's, or with ``null`` those that belong to none."""

    model_config = ConfigDict(extra="forbid")

    video_id: Annotated[int, Field(ge=1, le=MAX_ID)] | None
    acknowledged: bool = True


@router.get("")
async def get_storage(ctx: Ctx) -> StorageState:
    """State of database and storage, checks of all files, and what they have found."""
    database, storage = await health.look(ctx)
    space = await _space(ctx, storage)
    known = database.state == "ok"
    last = await checks.last(ctx.db) if known else None
    return StorageState(
        database=part_of(database),
        storage=part_of(storage),
        free_bytes=space.free_bytes,
        total_bytes=space.total_bytes,
        check=await _check(ctx) if known else None,
        last_check=None if last is None else storage_check(last),
        interval_days=await ctx.settings.get(VERIFY_INTERVAL_DAYS) if known else 0,
        rate_mb=await ctx.settings.get(VERIFY_RATE_MB) if known else 0,
        wrong_files_count=await findings.count(ctx.db) if known else 0,
        troubles=[storage_trouble(each) for each in (await findings.troubles(ctx.db) if known else ())],
        remarks=[video_remarks(each) for each in (await remarked(ctx.db) if known else ())],
    )


@router.post("/check", status_code=HTTPStatus.ACCEPTED)
async def begin_check(ctx: Ctx) -> StorageState:
    """Have all files compared with their hashes; the background process begins within seconds."""
    await transaction(ctx.db, checks.request)
    return await get_storage(ctx)


@router.delete("/check")
async def stop_check(ctx: Ctx) -> StorageState:
    """Stop the check that is asked for or running; what it has found stays."""
    await transaction(ctx.db, checks.stop)
    return await get_storage(ctx)


@router.post("/videos/{video_id}/repair", status_code=HTTPStatus.ACCEPTED)
async def repair_video(ctx: Ctx, video_id: RowId) -> StorageState:
    """Make a video's wrong files again, where its source or its rows allow it."""
    await repair(ctx, video_id, found=await findings.of_video(ctx.db, video_id))
    return await get_storage(ctx)


@router.post("/acknowledge")
async def acknowledge_findings(ctx: Ctx, wish: Acknowledgement) -> StorageState:
    """Remember that somebody knows of these findings, or that they want to hear of them again."""
    await transaction(
        ctx.db, lambda tx: findings.acknowledge(tx, wish.video_id, acknowledged=wish.acknowledged)
    )
    return await get_storage(ctx)


async def _space(ctx: Context, storage: Looked) -> Space:
    if storage.state != "failing":
        with suppress(VlogError):
            return await ctx.storage.free()
    return _UNKNOWN


async def _check(ctx: Context) -> StorageCheck | None:
    check = await checks.under_way(ctx.db) or await checks.newest(ctx.db)
    return None if check is None or check.state == "done" else storage_check(check)
