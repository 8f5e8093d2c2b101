"""The admin's pages of what orders the library: frames that scripts fill from the API."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.pages import PagesOf
from vlog.api.deps import Ctx, RowId
from vlog.api.render import Pages, site_of
from vlog.catalog import playlists
from vlog.context import Context

router = APIRouter(include_in_schema=False, dependencies=ADMIN_ONLY)


@router.get("/categories", response_class=Response)
async def categories_page(ctx: Ctx, pages: PagesOf) -> Response:
    """All categories and their order."""
    return await _page(ctx, pages, "categories")


@router.get("/tags", response_class=Response)
async def tags_page(ctx: Ctx, pages: PagesOf) -> Response:
    """All tags."""
    return await _page(ctx, pages, "tags")


@router.get("/playlists", response_class=Response)
async def playlists_page(ctx: Ctx, pages: PagesOf) -> Response:
    """All playlists."""
    return await _page(ctx, pages, "playlists")


@router.get("/playlist/{playlist_id}", response_class=Response)
async def playlist_page(ctx: Ctx, pages: PagesOf, playlist_id: RowId) -> Response:
    """One playlist and its videos."""
    await playlists.by_id(ctx.db, playlist_id)
    return await _page(ctx, pages, "playlist", active="playlists", playlist_id=playlist_id)


@router.get("/fields", response_class=Response)
async def fields_page(ctx: Ctx, pages: PagesOf) -> Response:
    """All custom fields."""
    return await _page(ctx, pages, "fields")


@router.get("/transfer", response_class=Response)
async def transfer_page(ctx: Ctx, pages: PagesOf) -> Response:
    """The library as a file, and back."""
    return await _page(ctx, pages, "transfer")


async def _page(ctx: Context, pages: Pages, name: str, **more: object) -> Response:
    context = {"site": await site_of(ctx.settings), "active": name, **more}
    page = pages.render(f"admin/{name}.html", context)
    page.headers["cache-control"] = "no-store"
    return page
