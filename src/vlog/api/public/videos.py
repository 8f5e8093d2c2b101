"""``/api/videos``: what is published, as JSON. Hot: rows become bytes without a model in between, once for
all who ask within a second.
"""

from __future__ import annotations

from typing import Any, TypedDict, TypeVar

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import tag_of, tagged_response
from vlog.api.deps import context_of
from vlog.api.hot import HotRoute, described, read_query
from vlog.api.public import bulk
from vlog.api.public.answers import answer, answer_shape
from vlog.api.public.queries import ListQuery
from vlog.api.public.shapes import (
    Progress,
    VideoDetail,
    VideoItem,
    VideoPage,
    encoded_item,
    progress_shape,
    video_detail,
    video_item,
)
from vlog.catalog import browse, chapters, cursors, fields, filters, listing, videos
from vlog.catalog.filters import Asked
from vlog.catalog.listing import Page
from vlog.catalog.query import Order
from vlog.catalog.rows import ListedRow, VideoRow
from vlog.context import Context
from vlog.kit.errors import NotFound
from vlog.media.chapters import Mark, webvtt
from vlog.processing import generations, progress
from vlog.settings.known import ENABLE_DASH

T = TypeVar("T")
router = APIRouter(prefix="/api/videos", tags=["videos"], route_class=HotRoute)

_TRACK: dict[str, Any] = {"content": {"text/vtt": {"schema": {"type": "string"}}}}


class _Following(TypedDict):
    next_cursor: str | None
    has_more: bool


class RelatedQuery(BaseModel):
    """How many related videos."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(12, ge=1, le=24)


class BulkQuery(BaseModel):
    """Which videos, by number."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ids: str = Field("", max_length=1000)


@router.get("", response_model=VideoPage, openapi_extra=described(ListQuery))
async def list_videos(request: Request) -> Response:
    """Published videos that fit, newest first or as asked; ``search`` finds words of titles, tags, categories
    and descriptions, the last one by its beginning.
    """
    query = read_query(request, ListQuery)
    asked, order = query.asked(), query.ordered()
    after = order.position(query.cursor) if query.cursor is not None else None

    async def make() -> bytes:
        ctx = context_of(request)
        wanted = await filters.resolve(ctx.db, asked, face="catalog")
        page = await listing.public_texts(ctx.db, wanted, order, after=after, limit=query.limit)
        total = (await browse.count(ctx.db, "catalog", wanted))[0] if query.include_total else None
        items = [encoded_item(video) for video in page.items]
        return msgspec.json.encode({"videos": items, **_following(page, order), "total_count": total})

    return await answer(request, (asked, order, after, query.limit, query.include_total), make)


@router.get("/bulk", response_model=list[VideoItem], openapi_extra=described(BulkQuery))
async def list_by_ids(request: Request) -> Response:
    """The published ones of these videos (``ids`` with commas, at most 20), in the order asked for."""
    ids = bulk.ids_of(read_query(request, BulkQuery).ids)

    async def make(ctx: Context) -> object:
        return [video_item(each) for each in await bulk.visible(ctx, ids)]

    return await answer_shape(request, ("bulk", ids), make)


@router.get("/{slug}", response_model=VideoDetail)
async def get_video(request: Request, slug: str) -> Response:
    """One video: published, or on its way to being so for whoever has the link."""

    async def make() -> bytes:
        ctx = context_of(request)
        return msgspec.json.encode(await detail_of(ctx, await find(ctx, slug)))

    return await answer(request, ("detail", slug), make)


@router.get("/{slug}/related", response_model=list[VideoItem], openapi_extra=described(RelatedQuery))
async def list_related(request: Request, slug: str) -> Response:
    """Videos that share most with this one: tags, then the category; filled up with the newest."""
    query = read_query(request, RelatedQuery)

    async def make(ctx: Context) -> object:
        video = await find(ctx, slug)
        return [video_item(each) for each in await related_to(ctx, video, limit=query.limit)]

    return await answer_shape(request, ("related", slug, query), make)


@router.get("/{slug}/chapters.vtt", response_class=Response, responses={200: _TRACK})
async def get_chapters_track(request: Request, slug: str) -> Response:
    """Its chapters as a WebVTT track."""
    ctx = context_of(request)
    video = await find(ctx, slug)
    marks = [
        Mark(chapter.start_time, chapter.title, chapter.end_time)
        for chapter in await chapters.of_video(ctx.db, video.id)
    ]
    body = webvtt(marks, duration_seconds=video.duration).encode()
    return tagged_response(request, body, tag_of(body), media_type="text/vtt")


@router.get("/{slug}/progress", response_model=Progress)
async def get_progress(request: Request, slug: str) -> Response:
    """How far the video is on its way to being playable, and each rendition to being complete."""

    async def make() -> bytes:
        ctx = context_of(request)
        video = await find(ctx, slug)
        return msgspec.json.encode(progress_shape(video, await progress.of_video(ctx, video.id)))

    return await answer(request, ("progress", slug), make)


async def related_to(ctx: Context, video: VideoRow, *, limit: int) -> list[ListedRow]:
    """Related videos, the nearest first."""
    ids = await browse.related_ids(ctx.db, video.id, limit=limit)
    found = {each.id: each for each in await listing.visible(ctx.db, ids)}
    return [found[each] for each in ids if each in found]


async def find(ctx: Context, slug: str) -> VideoRow:
    """The video that a visitor with the link may see; raises ``NotFound`` for every other."""
    video = await videos.by_slug_public(ctx.db, slug)
    if video is None:
        raise NotFound("There is no such video.", code="unknown_video")
    return video


async def page_of(ctx: Context, asked: Asked, order: Order, *, cursor: str | None, limit: int) -> VideoPage:
    """One page of the list, as pages show it; raises ``Invalid`` for a bad search or cursor."""
    after = order.position(cursor) if cursor is not None else None
    wanted = await filters.resolve(ctx.db, asked, face="catalog")
    page = await listing.public_page(ctx.db, wanted, order, after=after, limit=limit)
    items = [video_item(video) for video in page.items]
    return VideoPage(videos=items, total_count=None, **_following(page, order))


async def detail_of(ctx: Context, video: VideoRow) -> VideoDetail:
    """All that visitors may know of a video."""
    qualities = await generations.shown_qualities(ctx.db, video.id) if video.status == "ready" else []
    found = await chapters.of_video(ctx.db, video.id) if video.has_chapters else []
    return video_detail(
        video,
        qualities,
        chapters=found,
        given=await fields.shown(ctx.db, video),
        with_dash=await ctx.settings.get(ENABLE_DASH),
    )


def _following(page: Page[T], order: Order) -> _Following:
    after = page.next_position
    cursor = cursors.encode(after, of=order.name) if after is not None else None
    return {"next_cursor": cursor, "has_more": after is not None}
