"""``/api/videos``: what is published, as JSON. Hot: rows become bytes without a model in between, once for
all who ask within a second.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal, TypedDict, cast

import msgspec
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
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
from vlog.api.values import heights, names, one_of
from vlog.catalog import browse, cursors, filters, listing, videos
from vlog.catalog.facets import LENGTHS
from vlog.catalog.filters import Asked
from vlog.catalog.listing import Page
from vlog.catalog.query import Order, Sort
from vlog.catalog.rows import ListedRow, VideoRow
from vlog.context import Context
from vlog.kit.errors import NotFound
from vlog.processing import generations, progress
from vlog.settings.known import ENABLE_DASH

router = APIRouter(prefix="/api/videos", tags=["videos"], route_class=HotRoute)


class _Following(TypedDict):
    next_cursor: str | None
    has_more: bool


class ListQuery(BaseModel):
    """What the list can be asked. Values are separated by commas; ``custom.{slug}`` filters by the value of a
    custom field.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = None
    search: str = ""
    category: str = Field("", max_length=1000)
    tag: str = Field("", max_length=1000)
    duration: str = Field("", max_length=100)
    quality: str = Field("", max_length=100)
    date_from: AwareDatetime | None = None
    date_to: AwareDatetime | None = None
    featured: bool = False
    has_chapters: bool = False
    sort: Sort | None = None
    order: Literal["asc", "desc"] | None = None
    include_total: bool = False

    def asked(self) -> Asked:
        """The conditions."""
        custom = ((name[7:], str(value)) for name, value in (self.model_extra or {}).items())
        return Asked(
            search=" ".join(self.search.split()),
            categories=names(self.category),
            tags=names(self.tag),
            lengths=one_of(names(self.duration), LENGTHS, field="duration"),
            heights=heights(names(self.quality)),
            featured=self.featured,
            has_chapters=self.has_chapters,
            since=self.date_from,
            until=self.date_to,
            custom=tuple(sorted(pair for pair in custom if pair[0])),
        )

    def ordered(self) -> Order:
        """The order: what fits best for a search, else newest first; titles begin with A."""
        sort = self.sort or ("relevance" if self.search.strip() else "date")
        return Order(sort=sort, descending=self.order == "desc" if self.order else sort != "title")


@router.get("", response_model=VideoPage, openapi_extra=described(ListQuery))
async def list_videos(request: Request) -> Response:
    """Published videos that fit, newest first or as asked; ``search`` finds words of titles, tags, categories
    and descriptions, the last one by its beginning.
    """
    query = read_query(request, ListQuery)
    asked, order = query.asked(), query.ordered()
    after = cursors.decode(query.cursor, of=order.name) if query.cursor is not None else None

    async def make() -> bytes:
        ctx = _context(request)
        wanted = await filters.resolve(ctx.db, asked)
        page = await listing.public_page(ctx.db, wanted, order, after=after, limit=query.limit)
        total = (await browse.count(ctx.db, "catalog", wanted))[0] if query.include_total else None
        items = [encoded_item(video) for video in page.items]
        return msgspec.json.encode({"videos": items, **_following(page, order), "total_count": total})

    return await _answer(request, (asked, order, after, query.limit, query.include_total), make)


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


async def page_of(ctx: Context, asked: Asked, order: Order, *, cursor: str | None, limit: int) -> VideoPage:
    """One page of the list, as pages show it; raises ``Invalid`` for a bad search or cursor."""
    after = cursors.decode(cursor, of=order.name) if cursor is not None else None
    wanted = await filters.resolve(ctx.db, asked)
    page = await listing.public_page(ctx.db, wanted, order, after=after, limit=limit)
    items = [video_item(video) for video in page.items]
    return VideoPage(videos=items, total_count=None, **_following(page, order))


async def detail_of(ctx: Context, video: VideoRow) -> VideoDetail:
    """All that visitors may know of a video."""
    qualities = await generations.shown_qualities(ctx.db, video.id) if video.status == "ready" else []
    return video_detail(video, qualities, with_dash=await ctx.settings.get(ENABLE_DASH))


def _following(page: Page[ListedRow], order: Order) -> _Following:
    after = page.next_position
    cursor = cursors.encode(after, of=order.name) if after is not None else None
    return {"next_cursor": cursor, "has_more": after is not None}


async def _answer(request: Request, key: Hashable, make: Make) -> Response:
    answers = cast(MicroCache, request.app.state.answers)
    answer = await answers.get(key, make)
    return tagged_response(request, answer.body, answer.tag)


def _context(request: Request) -> Context:
    return cast(Context, request.app.state.context)
