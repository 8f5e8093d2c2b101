"""``/api/videos``: what is published, as JSON. Hot: rows become bytes without a model in between, once for
all who ask within a second.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypedDict, cast

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import tagged_response
from vlog.api.hot import HotRoute, described, read_query
from vlog.api.micro_cache import Make, MicroCache
from vlog.api.public.shapes import (
    Progress,
    VideoDetail,
    VideoPage,
    encoded_item,
    progress_shape,
    video_detail,
    video_item,
)
from vlog.catalog import listing, paging, search, videos
from vlog.catalog.paging import Page, Position
from vlog.catalog.rows import ListedRow, VideoRow
from vlog.catalog.search import Terms
from vlog.context import Context
from vlog.kit.errors import NotFound
from vlog.processing import generations, progress
from vlog.settings.known import ENABLE_DASH

router = APIRouter(prefix="/api/videos", tags=["videos"], route_class=HotRoute)


class _Following(TypedDict):
    next_cursor: str | None
    has_more: bool


class ListQuery(BaseModel):
    """What the list can be asked."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = None
    search: str = ""
    include_total: bool = False


@router.get("", response_model=VideoPage, openapi_extra=described(ListQuery))
async def list_videos(request: Request) -> Response:
    """Published videos, newest first; ``search`` finds words of titles, the last one by its beginning."""
    query = read_query(request, ListQuery)
    terms, after = _asked(query.search, query.cursor)

    async def make() -> bytes:
        return await _encoded_page(_context(request), query, terms=terms, after=after)

    return await _answer(request, (terms, after, query.limit, query.include_total), make)


@router.get("/{slug}", response_model=VideoDetail)
async def get_video(request: Request, slug: str) -> Response:
    """One video: published, or on its way to being so for whoever has the link."""

    async def make() -> bytes:
        ctx = _context(request)
        return msgspec.json.encode(await detail_of(ctx, await find(ctx, slug)))

    return await _answer(request, ("detail", slug), make)


@router.get("/{slug}/progress", response_model=Progress)
async def get_progress(request: Request, slug: str) -> Response:
    """How far the video is on its way to being playable, and each rendition to being complete."""

    async def make() -> bytes:
        ctx = _context(request)
        video = await find(ctx, slug)
        return msgspec.json.encode(progress_shape(video, await progress.of_video(ctx, video.id)))

    return await _answer(request, ("progress", slug), make)


async def find(ctx: Context, slug: str) -> VideoRow:
    """The video that a visitor with the link may see; raises ``NotFound`` for every other."""
    video = await videos.by_slug_public(ctx.db, slug)
    if video is None:
        raise NotFound("There is no such video.", code="unknown_video")
    return video


async def page_of(ctx: Context, *, search_text: str, cursor: str | None, limit: int) -> VideoPage:
    """One page of the list, as pages show it; raises ``Invalid`` for a bad search or cursor."""
    terms, after = _asked(search_text, cursor)
    page = await listing.public_page(ctx.db, terms, after=after, limit=limit)
    return VideoPage(videos=[video_item(video) for video in page.items], total_count=None, **_following(page))


async def detail_of(ctx: Context, video: VideoRow) -> VideoDetail:
    """All that visitors may know of a video."""
    qualities = await generations.shown_qualities(ctx.db, video.id) if video.status == "ready" else []
    return video_detail(video, qualities, with_dash=await ctx.settings.get(ENABLE_DASH))


async def _encoded_page(
    ctx: Context, query: ListQuery, *, terms: Terms | None, after: Position | None
) -> bytes:
    page = await listing.public_page(ctx.db, terms, after=after, limit=query.limit)
    total = await listing.public_count(ctx.db, terms) if query.include_total else None
    items = [encoded_item(video) for video in page.items]
    return msgspec.json.encode({"videos": items, **_following(page), "total_count": total})


def _asked(search_text: str, cursor: str | None) -> tuple[Terms | None, Position | None]:
    terms = search.parse(search_text)
    return terms, paging.decode(cursor, of="public") if cursor is not None else None


def _following(page: Page[ListedRow]) -> _Following:
    after = page.next_position
    cursor = paging.encode(after, of="public") if after is not None else None
    return {"next_cursor": cursor, "has_more": after is not None}


async def _answer(request: Request, key: Hashable, make: Make) -> Response:
    answers = cast(MicroCache, request.app.state.answers)
    answer = await answers.get(key, make)
    return tagged_response(request, answer.body, answer.tag)


def _context(request: Request) -> Context:
    return cast(Context, request.app.state.context)
