"""``/api/videos``: list, look at, edit, publish, hide, retry, delete, restore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.detail import detail_of
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.shapes import AdminPage, AdminVideo, AdminVideoDetail, admin_video
from vlog.api.deps import MAX_ID, Ctx, RowId, Text, sent_fields
from vlog.api.values import names, one_of
from vlog.catalog import browse, cursors, facets, filters, listing, publishing, videos
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order, Sort
from vlog.catalog.rows import Visibility
from vlog.catalog.videos import VideoChanges
from vlog.context import Context
from vlog.db.transaction import Transaction, transaction
from vlog.processing import generations, progress, removal, requests

router = APIRouter(prefix="/api/videos", tags=["videos"], dependencies=ADMIN_ONLY)


class VideoEdit(BaseModel):
    """What to change; fields that are not sent stay as they are. ``category_id`` of ``null`` means none.

    ``edit_revision`` is what the editor has seen: with it, nothing is changed if somebody else has changed
    the video since.
    """

    model_config = ConfigDict(extra="forbid")

    title: Text | None = None
    description: Text | None = None
    category_id: Annotated[int, Bounded(ge=1, le=MAX_ID)] | None = None
    slug: Annotated[str, Bounded(max_length=100)] | None = None
    visibility: Visibility | None = None
    is_featured: bool | None = None
    tag_ids: Annotated[list[Annotated[int, Bounded(ge=1, le=MAX_ID)]], Bounded(max_length=100)] | None = None
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None

    def changes(self) -> VideoChanges:
        """The fields that were sent; ``null`` changes the category only."""
        return sent_fields(self, VideoChanges, nullable=("category_id",))


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """It was done."""

    status: str = "ok"


class Schedule(BaseModel):
    """When a video that is kept back is to be published."""

    model_config = ConfigDict(extra="forbid")

    publish_at: AwareDatetime


class AdminListQuery(BaseModel):
    """Which videos, in which order. Lists of values are separated by commas."""

    limit: int = Bounded(50, ge=1, le=200)
    cursor: str | None = None
    search: str = ""
    category: str = Bounded("", max_length=1000)
    tag: str = Bounded("", max_length=1000)
    status: str = Bounded("", max_length=100)
    visibility: str = Bounded("", max_length=100)
    publication: str = Bounded("", max_length=100)
    duration: str = Bounded("", max_length=100)
    featured: bool = False
    has_chapters: bool = False
    date_from: AwareDatetime | None = None
    date_to: AwareDatetime | None = None
    sort: Sort | None = None
    order: Literal["asc", "desc"] | None = None
    deleted: bool = False
    include_total: bool = True

    def asked(self) -> Asked:
        """The conditions; raises ``Invalid`` (code ``unknown_value``)."""
        return Asked(
            search=self.search,
            categories=names(self.category),
            tags=names(self.tag),
            lengths=one_of(names(self.duration), facets.LENGTHS, field="duration"),
            statuses=one_of(names(self.status), facets.STATUSES, field="status"),
            visibilities=one_of(names(self.visibility), facets.VISIBILITIES, field="visibility"),
            publications=one_of(names(self.publication), facets.PUBLICATIONS, field="publication"),
            featured=self.featured,
            has_chapters=self.has_chapters,
            since=self.date_from,
            until=self.date_to,
        )

    def ordered(self) -> Order:
        """The order that is asked for."""
        return Order.asked(self.sort, self.order, search=self.search)


@router.get("")
async def list_videos(ctx: Ctx, query: Annotated[AdminListQuery, Query()]) -> AdminPage:
    """Videos outside the archive that fit, or those in it, last deleted first."""
    order = query.ordered()
    name = "trash" if query.deleted else order.name
    after = None
    if query.deleted and query.cursor is not None:
        after = cursors.decode(query.cursor, of=name, key=datetime)
    elif query.cursor is not None:
        after = order.position(query.cursor)
    if query.deleted:
        page = await listing.trash_page(ctx.db, after=after, limit=query.limit)
        total = await listing.trash_count(ctx.db) if query.include_total else None
    else:
        wanted = await filters.resolve(ctx.db, query.asked())
        page = await listing.admin_page(ctx.db, wanted, order, after=after, limit=query.limit)
        total = (await browse.count(ctx.db, "library", wanted))[0] if query.include_total else None
    jobs = await progress.of_videos(ctx, [video.id for video in page.items])
    following = page.next_position
    return AdminPage(
        videos=[admin_video(video, jobs.get(video.id)) for video in page.items],
        next_cursor=cursors.encode(following, of=name) if following is not None else None,
        has_more=following is not None,
        total_count=total,
    )


@router.get("/{video_id}")
async def get_video(ctx: Ctx, video_id: RowId) -> AdminVideoDetail:
    """One video with its renditions and the record of its newest job."""
    return await detail_of(ctx, video_id)


@router.get("/by-slug/{slug}")
async def find_video(ctx: Ctx, slug: Annotated[str, Path(max_length=200)]) -> AdminVideo:
    """The video that has this slug, or had it."""
    video = await videos.by_slug(ctx.db, slug)
    return admin_video(video, await progress.of_video(ctx, video.id))


@router.put("/{video_id}")
async def edit_video(ctx: Ctx, video_id: RowId, edit: VideoEdit) -> AdminVideo:
    """Change what is known of it; an old address leads on to the new one."""

    async def work(tx: Transaction) -> None:
        before = await videos.locked(tx, video_id)
        after = await videos.edit(tx, video_id, edit.changes(), seen_revision=edit.edit_revision)
        if before.visibility != "private" and after.visibility == "private":
            await generations.rotate_token(tx, video_id)

    await transaction(ctx.db, work)
    await generations.settle(ctx, video_id)
    return await _listed(ctx, video_id)


@router.post("/{video_id}/publish")
async def publish_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Let visitors see it: now, or as soon as it is ready."""
    await transaction(ctx.db, lambda tx: publishing.publish(tx, video_id))
    return await _listed(ctx, video_id)


@router.post("/{video_id}/schedule")
async def schedule_video(ctx: Ctx, video_id: RowId, schedule: Schedule) -> AdminVideo:
    """Keep it back until a moment to come."""
    await transaction(ctx.db, lambda tx: publishing.schedule(tx, video_id, schedule.publish_at))
    return await _listed(ctx, video_id)


@router.post("/{video_id}/unpublish")
async def unpublish_video(ctx: Ctx, video_id: RowId) -> AdminVideo:
    """Hide it from visitors; the addresses of its media die with this."""

    async def work(tx: Transaction) -> None:
        await publishing.unpublish(tx, video_id)
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
    """Take it out of the archive, as public as it was."""
    await removal.restore(ctx, video_id)
    return await _listed(ctx, video_id)


@router.delete("/{video_id}")
async def delete_video(ctx: Ctx, video_id: RowId, permanent: bool = False) -> Done:
    """Move it to the archive; with ``permanent`` remove what is in the archive for good."""
    if permanent:
        await removal.purge(ctx, video_id)
    else:
        await removal.archive(ctx, video_id)
    return Done()


async def _listed(ctx: Context, video_id: int) -> AdminVideo:
    video = await videos.by_id(ctx.db, video_id)
    return admin_video(video, await progress.of_video(ctx, video_id))
