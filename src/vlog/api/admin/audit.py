"""``/api/audit``: who has done what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx
from vlog.events import audit
from vlog.events.audit import Action, Entry

router = APIRouter(prefix="/api/audit", tags=["audit"], dependencies=ADMIN_ONLY)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One act; ``details`` differ by ``action``, for edits they are the fields with both values."""

    id: int
    created_at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: int | None
    subject_name: str
    details: dict[str, Any]
    request_id: str
    ip: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPage:
    """One page of acts, newest first; the next one is asked for with ``before`` = ``next_before``."""

    entries: list[AuditEntry]
    next_before: int | None


@router.get("")
async def list_acts(
    ctx: Ctx,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int, Query(ge=1, le=MAX_ID)] = MAX_ID,
    action: Action | None = None,
    subject_type: Annotated[str | None, Query(max_length=30)] = None,
    subject_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> AuditPage:
    """What was done, newest first."""
    subject = (subject_type, subject_id) if subject_type is not None else None
    found = await audit.page(ctx.db, before_id=before, action=action, subject=subject, limit=limit + 1)
    return AuditPage(
        entries=[_shape(entry) for entry in found[:limit]],
        next_before=found[limit - 1].id if len(found) > limit else None,
    )


def _shape(entry: Entry) -> AuditEntry:
    return AuditEntry(
        id=entry.id,
        created_at=entry.created_at,
        actor=entry.actor,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        subject_name=entry.subject_name,
        details=msgspec.json.decode(entry.details),
        request_id=entry.request_id,
        ip=entry.ip,
    )
