"""``/api/audit``: who has done what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx
from vlog.events import audit
from vlog.events.audit import ACTIONS, Action, Entry, Wanted

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


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditChoices:
    """Everybody who has done something that is still written down, and every kind of act."""

    actors: list[str]
    actions: list[str]


class AuditQuery(BaseModel):
    """Which acts. A subject is named by its type, or by its type and its id."""

    limit: int = Bounded(50, ge=1, le=200)
    before: int = Bounded(MAX_ID, ge=1, le=MAX_ID)
    action: Action | None = None
    actor: str | None = Bounded(None, max_length=100)
    subject_type: str | None = Bounded(None, max_length=30)
    subject_id: int | None = Bounded(None, ge=1, le=MAX_ID)
    date_from: AwareDatetime | None = None
    date_to: AwareDatetime | None = None

    def wanted(self) -> Wanted:
        """The conditions."""
        return Wanted(
            action=self.action,
            actor=self.actor,
            subject_type=self.subject_type,
            subject_id=self.subject_id if self.subject_type is not None else None,
            since=self.date_from,
            until=self.date_to,
        )


@router.get("")
async def list_acts(ctx: Ctx, query: Annotated[AuditQuery, Query()]) -> AuditPage:
    """What was done, newest first."""
    found = await audit.page(ctx.db, query.wanted(), before_id=query.before, limit=query.limit + 1)
    return AuditPage(
        entries=[_shape(entry) for entry in found[: query.limit]],
        next_before=found[query.limit - 1].id if len(found) > query.limit else None,
    )


@router.get("/choices")
async def list_choices(ctx: Ctx) -> AuditChoices:
    """What acts can be filtered by."""
    return AuditChoices(actors=await audit.actors(ctx.db), actions=list(ACTIONS))


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
