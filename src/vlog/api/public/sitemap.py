"""Site maps for search engines: an index, the pages of lists, and videos part by part.

https://www.sitemaps.org/protocol.html, with entries for videos as Google describes them
(https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps).
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import tag_of, tagged_response
from vlog.api.deps import Ctx
from vlog.api.media_urls import stream_url
from vlog.api.public.shapes import VideoItem, video_item
from vlog.api.public.xml_text import DECLARATION, element, picture_of
from vlog.catalog import site_map, taxonomy
from vlog.catalog.facets import MAX_ID
from vlog.catalog.rows import ListedRow
from vlog.kit.errors import NotFound
from vlog.kit.markdown import excerpt
from vlog.settings.known import INDEXABLE

router = APIRouter(include_in_schema=False)
# An index has at most as many parts (https://www.sitemaps.org/protocol.html#index).
_MAX_PART = 50_000
# Ids of tags are shorter than others: they stand in facets.
_MAX_LIST_PART = MAX_ID // site_map.LIST_PART
_DESCRIPTION = 2000
_LONGEST_SECONDS = 28_800
_XMLNS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_VIDEO_XMLNS = "http://www.google.com/schemas/sitemap-video/1.1"


@router.get("/sitemap.xml", response_class=Response)
async def index(request: Request, ctx: Ctx) -> Response:
    """Where the parts are."""
    await _require_indexable(ctx)
    base = ctx.config.public_base_url
    names = [
        "pages",
        *(f"tags-{part}" for part in await site_map.tag_parts(ctx.db)),
        *(f"playlists-{part}" for part in await site_map.playlist_parts(ctx.db)),
        *(f"videos-{part}" for part in await site_map.parts(ctx.db)),
    ]
    found = "".join(
        f"<sitemap>{element('loc', f'{base}/sitemap-{name}.xml')}</sitemap>" for name in names[:_MAX_PART]
    )
    return _answer(request, f'<sitemapindex xmlns="{_XMLNS}">{found}</sitemapindex>\n')


@router.get("/sitemap-pages.xml", response_class=Response)
async def list_pages(request: Request, ctx: Ctx) -> Response:
    """The front page, overviews and categories, of which there are few."""
    await _require_indexable(ctx)
    categories = await taxonomy.categories(ctx.db, face="catalog")
    named = [f"/category/{each.slug}" for each in categories if each.video_count]
    return _pages(request, ctx, ["/", "/categories", "/tags", "/playlists", *named])


@router.get("/sitemap-tags-{part}.xml", response_class=Response)
async def tag_part(request: Request, ctx: Ctx, part: int) -> Response:
    """The tags of one range of numbers; 404 when there is none."""
    await _require_indexable(ctx)
    slugs = await site_map.tag_slugs(ctx.db, part) if 0 <= part < _MAX_LIST_PART else []
    return _pages(request, ctx, [f"/tag/{slug}" for slug in slugs])


@router.get("/sitemap-playlists-{part}.xml", response_class=Response)
async def playlist_part(request: Request, ctx: Ctx, part: int) -> Response:
    """The public playlists of one range of numbers; 404 when there is none."""
    await _require_indexable(ctx)
    slugs = await site_map.playlist_slugs(ctx.db, part) if 0 <= part < _MAX_PART else []
    return _pages(request, ctx, [f"/playlist/{slug}" for slug in slugs])


@router.get("/sitemap-videos-{part}.xml", response_class=Response)
async def video_part(request: Request, ctx: Ctx, part: int) -> Response:
    """The videos of one range of numbers; 404 when there is none."""
    await _require_indexable(ctx)
    rows = await site_map.videos(ctx.db, part) if 0 <= part < _MAX_PART else []
    if not rows:
        raise _no_such_part()
    base = ctx.config.public_base_url
    found = "".join(_url(row, base) for row in rows)
    return _answer(request, f'<urlset xmlns="{_XMLNS}" xmlns:video="{_VIDEO_XMLNS}">{found}</urlset>\n')


async def _require_indexable(ctx: Ctx) -> None:
    if not await ctx.settings.get(INDEXABLE):
        raise NotFound("This site is not for search engines.", code="no_such_file")


def _pages(request: Request, ctx: Ctx, paths: list[str]) -> Response:
    if not paths:
        raise _no_such_part()
    base = ctx.config.public_base_url
    found = "".join(f"<url>{element('loc', base + path)}</url>" for path in paths)
    return _answer(request, f'<urlset xmlns="{_XMLNS}">{found}</urlset>\n')


def _no_such_part() -> NotFound:
    return NotFound("There is no such part of the site map.", code="no_such_file")


def _url(row: ListedRow, base: str) -> str:
    video = video_item(row)
    return f"<url>{element('loc', f'{base}/watch/{video.slug}')}{_video(row, video, base)}</url>"


def _video(row: ListedRow, video: VideoItem, base: str) -> str:
    picture = picture_of(video)
    # Both are required of an entry.
    if picture is None or row.status != "ready":
        return ""
    seconds = round(video.duration or 0)
    parts = [
        element("video:thumbnail_loc", base + picture[0]),
        element("video:title", video.title),
        element("video:description", excerpt(video.description, _DESCRIPTION) or video.title),
        element("video:content_loc", f"{base}{stream_url(row)}"),
        element("video:duration", str(seconds)) if 0 < seconds <= _LONGEST_SECONDS else "",
        element("video:publication_date", (video.published_at or video.created_at).isoformat()),
        *(element("video:tag", tag.name) for tag in video.tags),
    ]
    return f"<video:video>{''.join(parts)}</video:video>"


def _answer(request: Request, text: str) -> Response:
    body = (DECLARATION + text).encode()
    return tagged_response(request, body, tag_of(body), media_type="application/xml; charset=utf-8")
