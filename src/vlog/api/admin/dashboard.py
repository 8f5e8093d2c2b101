"""``/api/dashboard``: what runs, what has failed, what is new, what is watched: at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.shapes import AdminVideo, admin_video
from vlog.api.deps import Ctx
from vlog.catalog import browse, filters, listing, videos
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.processing import progress, underway

router = APIRouter(prefix="/api/dashboard", tags=["dashboard"], dependencies=ADMIN_ONLY)

SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A video of which something is being made; ``workers`` is empty while it waits."""

    video: AdminVideo
    workers: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dashboard:
    """The first few of everything, and how many there are; counts with conditions stop at 1 000."""

    video_count: int
    published_count: int
    running: list[Running]
    running_count: int
    failed: list[AdminVideo]
    failed_count: int
    newest: list[AdminVideo]
    most_viewed: list[AdminVideo]


@router.get("")
async def get_dashboard(ctx: Ctx) -> Dashboard:
    """What is going on in the library."""
    failed, failed_count = await _some(ctx, Asked(statuses=("failed",)), Order())
    newest, video_count = await _some(ctx, Asked(), Order())
    viewed, _ = await _some(ctx, Asked(), Order(sort="views"))
    published = await filters.resolve(ctx.db, Asked(publications=("published",)))
    working = await underway.first(ctx.db, limit=SHOWN)
    held = [await videos.by_id(ctx.db, each.video_id) for each in working]
    jobs = await progress.of_videos(ctx, [video.id for video in (*newest, *held)])
    return Dashboard(
        video_count=video_count,
        published_count=(await browse.count(ctx.db, "library", published))[0],
        running=[
            Running(video=admin_video(video, jobs.get(video.id)), workers=each.workers)
            for video, each in zip(held, working, strict=True)
        ],
        running_count=await underway.count(ctx.db),
        failed=[admin_video(video, None) for video in failed],
        failed_count=failed_count,
        newest=[admin_video(video, jobs.get(video.id)) for video in newest],
        most_viewed=[admin_video(video, None) for video in viewed if video.view_count > 0],
    )


async def _some(ctx: Context, asked: Asked, order: Order) -> tuple[list[VideoRow], int]:
    wanted = await filters.resolve(ctx.db, asked)
    page = await listing.admin_page(ctx.db, wanted, order, after=None, limit=SHOWN)
    return page.items, (await browse.count(ctx.db, "library", wanted))[0]
