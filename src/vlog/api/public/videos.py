"""``/api/videos``: what is published, as JSON. Hot: rows become bytes without a model in between."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import json_response
from vlog.api.deps import Ctx
from vlog.api.public.shapes import Progress, VideoDetail, VideoPage, progress_shape, video_detail, video_item
from vlog.catalog import listing, paging, search, videos
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.kit.errors import NotFound
from vlog.processing import generations, progress
from vlog.settings.known import ENABLE_DASH

router = APIRouter(prefix="/api/videos", tags=["videos"])


@router.get("", response_model=VideoPage)
async def list_videos(
    request: Request,
    ctx: Ctx,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
    search: str = "",
    include_total: bool = False,
) -> Response:
    """Published videos, newest first; ``search`` finds words of titles, the last one by its beginning."""
    page = await page_of(ctx, search_text=search, cursor=cursor, limit=limit, with_total=include_total)
    return json_response(request, msgspec.json.encode(page))


@router.get("/{slug}", response_model=VideoDetail)
async def get_video(request: Request, ctx: Ctx, slug: str) -> Response:
    """One video: published, or on its way to being so for whoever has the link."""
    return json_response(request, msgspec.json.encode(await detail_of(ctx, await find(ctx, slug))))


@router.get("/{slug}/progress", response_model=Progress)
async def get_progress(request: Request, ctx: Ctx, slug: str) -> Response:
    """How far the video is on its way to being playable, and each rendition to being complete."""
    video = await find(ctx, slug)
    job = await progress.of_video(ctx.db, video.id)
    return json_response(request, msgspec.json.encode(progress_shape(video, job)))


async def find(ctx: Context, slug: str) -> VideoRow:
    """The video that a visitor with the link may see; raises ``NotFound`` for every other."""
    video = await videos.by_slug_public(ctx.db, slug)
    if video is None:
        raise NotFound("There is no such video.", code="unknown_video")
    return video


async def page_of(
    ctx: Context, *, search_text: str, cursor: str | None, limit: int, with_total: bool = False
) -> VideoPage:
    """One page of the list; raises ``Invalid`` for a bad search or cursor."""
    terms = search.parse(search_text)
    after = paging.decode(cursor, of="public") if cursor is not None else None
    page = await listing.public_page(ctx.db, terms, after=after, limit=limit)
    total = await listing.public_count(ctx.db, terms) if with_total else None
    following = page.next_position
    return VideoPage(
        videos=[video_item(video) for video in page.items],
        next_cursor=paging.encode(following, of="public") if following is not None else None,
        has_more=following is not None,
        total_count=total,
    )


async def detail_of(ctx: Context, video: VideoRow) -> VideoDetail:
    """All that visitors may know of a video."""
    qualities = await generations.qualities(ctx.db, video.id) if video.status == "ready" else []
    return video_detail(video, qualities, with_dash=await ctx.settings.get(ENABLE_DASH))
