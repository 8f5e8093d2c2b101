"""The page of one video: player, words about it, what is near it, and the playlist that it is watched in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.deps import Ctx
from vlog.api.public import sharing
from vlog.api.public import videos as api
from vlog.api.public.moved import moved
from vlog.api.public.shapes import VideoItem, video_item
from vlog.api.public.speaking import PagesOf
from vlog.api.render import site_of
from vlog.catalog import playlist_items, playlists, videos
from vlog.catalog.playlist_items import Item
from vlog.catalog.playlists import Playlist
from vlog.context import Context
from vlog.kit.errors import NotFound
from vlog.settings.known import SHOW_VIEW_COUNTS

router = APIRouter(include_in_schema=False)
RELATED = 12
# Of a long playlist, what is around the video that plays; its own page has all.
BEFORE, SHOWN = 50, 200
# From here on a description is folded: about six lines on a desk.
_LONG_CHARACTERS, _LONG_LINES = 420, 6


@dataclass(frozen=True, slots=True)
class PanelItem:
    """A video of the playlist beside the player; ``number`` counts from 1."""

    number: int
    video: VideoItem
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The playlist beside the player. ``ordered``: its videos are numbered, as in a series."""

    playlist: Playlist
    items: list[PanelItem]
    number: int
    previous: PanelItem | None
    following: PanelItem | None

    @property
    def is_whole(self) -> bool:
        """All of it is shown."""
        return len(self.items) >= self.playlist.video_count


@router.get("/watch/{slug}", response_class=Response)
async def watch(request: Request, ctx: Ctx, pages: PagesOf, slug: str, playlist: str = "") -> Response:
    """One video: the player, or what is still being done. An old address leads to the present one."""
    row = await videos.by_slug_public(ctx.db, slug)
    if row is None:
        query = f"?{request.url.query}" if request.url.query else ""
        target = f"/watch/{await present_slug(ctx, slug)}{query}"
        return moved(target)
    video = await api.detail_of(ctx, row)
    site = await site_of(ctx.settings)
    shared = await sharing.of_video(ctx, row, video)
    context: dict[str, object] = {
        "site": site,
        "video": video,
        "panel": await _panel(ctx, playlist, row.id) if playlist else None,
        "related": [video_item(each) for each in await api.related_to(ctx, row, limit=RELATED)],
        "shows_views": await ctx.settings.get(SHOW_VIEW_COUNTS),
        "is_long": _is_long(video.description),
        "shared": shared,
        "structured": sharing.structured(video, shared, site_name=site.name),
    }
    return pages.render("public/watch.html", context)


async def present_slug(ctx: Context, slug: str) -> str:
    """The present slug of a renamed video that visitors may see; raises ``NotFound``."""
    target = await videos.redirect_target(ctx.db, slug)
    return (await api.find(ctx, target or slug)).slug


async def _panel(ctx: Context, slug: str, video_id: int) -> Panel | None:
    """The playlist around a video; ``None`` where there is no such playlist, or the video is not in it."""
    try:
        playlist = await playlists.by_slug_public(ctx.db, slug)
    except NotFound:
        return None
    position = await playlist_items.position_of(ctx.db, "catalog", playlist.id, video_id=video_id)
    if position is None:
        return None
    after = max(0, position - BEFORE) if playlist.video_count > SHOWN else 0
    found = await playlist_items.page(ctx.db, "catalog", playlist.id, after=after, limit=SHOWN)
    items = [_item(each, playlist.slug, video_id=video_id) for each in found]
    at = next((index for index, each in enumerate(items) if each.is_current), None)
    if at is None:
        return None
    return Panel(
        playlist,
        items,
        number=items[at].number,
        previous=items[at - 1] if at > 0 else None,
        following=items[at + 1] if at + 1 < len(items) else None,
    )


def _item(item: Item, playlist_slug: str, *, video_id: int) -> PanelItem:
    url = f"/watch/{item.video.slug}?{urlencode({'playlist': playlist_slug})}"
    return PanelItem(item.number, video_item(item.video), url, item.video.id == video_id)


def _is_long(description: str) -> bool:
    return len(description) > _LONG_CHARACTERS or description.count("\n") >= _LONG_LINES
