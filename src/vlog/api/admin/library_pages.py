"""The admin's pages of what orders the library: frames that scripts fill from the API."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.pages import PagesOf
from vlog.api.deps import Ctx
from vlog.api.render import Pages, site_of
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


async def _page(ctx: Context, pages: Pages, name: str, **more: object) -> Response:
    context = {"site": await site_of(ctx.settings), "active": name, **more}
    page = pages.render(f"admin/{name}.html", context)
    page.headers["cache-control"] = "no-store"
    return page
