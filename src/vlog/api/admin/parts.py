"""Parts of a video by themselves, for clients that want no more: tags, progress, one chapter; the archive as
a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, RowId
from vlog.catalog import chapters, cursors, listing, videos
from vlog.catalog.chapters import Chapter
from vlog.catalog.rows import VideoRow, VideoStatus
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import NotFound
from vlog.processing import progress

router = APIRouter(prefix="/api/videos", tags=["videos"], dependencies=ADMIN_ONLY)

_TagIds = Annotated[list[Annotated[int, Bounded(ge=1, le=MAX_ID)]], Bounded(max_length=100)]


class TagSet(BaseModel):
    """All tags that the video is to have. ``edit_revision``: as with its other edits."""

    model_config = ConfigDict(extra="forbid")

    tag_ids: _TagIds
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoTag:
    """A tag of a video."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RenditionProgress:
    """How far one rendition is: ``progress`` is percent."""

    name: str
    status: str
    progress: float


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoProgress:
    """How far the newest job of a video is, with what went wrong in full; zeros before there is one."""

    status: VideoStatus
    current_step: str | None
    progress_percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    qualities: list[RenditionProgress]
    attempt: int
    max_attempts: int
    started_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedVideo:
    """A deleted video that can be restored."""

    id: int
    title: str
    slug: str
    deleted_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivePage:
    """One page of the archive, last deleted first; ``total`` is counted up to 1 000."""

    videos: list[ArchivedVideo]
    total: int
    next_cursor: str | None


@router.get("/archived")
async def list_archived(
    ctx: Ctx, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None
) -> ArchivePage:
    """Deleted videos, last deleted first."""
    after = cursors.decode(cursor, of="archived", key=datetime) if cursor is not None else None
    page = await listing.trash_page(ctx.db, after=after, limit=limit)
    following = page.next_position
    return ArchivePage(
        videos=[
            ArchivedVideo(
                id=each.id,
                title=each.title,
                slug=each.slug,
                deleted_at=each.deleted_at,
                created_at=each.created_at,
            )
            for each in page.items
        ],
        total=await listing.trash_count(ctx.db),
        next_cursor=cursors.encode(following, of="archived") if following is not None else None,
    )


@router.get("/{video_id}/tags")
async def list_video_tags(ctx: Ctx, video_id: RowId) -> list[VideoTag]:
    """Its tags by name."""
    return _tags(await videos.by_id(ctx.db, video_id))


@router.put("/{video_id}/tags")
async def set_video_tags(ctx: Ctx, video_id: RowId, wanted: TagSet) -> list[VideoTag]:
    """Let it have exactly these tags, at most twenty."""
    changes: videos.VideoChanges = {"tag_ids": wanted.tag_ids}
    seen = wanted.edit_revision
    return _tags(await transaction(ctx.db, lambda tx: videos.edit(tx, video_id, changes, seen_revision=seen)))


@router.delete("/{video_id}/tags/{tag_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_video_tag(ctx: Ctx, video_id: RowId, tag_id: RowId) -> None:
    """Take one tag from it."""

    async def work(tx: Transaction) -> None:
        present = [tag.id for tag in _tags(await videos.locked(tx, video_id))]
        if tag_id not in present:
            raise NotFound("This video does not have this tag.", code="unknown_tag")
        await videos.edit(tx, video_id, {"tag_ids": [each for each in present if each != tag_id]})

    await transaction(ctx.db, work)


@router.get("/{video_id}/progress")
async def get_video_progress(ctx: Ctx, video_id: RowId) -> VideoProgress:
    """How far it is on its way to being playable, and each rendition to being complete."""
    video = await videos.by_id(ctx.db, video_id)
    job = await progress.of_video(ctx, video_id)
    return VideoProgress(
        status=video.status,
        current_step=job.current_step if job else None,
        progress_percent=job.percent if job else 0.0,
        eta_seconds=job.eta_seconds if job else None,
        playable_seconds=job.playable_seconds if job else None,
        qualities=[
            RenditionProgress(name=each.name, status=each.status, progress=each.percent)
            for each in (job.renditions if job else ())
        ],
        attempt=job.attempt if job else 0,
        max_attempts=job.max_attempts if job else 0,
        started_at=job.started_at if job else None,
        last_error=video.error_message,
    )


@router.get("/{video_id}/chapters/{chapter_id}")
async def get_chapter(ctx: Ctx, video_id: RowId, chapter_id: RowId) -> Chapter:
    """One of its chapters."""
    await videos.by_id(ctx.db, video_id)
    for each in await chapters.of_video(ctx.db, video_id):
        if each.id == chapter_id:
            return each
    raise NotFound("There is no such chapter.", code="unknown_chapter")


def _tags(video: VideoRow) -> list[VideoTag]:
    return msgspec.json.decode(video.tags, type=list[VideoTag])
