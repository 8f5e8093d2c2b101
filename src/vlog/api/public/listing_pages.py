"""Pages of categories, tags and playlists, and their overviews. Former addresses lead to the present ones."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.deps import MAX_ID, Ctx
from vlog.api.public import playlists as playlists_api
from vlog.api.public import videos as videos_api
from vlog.api.public.listed import Listed
from vlog.api.public.moved import moved
from vlog.api.public.playlists import PlaylistItem
from vlog.api.public.shapes import VideoItem, video_item
from vlog.api.public.sought import SORTS
from vlog.api.public.speaking import PagesOf
from vlog.api.render import site_of
from vlog.api.values import one_of
from vlog.catalog import former, playlist_items, playlists, shelves, tags, taxonomy
from vlog.catalog.facets import Kind, facet
from vlog.catalog.filters import Asked
from vlog.catalog.former import Subject
from vlog.catalog.playlists import PlaylistFilter, PlaylistType
from vlog.catalog.shelves import Shelf
from vlog.context import Context
from vlog.kit.errors import Invalid, NotFound

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 24
PLAYLIST_PAGE_SIZE = 200
# So many categories are shown with a picture of their newest video; more are a list of words.
PICTURED = 48
_LIST_SORTS = ("newest", "oldest", "views", "title", "longest", "shortest")
_TYPES = ("playlist", "collection", "series", "course")


@router.get("/categories", response_class=Response)
async def categories(ctx: Ctx, pages: PagesOf) -> Response:
    """The categories in which there is something to watch, in their order."""
    found = [each for each in await taxonomy.categories(ctx.db, face="catalog") if each.video_count]
    pictured = found[:PICTURED]
    newest = await shelves.filled(
        ctx.db,
        [Shelf(kind="facet", limit=1, subject=facet(Kind.CATEGORY, each.id)) for each in pictured],
    )
    videos: dict[int, VideoItem] = {
        category.id: video_item(shown[0]) for category, shown in zip(pictured, newest, strict=True) if shown
    }
    context = {"site": await site_of(ctx.settings), "place": "categories"}
    return pages.render("public/categories.html", context | {"categories": found, "videos": videos})


@router.get("/tags", response_class=Response)
async def all_tags(ctx: Ctx, pages: PagesOf, after: int | None = None) -> Response:
    """Tags of published videos by name, page by page."""
    last = await tags.by_id(ctx.db, after) if after is not None and 0 < after <= MAX_ID else None
    found = await tags.page(ctx.db, "catalog", after=last)
    is_full = len(found) == tags.PAGE_SIZE
    context: dict[str, object] = {
        "site": await site_of(ctx.settings),
        "place": "tags",
        "tags": found,
        "next_url": f"/tags?after={found[-1].id}" if is_full else None,
        "first_url": "/tags" if last is not None else None,
    }
    return pages.render("public/tags.html", context)


@router.get("/category/{slug}", response_class=Response)
async def category(request: Request, ctx: Ctx, pages: PagesOf, slug: str) -> Response:
    """One category and its videos."""
    try:
        found = await taxonomy.by_slug(ctx.db, slug, face="catalog")
    except NotFound:
        return await _moved(ctx, "category", slug)
    context = await _listed(ctx, request, Asked(categories=(slug,)), name=found.name, about=found.description)
    return pages.render("public/list.html", context | {"kind": "category", "subject": found})


@router.get("/tag/{slug}", response_class=Response)
async def tag(request: Request, ctx: Ctx, pages: PagesOf, slug: str) -> Response:
    """One tag and its videos."""
    try:
        found = await tags.by_slug(ctx.db, slug, face="catalog")
    except NotFound:
        return await _moved(ctx, "tag", slug)
    context = await _listed(ctx, request, Asked(tags=(slug,)), name=f"#{found.name}")
    return pages.render("public/list.html", context | {"kind": "tag", "subject": found})


@router.get("/playlists", response_class=Response)
async def all_playlists(
    ctx: Ctx, pages: PagesOf, kind: PlaylistType | Literal[""] = "", cursor: str | None = None
) -> Response:
    """Public playlists, newest first."""
    wanted = PlaylistFilter(playlist_type=kind or None)
    page = await playlists_api.page_of(ctx, wanted, after=playlists_api.position(cursor), limit=PAGE_SIZE)
    base = {"kind": kind} if kind else {}
    following = {**base, "cursor": page.next_cursor}
    context: dict[str, object] = {
        "site": await site_of(ctx.settings),
        "place": "playlists",
        "playlists": page.playlists,
        "types": _TYPES,
        "chosen": kind,
        "next_url": f"/playlists?{urlencode(following)}" if page.next_cursor else None,
        "first_url": (f"/playlists?{urlencode(base)}" if base else "/playlists") if cursor else None,
    }
    return pages.render("public/playlists.html", context)


@router.get("/playlist/{slug}", response_class=Response)
async def playlist(ctx: Ctx, pages: PagesOf, slug: str, after: int = 0) -> Response:
    """One playlist in its order; series and courses are numbered."""
    if not 0 <= after < 2**31:
        raise Invalid("after: give a place in the playlist.", code="invalid_cursor", field="after")
    try:
        found = await playlists.by_slug_public(ctx.db, slug)
    except NotFound:
        return await _moved(ctx, "playlist", slug)
    shown: PlaylistItem = (await playlists_api.shapes(ctx, [found]))[0]
    items = await playlist_items.page(ctx.db, "catalog", found.id, after=after, limit=PLAYLIST_PAGE_SIZE + 1)
    page = items[:PLAYLIST_PAGE_SIZE]
    path = f"/playlist/{slug}"
    site = await site_of(ctx.settings)
    listed = Listed(
        base=ctx.config.public_base_url,
        site_name=site.name,
        parent_path="/playlists",
        path=path,
        name=shown.title,
        description=shown.description,
    )
    context: dict[str, object] = {
        "site": site,
        "structured": listed.structured([video_item(each.video) for each in page]),
        "image_url": listed.image_url([shown]),
        "place": "playlists",
        "feed": f"{path}/feed",
        "playlist": shown,
        "items": [{"number": each.number, "video": video_item(each.video)} for each in page],
        "canonical_url": f"{ctx.config.public_base_url}{path}",
        "next_url": f"{path}?after={page[-1].position}" if len(items) > len(page) else None,
        "first_url": path if after else None,
    }
    return pages.render("public/playlist.html", context)


async def _listed(
    ctx: Context, request: Request, asked: Asked, *, name: str, about: str = ""
) -> dict[str, object]:
    path = request.url.path
    sort = request.query_params.get("sort") or "newest"
    one_of((sort,), _LIST_SORTS, field="sort")
    cursor = request.query_params.get("cursor") or None
    page = await videos_api.page_of(ctx, asked, SORTS[sort], cursor=cursor, limit=PAGE_SIZE)
    base = {"sort": sort} if sort != "newest" else {}
    following = {**base, "cursor": page.next_cursor}
    place = "categories" if asked.categories else "tags"
    site = await site_of(ctx.settings)
    listed = Listed(
        base=ctx.config.public_base_url,
        site_name=site.name,
        parent_path=f"/{place}",
        path=path,
        name=name,
        description=about,
    )
    return {
        "site": site,
        "place": place,
        "structured": listed.structured(page.videos),
        "image_url": listed.image_url(page.videos),
        "feed": f"{path}/feed",
        "videos": page.videos,
        "sort": sort,
        "sorts": _LIST_SORTS,
        "canonical_url": f"{ctx.config.public_base_url}{path}",
        "next_url": f"{path}?{urlencode(following)}" if page.next_cursor else None,
        "first_url": (f"{path}?{urlencode(base)}" if base else path) if cursor else None,
    }


async def _moved(ctx: Context, subject: Subject, slug: str) -> Response:
    present = await former.present_slug(ctx.db, subject, slug)
    if present is None or present == slug:
        raise NotFound(f"There is no such {subject}.", code=f"unknown_{subject}")
    return moved(f"/{subject}/{present}")
