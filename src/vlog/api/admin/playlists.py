"""``/api/playlists``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, Ids, RowId, Text, sent_fields
from vlog.api.media_urls import thumbnail_url
from vlog.catalog import cursors, playlist_items, playlists
from vlog.catalog.cursors import Position
from vlog.catalog.playlist_items import Item
from vlog.catalog.playlists import Playlist, PlaylistChanges, PlaylistFilter, PlaylistType
from vlog.catalog.rows import VideoStatus, Visibility
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit

router = APIRouter(prefix="/api/playlists", tags=["playlists"], dependencies=ADMIN_ONLY)

_FIRST = (datetime(9999, 12, 31, tzinfo=UTC), MAX_ID)
_VideoId = Annotated[int, Bounded(ge=1, le=MAX_ID)]


class PlaylistEdit(BaseModel):
    """What a playlist is to be; fields that are not sent stay as they are, or have their usual values.

    ``edit_revision`` is what the editor has seen: with it, nothing is changed if somebody else has changed
    the playlist since.
    """

    model_config = ConfigDict(extra="forbid")

    title: Text | None = None
    slug: Annotated[str, Bounded(max_length=100)] | None = None
    description: Text | None = None
    visibility: Visibility | None = None
    playlist_type: PlaylistType | None = None
    is_featured: bool | None = None
    thumbnail_video_id: _VideoId | None = None
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None

    def changes(self) -> PlaylistChanges:
        """The fields that were sent; ``null`` changes the picture only."""
        return sent_fields(self, PlaylistChanges, nullable=("thumbnail_video_id",))


class AddedVideos(BaseModel):
    """Videos to be put in, in this order: at the end, or in front of ``before``."""

    model_config = ConfigDict(extra="forbid")

    video_ids: Ids
    before: _VideoId | None = None


class VideoOrder(BaseModel):
    """All videos of the playlist, in the order that they shall have."""

    model_config = ConfigDict(extra="forbid")

    video_ids: Ids


class VideoMove(BaseModel):
    """A video to be put in front of another one, or at the end."""

    model_config = ConfigDict(extra="forbid")

    video_id: _VideoId
    before: _VideoId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistPage:
    """One page of playlists, newest first."""

    playlists: list[Playlist]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistVideo:
    """A video in a playlist. ``number`` counts from 1; ``position`` is where the next page goes on."""

    number: int
    position: int
    id: int
    title: str
    slug: str
    duration: float | None
    status: VideoStatus
    thumbnail_url: str | None
    added_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistVideos:
    """One page of a playlist's videos; the next one begins after ``next_position``, if there is one."""

    videos: list[PlaylistVideo]
    next_position: int | None


@router.get("")
async def list_playlists(
    ctx: Ctx,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
    playlist_type: PlaylistType | None = None,
    featured: bool = False,
) -> PlaylistPage:
    """All playlists, newest first."""
    after = _FIRST
    if cursor is not None:
        position = cursors.decode(cursor, of="playlists", key=datetime)
        after = (cast(datetime, position.key), position.id)
    wanted = PlaylistFilter(face="library", playlist_type=playlist_type, featured=featured)
    found = await playlists.page(ctx.db, wanted, after=after, limit=limit + 1)
    following = Position(found[limit - 1].created_at, found[limit - 1].id) if len(found) > limit else None
    return PlaylistPage(
        playlists=found[:limit],
        next_cursor=cursors.encode(following, of="playlists") if following is not None else None,
    )


@router.post("", status_code=HTTPStatus.CREATED)
async def create_playlist(ctx: Ctx, new: PlaylistEdit) -> Playlist:
    """Make a playlist, empty."""
    return await transaction(ctx.db, lambda tx: playlists.create(tx, new.changes()))


@router.get("/{playlist_id}")
async def get_playlist(ctx: Ctx, playlist_id: RowId) -> Playlist:
    """One playlist."""
    return await playlists.by_id(ctx.db, playlist_id)


@router.put("/{playlist_id}")
async def edit_playlist(ctx: Ctx, playlist_id: RowId, edit: PlaylistEdit) -> Playlist:
    """Change what is known of it."""
    return await transaction(
        ctx.db,
        lambda tx: playlists.edit(tx, playlist_id, edit.changes(), seen_revision=edit.edit_revision),
    )


@router.delete("/{playlist_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_playlist(ctx: Ctx, playlist_id: RowId) -> None:
    """Remove it; its videos stay, and ``restore`` brings it back."""
    await transaction(ctx.db, lambda tx: playlists.delete(tx, playlist_id))


@router.post("/{playlist_id}/restore")
async def restore_playlist(ctx: Ctx, playlist_id: RowId) -> Playlist:
    """Bring a removed playlist back, under another address if its own is taken."""
    return await transaction(ctx.db, lambda tx: playlists.restore(tx, playlist_id))


@router.get("/{playlist_id}/videos")
async def list_playlist_videos(
    ctx: Ctx,
    playlist_id: RowId,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> PlaylistVideos:
    """Its videos outside the archive, in order."""
    await playlists.by_id(ctx.db, playlist_id)
    found = await playlist_items.page(ctx.db, "library", playlist_id, after=after, limit=limit + 1)
    return PlaylistVideos(
        videos=[_shape(item) for item in found[:limit]],
        next_position=found[limit - 1].position if len(found) > limit else None,
    )


@router.post("/{playlist_id}/videos")
async def add_playlist_videos(ctx: Ctx, playlist_id: RowId, added: AddedVideos) -> Playlist:
    """Put videos in; those that are in it already stay where they are."""

    async def work(tx: Transaction) -> Playlist:
        playlist = await playlists.locked(tx, playlist_id)
        new = await playlist_items.add(tx, playlist_id, added.video_ids, before=added.before)
        await audit.note(tx, "playlist.items", (playlist_id, playlist.title), added=new)
        return await playlists.by_id(tx, playlist_id)

    return await transaction(ctx.db, work)


@router.delete("/{playlist_id}/videos/{video_id}")
async def remove_playlist_video(ctx: Ctx, playlist_id: RowId, video_id: RowId) -> Playlist:
    """Take a video out."""

    async def work(tx: Transaction) -> Playlist:
        playlist = await playlists.locked(tx, playlist_id)
        await playlist_items.require(tx, playlist_id, video_id)
        await playlist_items.remove(tx, playlist_id, [video_id])
        await audit.note(tx, "playlist.items", (playlist_id, playlist.title), removed=[video_id])
        return await playlists.by_id(tx, playlist_id)

    return await transaction(ctx.db, work)


@router.post("/{playlist_id}/reorder")
async def reorder_playlist(ctx: Ctx, playlist_id: RowId, order: VideoOrder) -> Playlist:
    """Put all its videos into another order."""

    async def work(tx: Transaction) -> Playlist:
        playlist = await playlists.locked(tx, playlist_id)
        await playlist_items.reorder(tx, playlist_id, order.video_ids)
        await audit.note(tx, "playlist.items", (playlist_id, playlist.title), order="changed")
        return playlist

    return await transaction(ctx.db, work)


@router.post("/{playlist_id}/move")
async def move_playlist_video(ctx: Ctx, playlist_id: RowId, move: VideoMove) -> Playlist:
    """Put one video elsewhere in it."""

    async def work(tx: Transaction) -> Playlist:
        playlist = await playlists.locked(tx, playlist_id)
        await playlist_items.move(tx, playlist_id, move.video_id, before=move.before)
        await audit.note(tx, "playlist.items", (playlist_id, playlist.title), moved=move.video_id)
        return playlist

    return await transaction(ctx.db, work)


def _shape(item: Item) -> PlaylistVideo:
    return PlaylistVideo(
        number=item.number,
        position=item.position,
        id=item.video.id,
        title=item.video.title,
        slug=item.video.slug,
        duration=item.video.duration or None,
        status=item.video.status,
        thumbnail_url=thumbnail_url(item.video),
        added_at=item.added_at,
    )
