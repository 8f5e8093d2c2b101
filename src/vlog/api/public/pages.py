"""The public site's pages, rendered here: titles and previews are there before any script runs."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vlog.api.deps import Ctx
from vlog.api.errors import Problem, request_id_of
from vlog.api.public import bulk
from vlog.api.public import videos as api
from vlog.api.public.home import home_of
from vlog.api.public.shapes import VideoDetail, video_item
from vlog.api.public.speaking import PagesOf, spoken_pages
from vlog.api.render import site_of, site_or_default
from vlog.catalog import videos
from vlog.config import Config
from vlog.context import Context
from vlog.kit.markdown import excerpt

router = APIRouter(include_in_schema=False)
_PREVIEW_LENGTH = 200


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


@router.get("/watch/{slug}", response_class=Response)
async def watch(ctx: Ctx, pages: PagesOf, slug: str) -> Response:
    """One video: the player, or what is still being done. An old address leads to the present one."""
    row = await videos.by_slug_public(ctx.db, slug)
    if row is None:
        return RedirectResponse(f"/watch/{await _present_slug(ctx, slug)}", HTTPStatus.MOVED_PERMANENTLY)
    video = await api.detail_of(ctx, row)
    context: dict[str, object] = {
        "site": await site_of(ctx.settings),
        "video": video,
        "canonical_url": f"{ctx.config.public_base_url}/watch/{video.slug}",
        "og": _preview(video, ctx.config),
    }
    return pages.render("public/watch.html", context)


async def error_page(request: Request, problem: Problem) -> Response:
    """A problem for somebody who looks at it in a browser."""
    ctx: Context = request.app.state.context
    pages = await spoken_pages(request)
    context: dict[str, object] = {"site": await site_or_default(ctx.settings)}
    template = "public/not_found.html"
    if problem.status != HTTPStatus.NOT_FOUND:
        template = "public/error.html"
        context |= {"message": problem.detail, "request_id": request_id_of(request)}
    page = pages.render(template, context, status=problem.status)
    page.headers.update({"cache-control": "no-store", **problem.headers})
    return page


async def _present_slug(ctx: Context, slug: str) -> str:
    """The new slug of a renamed video that visitors may see; raises ``NotFound``."""
    target = await videos.redirect_target(ctx.db, slug)
    return (await api.find(ctx, target or slug)).slug


def _preview(video: VideoDetail, config: Config) -> dict[str, object]:
    """What other sites show of a link (OpenGraph): absolute addresses, a short text."""

    def absolute(path: str | None) -> str | None:
        return f"{config.public_base_url}{path}" if path is not None else None

    # The largest: others show it as wide as their column. JPEG, which all of them can read.
    jpegs = [each for each in video.thumbnails if each.format == "jpeg"]
    largest = max(jpegs, key=lambda each: each.width, default=None)
    return {
        "title": video.title,
        "description": excerpt(video.description, _PREVIEW_LENGTH),
        "image": absolute(largest.url if largest is not None else video.thumbnail_url),
        "image_size": (largest.width, largest.height) if largest is not None else None,
        "video_url": absolute(video.stream_url),
    }
