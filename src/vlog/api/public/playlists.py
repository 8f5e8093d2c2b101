"""``/api/playlists``: those that visitors find, and those that they have the link of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.deps import MAX_ID
from vlog.api.hot import HotRoute, described, read_query
from vlog.api.media_urls import Thumbnail
from vlog.api.public.answers import answer_shape
from vlog.api.public.shapes import VideoItem, video_item
from vlog.catalog import cursors, listing, playlist_items, playlists
from vlog.catalog.cursors import Position
from vlog.catalog.playlists import Playlist, PlaylistFilter, PlaylistType
from vlog.catalog.rows import Visibility
from vlog.context import Context

router = APIRouter(prefix="/api/playlists", tags=["playlists"], route_class=HotRoute)

_FIRST = (datetime(9999, 12, 31, tzinfo=UTC), MAX_ID)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistItem:
    """A playlist in a list. ``total_duration`` is seconds; the picture is that of one of its videos."""

    id: int
    title: str
    slug: str
    description: str
    thumbnail_url: str | None
    thumbnails: list[Thumbnail]
    visibility: Visibility
    playlist_type: PlaylistType
    is_featured: bool
    video_count: int
    total_duration: float
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistPage:
    """One page of playlists, newest first."""

    playlists: list[PlaylistItem]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberedVideo:
    """A video of a playlist: ``number`` counts from 1, ``position`` is where the next page goes on."""

    number: int
    position: int
    video: VideoItem


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistVideos:
    """One page of a playlist's videos; the next one begins after ``next_position``, if there is one."""

    videos: list[NumberedVideo]
    next_position: int | None


class PlaylistQuery(BaseModel):
    """Which playlists."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = None
    playlist_type: PlaylistType | None = None
    featured: bool = False


class VideosQuery(BaseModel):
    """Which of a playlist's videos."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(100, ge=1, le=200)
    after: int = Field(0, ge=0, le=2**31 - 1)


@router.get("", response_model=PlaylistPage, openapi_extra=described(PlaylistQuery))
async def list_playlists(request: Request) -> Response:
    """Public playlists, newest first."""
    query = read_query(request, PlaylistQuery)
    after = position(query.cursor)

    async def make(ctx: Context) -> object:
        wanted = PlaylistFilter(playlist_type=query.playlist_type, featured=query.featured)
        return await page_of(ctx, wanted, after=after, limit=query.limit)

    return await answer_shape(request, ("playlists", query), make)


@router.get("/{slug}", response_model=PlaylistItem)
async def get_playlist(request: Request, slug: str) -> Response:
    """One playlist: public, or unlisted for whoever has the link."""

    async def make(ctx: Context) -> object:
        playlist = await playlists.by_slug_public(ctx.db, slug)
        return (await shapes(ctx, [playlist]))[0]

    return await answer_shape(request, ("playlist", slug), make)


@router.get("/{slug}/videos", response_model=PlaylistVideos, openapi_extra=described(VideosQuery))
async def list_playlist_videos(request: Request, slug: str) -> Response:
    """Its public videos in order."""
    query = read_query(request, VideosQuery)

    async def make(ctx: Context) -> object:
        playlist = await playlists.by_slug_public(ctx.db, slug)
        found = await playlist_items.page(
            ctx.db, "catalog", playlist.id, after=query.after, limit=query.limit + 1
        )
        return {
            "videos": [
                {"number": item.number, "position": item.position, "video": video_item(item.video)}
                for item in found[: query.limit]
            ],
            "next_position": found[query.limit - 1].position if len(found) > query.limit else None,
        }

    return await answer_shape(request, ("playlist videos", slug, query), make)


def position(cursor: str | None) -> tuple[datetime, int]:
    """Where a page of playlists begins; raises ``Invalid`` (code ``invalid_cursor``)."""
    if cursor is None:
        return _FIRST
    found = cursors.decode(cursor, of="playlists", key=datetime)
    return cast(datetime, found.key), found.id


async def page_of(
    ctx: Context, wanted: PlaylistFilter, *, after: tuple[datetime, int] = _FIRST, limit: int
) -> PlaylistPage:
    """One page of playlists, as pages show it."""
    found = await playlists.page(ctx.db, wanted, after=after, limit=limit + 1)
    following = Position(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    return PlaylistPage(
        playlists=await shapes(ctx, found[:limit]),
        next_cursor=cursors.encode(following, of="playlists") if following is not None else None,
    )


async def shapes(ctx: Context, found: list[Playlist]) -> list[PlaylistItem]:
    """Playlists with their pictures: only those of videos that visitors may see."""
    wanted = {playlist.id: playlist.thumbnail_video_id or playlist.first_video_id for playlist in found}
    pictures = await listing.visible(ctx.db, [each for each in wanted.values() if each is not None])
    shown = {video.id: video_item(video) for video in pictures}
    items = {each.id: shown.get(wanted[each.id] or 0) for each in found}
    return [
        PlaylistItem(
            id=playlist.id,
            title=playlist.title,
            slug=playlist.slug,
            description=playlist.description,
            thumbnail_url=item.thumbnail_url if item is not None else None,
            thumbnails=item.thumbnails if item is not None else [],
            visibility=playlist.visibility,
            playlist_type=playlist.playlist_type,
            is_featured=playlist.is_featured,
            video_count=playlist.video_count,
            total_duration=playlist.total_duration,
            created_at=playlist.created_at,
            updated_at=playlist.updated_at,
        )
        for playlist, item in ((each, items[each.id]) for each in found)
    ]
