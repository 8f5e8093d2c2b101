"""Videos on other sites: the page for their frames, and oEmbed (oembed.com), by which they ask for it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from vlog.api import headers
from vlog.api.deps import Ctx
from vlog.api.public import sharing
from vlog.api.public import videos as api
from vlog.api.public.moved import moved
from vlog.api.public.speaking import PagesOf
from vlog.api.public.watch_page import present_slug
from vlog.api.render import site_of
from vlog.catalog import videos
from vlog.context import Context
from vlog.kit.errors import Invalid, NotFound

router = APIRouter(include_in_schema=False)
_PATH = re.compile(r"/(?:watch|embed)/([^/]+)/?")
_CACHE_SECONDS = 3600
# What XML 1.0 (§2.2) cannot say at all.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_Side = Annotated[int | None, Query(ge=16, le=10_000)]


@router.get("/embed/{slug}", response_class=Response)
async def embed(ctx: Ctx, pages: PagesOf, slug: str) -> Response:
    """The player alone, for a frame; what cannot be shown is said in the frame, too."""
    framing = headers.framed_by(await sharing.allowed_domains(ctx))
    row = await videos.by_slug_public(ctx.db, slug)
    if row is None:
        try:
            target = await present_slug(ctx, slug)
        except NotFound:
            page = pages.render(
                "public/embed.html",
                {"site": await site_of(ctx.settings), "video": None, "shared": None},
                status=HTTPStatus.NOT_FOUND,
            )
            page.headers.update(framing)
            return page
        answer = moved(f"/embed/{target}")
        answer.headers.update(framing)
        return answer
    video = await api.detail_of(ctx, row)
    shared = await sharing.of_video(ctx, row, video)
    context = {"site": await site_of(ctx.settings), "video": video, "shared": shared}
    page = pages.render("public/embed.html", context)
    page.headers.update(framing)
    return page


@router.get("/oembed", response_class=Response)
async def oembed(
    request: Request,
    ctx: Ctx,
    url: str,
    maxwidth: _Side = None,
    maxheight: _Side = None,
    format: str = "json",
) -> Response:
    """How to show the video of a page of this site (oEmbed 1.0)."""
    if format not in {"json", "xml"}:
        # The specification's own status for this (§2.3.4).
        return Response(status_code=HTTPStatus.NOT_IMPLEMENTED, headers={"cache-control": "no-store"})
    slug = _slug_of(url, hosts={urlsplit(ctx.config.public_base_url).netloc, request.headers.get("host", "")})
    answer = await _described(ctx, slug, box=(maxwidth, maxheight))
    shared_headers = {"access-control-allow-origin": "*", "cache-control": "no-cache"}
    if format == "xml":
        return Response(_xml(answer), media_type="text/xml", headers=shared_headers)
    return Response(msgspec.json.encode(answer), media_type="application/json", headers=shared_headers)


def _slug_of(url: str, *, hosts: set[str]) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    found = _PATH.fullmatch(parts.path)
    if parts.scheme not in {"http", "https"} or parts.netloc not in hosts or found is None:
        raise Invalid("This is not the address of a video of this site.", code="unknown_address", field="url")
    return unquote(found[1])


async def _described(ctx: Context, slug: str, *, box: tuple[int | None, int | None]) -> dict[str, object]:
    row = await videos.by_slug_public(ctx.db, slug)
    video = await api.detail_of(ctx, row or await api.find(ctx, await present_slug(ctx, slug)))
    if video.status != "ready":
        raise NotFound("This video cannot be shown yet.", code="unknown_video")
    found = row or await api.find(ctx, video.slug)
    shared = await sharing.of_video(ctx, found, video)
    limits = (box[0] or sharing.WIDTH, box[1] or sharing.HEIGHT)
    width, height = sharing.fitting(*shared.size, box=limits)
    site = await site_of(ctx.settings)
    answer: dict[str, object] = {
        "version": "1.0",
        "type": "video",
        "title": video.title,
        "provider_name": site.name,
        "provider_url": f"{ctx.config.public_base_url}/",
        "cache_age": _CACHE_SECONDS,
        "width": width,
        "height": height,
        "html": sharing.embed_code(shared.embed_url, video.title, (width, height)),
        "duration": round(video.duration or 0),
    }
    # All three or none (§2.3.4), within the limits.
    fits = [
        each
        for each in video.thumbnails
        if each.format == "jpeg" and each.width <= (box[0] or 10_000) and each.height <= (box[1] or 10_000)
    ]
    if fits:
        best = max(fits, key=lambda each: each.width)
        answer["thumbnail_url"] = f"{ctx.config.public_base_url}{best.url}"
        answer["thumbnail_width"], answer["thumbnail_height"] = best.width, best.height
    return answer


def _xml(answer: dict[str, object]) -> bytes:
    parts = "".join(
        f"<{name}>{escape(_NOT_XML.sub('', str(value)))}</{name}>" for name, value in answer.items()
    )
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?><oembed>{parts}</oembed>'.encode()
