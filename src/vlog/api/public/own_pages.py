"""Lists that are the visitor's own: they are kept in the browser, and never come here."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from vlog.api.deps import Ctx
from vlog.api.public.speaking import PagesOf
from vlog.api.render import site_of

router = APIRouter(include_in_schema=False)


@router.get("/history", response_class=Response)
async def history(ctx: Ctx, pages: PagesOf) -> Response:
    """The page that a script fills with what this browser has watched."""
    context = {"site": await site_of(ctx.settings), "place": "history"}
    return pages.render("public/own.html", context)


@router.get("/watch-later", response_class=Response)
async def watch_later(ctx: Ctx, pages: PagesOf) -> Response:
    """The page that a script fills with what was put aside."""
    context = {"site": await site_of(ctx.settings), "place": "watch-later"}
    return pages.render("public/own.html", context)
