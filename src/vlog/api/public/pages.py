"""The public site's pages, rendered here: titles and previews are there before any script runs."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vlog.api.deps import Ctx, context_of
from vlog.api.errors import Problem, request_id_of
from vlog.api.public import bulk
from vlog.api.public.home import home_of
from vlog.api.public.shapes import video_item
from vlog.api.public.speaking import PagesOf, spoken_pages
from vlog.api.render import site_of, site_or_default

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=Response)
async def home(request: Request, ctx: Ctx, pages: PagesOf) -> Response:
    """The front page. Searches had their address here once."""
    if "search" in request.query_params:
        query = urlencode({"search": request.query_params["search"]})
        return RedirectResponse(f"/search?{query}", HTTPStatus.MOVED_PERMANENTLY)
    context = {"site": await site_of(ctx.settings), "home": await home_of(ctx), "place": "home"}
    return pages.render("public/home.html", context)


@router.get("/cards", response_class=Response)
async def cards(ctx: Ctx, pages: PagesOf, ids: str = "") -> Response:
    """Cards of these videos, for pages whose list only the browser knows; the gone ones are left out."""
    videos = [video_item(each) for each in await bulk.visible(ctx, bulk.ids_of(ids))]
    return pages.render("public/cards.html", {"videos": videos})


async def error_page(request: Request, problem: Problem) -> Response:
    """A problem for somebody who looks at it in a browser."""
    ctx = context_of(request)
    pages = await spoken_pages(request)
    context: dict[str, object] = {"site": await site_or_default(ctx.settings)}
    template = "public/not_found.html"
    if problem.status != HTTPStatus.NOT_FOUND:
        template = "public/error.html"
        context |= {
            "status": int(problem.status),
            "message": problem.detail,
            "request_id": request_id_of(request),
            "path": request.url.path,
        }
    page = pages.render(template, context, status=problem.status)
    page.headers.update({"cache-control": "no-store", **problem.headers})
    return page
