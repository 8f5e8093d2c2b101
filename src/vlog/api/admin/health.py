"""``/api/health`` of the admin API: the same as ``/health``, with reasons."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter

from vlog.api import health
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.storage_shapes import Part, StorageCheck, part_of, storage_check
from vlog.api.deps import Ctx
from vlog.kit.errors import VlogError
from vlog.processing import checks, findings
from vlog.processing.findings import Finding

router = APIRouter(prefix="/api/health", tags=["health"], dependencies=ADMIN_ONLY)


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongFile:
    """A stored file that is missing, damaged, or named by no row, and what to do about it."""

    key: str
    kind: str
    part: str
    video_id: int | None
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminHealth:
    """Everything that is known of the installation's state. ``free_bytes`` is ``null`` when unknown."""

    status: Literal["healthy", "degraded", "unhealthy"]
    database: Part
    storage: Part
    free_bytes: int | None = None
    total_bytes: int | None = None
    last_check: StorageCheck | None = None
    wrong_files_count: int = 0
    wrong_files: list[WrongFile]


@router.get("")
async def admin_health(ctx: Ctx) -> AdminHealth:
    """State of database and storage with reasons, and what the checks of the storage have found."""
    database, storage = await health.look(ctx)
    free_bytes = total_bytes = None
    if storage.state != "failing":
        with suppress(VlogError):
            space = await ctx.storage.free()
            free_bytes, total_bytes = space.free_bytes, space.total_bytes
    known = database.state == "ok"
    last = await checks.last(ctx.db) if known else None
    return AdminHealth(
        status=health.status_of(database, storage),
        database=part_of(database),
        storage=part_of(storage),
        free_bytes=free_bytes,
        total_bytes=total_bytes,
        last_check=None if last is None else storage_check(last),
        wrong_files_count=await findings.count(ctx.db) if known else 0,
        wrong_files=[_wrong_file(each) for each in (await findings.listed(ctx.db) if known else [])],
    )


def _wrong_file(found: Finding) -> WrongFile:
    return WrongFile(
        key=found.key, kind=found.kind, part=found.part, video_id=found.video_id, advice=found.advice
    )
