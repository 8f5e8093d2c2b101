"""Small files that browsers and robots look for at fixed addresses."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vlog.api.conditional import tag_of, tagged_response
from vlog.api.deps import Ctx
from vlog.api.public.speaking import PagesOf
from vlog.api.render import site_of
from vlog.settings.known import INDEXABLE

router = APIRouter(include_in_schema=False)
# The canvas of tokens.css by day, which is what a window shows until the page is there.
_BACKGROUND = "#fbfaf8"
_THEME = "#3b49df"


@router.get("/robots.txt", response_class=Response)
async def robots(request: Request, ctx: Ctx) -> Response:
    """RFC 9309. Searches are endless, and say nothing that lists don't."""
    lines = ["User-agent: *", "Disallow: /"]
    if await ctx.settings.get(INDEXABLE):
        lines = ["User-agent: *", *(f"Disallow: /{name}" for name in ("api/", "search", "cards"))]
        lines += ["", f"Sitemap: {ctx.config.public_base_url}/sitemap.xml"]
    body = ("\n".join(lines) + "\n").encode()
    return tagged_response(request, body, tag_of(body), media_type="text/plain; charset=utf-8")


@router.get("/manifest.webmanifest", response_class=Response)
async def manifest(request: Request, ctx: Ctx, pages: PagesOf) -> Response:
    """What an installed site is called and looks like (W3C Web Application Manifest)."""
    site = await site_of(ctx.settings)
    icons = [
        {"src": pages.asset("favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
        {"src": pages.asset("icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": pages.asset("icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": pages.asset("icon-maskable.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    body = msgspec.json.encode(
        {
            "id": "/",
            "name": site.name,
            "short_name": site.name[:24],
            "description": site.tagline or site.name,
            "lang": pages.language,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": _BACKGROUND,
            "theme_color": _THEME,
            "icons": icons,
        }
    )
    return tagged_response(request, body, tag_of(body), media_type="application/manifest+json")


@router.get("/favicon.ico", response_class=Response)
async def favicon(pages: PagesOf) -> Response:
    """For whoever reads no page: the icon is one of the built files."""
    return RedirectResponse(
        pages.asset("favicon.ico"), HTTPStatus.FOUND, headers={"cache-control": "max-age=86400"}
    )
