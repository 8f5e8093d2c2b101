"""``/api/categories`` and ``/api/tags``: what there is to choose from, with how many published videos
each has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.deps import MAX_ID
from vlog.api.hot import HotRoute, described, read_query
from vlog.api.public.answers import answer_shape
from vlog.catalog import tags, taxonomy
from vlog.catalog.tags import Tag
from vlog.catalog.taxonomy import Category
from vlog.context import Context

router = APIRouter(prefix="/api", tags=["taxonomy"], route_class=HotRoute)


@dataclass(frozen=True, kw_only=True, slots=True)
class CategoryItem:
    """A category and how many published videos it has."""

    id: int
    name: str
    slug: str
    description: str
    created_at: datetime
    video_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedTag:
    """A tag and how many published videos have it."""

    id: int
    name: str
    slug: str
    created_at: datetime
    video_count: int


class TagQuery(BaseModel):
    """Which tags: by name, after the one with the id ``after``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(tags.PAGE_SIZE, ge=1, le=tags.PAGE_SIZE)
    after: int | None = Field(None, ge=1, le=MAX_ID)


@router.get("/categories", response_model=list[CategoryItem])
async def list_categories(request: Request) -> Response:
    """All categories in their order."""

    async def make(ctx: Context) -> object:
        return [_category(each) for each in await taxonomy.categories(ctx.db, face="catalog")]

    return await answer_shape(request, "categories", make)


@router.get("/categories/{slug}", response_model=CategoryItem)
async def get_category(request: Request, slug: str) -> Response:
    """One category."""

    async def make(ctx: Context) -> object:
        return _category(await taxonomy.by_slug(ctx.db, slug, face="catalog"))

    return await answer_shape(request, ("category", slug), make)


@router.get("/tags", response_model=list[CountedTag], openapi_extra=described(TagQuery))
async def list_tags(request: Request) -> Response:
    """Tags of published videos by name."""
    query = read_query(request, TagQuery)

    async def make(ctx: Context) -> object:
        last = await tags.by_id(ctx.db, query.after) if query.after is not None else None
        found = await tags.page(ctx.db, "catalog", after=last, limit=query.limit)
        return [_tag(each) for each in found]

    return await answer_shape(request, ("tags", query), make)


@router.get("/tags/{slug}", response_model=CountedTag)
async def get_tag(request: Request, slug: str) -> Response:
    """One tag."""

    async def make(ctx: Context) -> object:
        return _tag(await tags.by_slug(ctx.db, slug, face="catalog"))

    return await answer_shape(request, ("tag", slug), make)


def _category(category: Category) -> CategoryItem:
    return CategoryItem(
        id=category.id,
        name=category.name,
        slug=category.slug,
        description=category.description,
        created_at=category.created_at,
        video_count=category.video_count,
    )


def _tag(tag: Tag) -> CountedTag:
    return CountedTag(
        id=tag.id, name=tag.name, slug=tag.slug, created_at=tag.created_at, video_count=tag.video_count
    )
