"""``/api/videos``: list, look at, edit, publish, hide, retry, delete, restore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.detail import detail_of
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.shapes import AdminPage, AdminVideo, AdminVideoDetail, admin_video
from vlog.api.deps import MAX_ID, Ctx, RowId
from vlog.catalog import listing, paging, videos
from vlog.catalog.listing import AdminFilter
from vlog.catalog.rows import VideoStatus
from vlog.catalog.search import MAX_LENGTH
from vlog.catalog.text import clean_line
from vlog.catalog.videos import VideoChanges
from vlog.context import Context
from vlog.db.transaction import Transaction, transaction
from vlog.processing import generations, progress, removal, requests

router = APIRouter(prefix="/api/videos", tags=["videos"], dependencies=ADMIN_ONLY)

_Text = Annotated[str, Bounded(max_length=20_000)]


class VideoEdit(BaseModel):
    """What to change; fields that are not sent stay as they are. ``category_id`` of ``null`` means none."""

    model_config = ConfigDict(extra="forbid")

    title: _Text | None = None
    description: _Text | None = None
    category_id: Annotated[int, Bounded(ge=1, le=MAX_ID)] | None = None
    slug: Annotated[str, Bounded(max_length=100)] | None = None

    def changes(self) -> VideoChanges:
        """The fields that were sent; ``null`` changes the category only."""
        sent = {
            name: value
            for name, value in self.model_dump(exclude_unset=True).items()
            if value is not None or name == "category_id"
        }
        return cast(VideoChanges, sent)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It was done."""

    status: str = "ok"


@router.get("")
async def list_videos(
    ctx: Ctx,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
    status: VideoStatus | None = None,
    search: str = "",
    deleted: bool = False,
    include_total: bool = True,
) -> AdminPage:
    """All videos outside the trash, or those in it, newest first; ``search`` is a part of the title."""
    wanted = AdminFilter(status=status, search=_searched(search), deleted=deleted)
    after = paging.decode(cursor, of="admin") if cursor is not None else None
    page = await listing.admin_page(ctx.db, wanted, after=after, limit=limit)
    jobs = await progress.of_videos(ctx, [video.id for video in page.items])
    following = page.next_position
    return AdminPage(
        videos=[admin_video(video, jobs.get(video.id)) for video in page.items],
        next_cursor=paging.encode(following, of="admin") if following is not None else None,
        has_more=following is not None,
        total_count=await listing.admin_count(ctx.db, wanted) if include_total else None,
    )


@router.get("/{video_id}")
async def get_video(ctx: Ctx, video_id: RowId) -> AdminVideoDetail:
    """One video with its renditions and the record of its newest job."""
    return await detail_of(ctx, video_id)


@router.put("/{video_id}")
async def edit_video(ctx: Ctx, video_id: RowId, edit: VideoEdit) -> AdminVideo:
    """Change title, description, category or address; the old address leads on to the new one."""
    await transaction(ctx.db, lambda tx: videos.edit(tx, video_id, edit.changes()))
    return await _listed(ctx, video_id)


@router.post("/{video_id}/publish")
async def publish_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Let visitors see it: now, or as soon as it is ready."""
    await transaction(ctx.db, lambda tx: videos.publish(tx, video_id))
    return await _listed(ctx, video_id)


@router.post("/{video_id}/unpublish")
async def unpublish_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Hide it from visitors; the addresses of its media die with this."""

    async def work(tx: Transaction) -> None:
        await videos.unpublish(tx, video_id)
        await generations.rotate_token(tx, video_id)

    await transaction(ctx.db, work)
    await generations.settle(ctx, video_id)
    return await _listed(ctx, video_id)


@router.post("/{video_id}/retry")
async def retry_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Try again what has failed; what is done is kept."""
    await requests.retry(ctx, video_id)
    return await _listed(ctx, video_id)


@router.post("/{video_id}/restore")
async def restore_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Take it out of the trash, as public as it was."""
    await removal.restore(ctx, video_id)
    return await _listed(ctx, video_id)


@router.delete("/{video_id}")
async def delete_video(ctx: Ctx, video_id: RowId, permanent: bool = False) -> Done:
    """Move it to the trash; with ``permanent`` remove what is in the trash for good."""
    if permanent:
        await removal.purge(ctx, video_id)
    else:
        await removal.archive(ctx, video_id)
    return Done()


async def _listed(ctx: Context, video_id: int) -> AdminVideo:
    video = await videos.by_id(ctx.db, video_id)
    return admin_video(video, await progress.of_video(ctx, video_id))


def _searched(text: str) -> str | None:
    return clean_line(text, field="search", maximum=MAX_LENGTH) if text.strip() else None
