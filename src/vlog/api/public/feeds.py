"""RSS and Atom feeds of the site, of each category, tag and playlist: what is public, the newest first."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.conditional import tag_of, tagged_response
from vlog.api.deps import Ctx
from vlog.api.media_urls import stream_url
from vlog.api.public.feed_text import Feed, atom, rss
from vlog.api.public.moved import moved
from vlog.api.public.shapes import video_item
from vlog.api.render import site_of
from vlog.catalog import former, listing, playlist_items, playlists, shelves, tags, taxonomy
from vlog.catalog.facets import Kind, facet
from vlog.catalog.rows import ListedRow
from vlog.catalog.shelves import Shelf
from vlog.context import Context
from vlog.kit.errors import NotFound

router = APIRouter(include_in_schema=False)
ITEMS = 50
Format = Literal["rss", "atom"]
Subject = Literal["category", "tag", "playlist"]
_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}
_WRITERS = {"rss": rss, "atom": atom}


@router.get("/feed.{ending}", response_class=Response)
async def site_feed(request: Request, ctx: Ctx, ending: Format) -> Response:
    """The newest videos."""
    (rows,) = await shelves.filled(ctx.db, [Shelf(kind="newest", limit=ITEMS)])
    site = await site_of(ctx.settings)
    feed = _feed(ctx, rows, title=site.name, description=site.tagline)
    return _answer(request, feed, ending)


@router.get("/{subject}/{slug}/feed.{ending}", response_class=Response)
async def subject_feed(request: Request, ctx: Ctx, subject: Subject, slug: str, ending: Format) -> Response:
    """The newest of a category, a tag, or those that were last added to a playlist."""
    try:
        title, description, rows = await _content(ctx, subject, slug)
    except NotFound:
        present = await former.present_slug(ctx.db, subject, slug)
        if present is None or present == slug:
            raise
        return moved(f"/{subject}/{present}/feed.{ending}")
    site = await site_of(ctx.settings)
    feed = _feed(ctx, rows, title=f"{title} – {site.name}", description=description, of=f"/{subject}/{slug}")
    return _answer(request, feed, ending)


async def _content(ctx: Context, subject: Subject, slug: str) -> tuple[str, str, list[ListedRow]]:
    if subject == "playlist":
        playlist = await playlists.by_slug_public(ctx.db, slug)
        ids = await playlist_items.last_added(ctx.db, playlist.id, limit=ITEMS)
        found = {row.id: row for row in await listing.visible(ctx.db, ids)}
        return playlist.title, playlist.description, [found[each] for each in ids if each in found]
    if subject == "category":
        category = await taxonomy.by_slug(ctx.db, slug, face="catalog")
        (rows,) = await shelves.filled(ctx.db, [_of_facet(Kind.CATEGORY, category.id)])
        return category.name, category.description, rows
    tag = await tags.by_slug(ctx.db, slug, face="catalog")
    (rows,) = await shelves.filled(ctx.db, [_of_facet(Kind.TAG, tag.id)])
    return tag.name, "", rows


def _of_facet(kind: Kind, id_: int) -> Shelf:
    return Shelf(kind="facet", limit=ITEMS, subject=facet(kind, id_))


def _feed(ctx: Context, rows: list[ListedRow], *, title: str, description: str, of: str = "") -> Feed:
    return Feed(
        title=title,
        description=description,
        base=ctx.config.public_base_url,
        page_path=of or "/",
        path=f"{of}/feed",
        videos=[video_item(row) for row in rows],
        streams={row.id: stream_url(row) or "" for row in rows},
    )


def _answer(request: Request, feed: Feed, ending: Format) -> Response:
    body = _WRITERS[ending](feed).encode()
    media_type = f"{_TYPES[ending]}; charset=utf-8"
    answer = tagged_response(request, body, tag_of(body), media_type=media_type)
    # For readers to show. It says nothing of edits and removals, so only the tag decides whether one has it.
    answer.headers["last-modified"] = format_datetime(feed.changed_at, usegmt=True)
    return answer
