"""``/api/inbox``: what lies in the inbox folder, and why some of it stays there."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import Ctx
from vlog.processing import inbox
from vlog.processing.inbox_rows import InboxFile
from vlog.settings.known import INBOX, INBOX_SETTLE_SECONDS
from vlog.storage import layout

router = APIRouter(prefix="/api/inbox", tags=["uploads"], dependencies=ADMIN_ONLY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbox:
    """The inbox. ``folder`` is its place below the storage's folder.

    A file is waiting (it may still grow, for ``settle_seconds``), taking, accepted or failed.
    """

    is_on: bool
    folder: str
    settle_seconds: int
    files: list[InboxFile]


@router.get("")
async def get_inbox(ctx: Ctx) -> Inbox:
    """Files in the inbox: failures first, then what is under way, then the last week's videos."""
    return Inbox(
        is_on=await ctx.settings.get(INBOX),
        folder=str(layout.INBOX),
        settle_seconds=await ctx.settings.get(INBOX_SETTLE_SECONDS),
        files=await inbox.listed(ctx),
    )
