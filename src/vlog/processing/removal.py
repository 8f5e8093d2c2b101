"""Archive and purge: rows and files go together, whoever dies in between.

The row leads. A video is first hidden by its row, then its folder moves; it is shown again only after its
folder is back. A permanent delete moves folder and source aside under the row's lock, deletes the row, and
only then the bytes: what lies in ``purged`` is removed when its row is gone, and put back when it is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from vlog.catalog import trash, videos
from vlog.catalog.rows import VideoRow
from vlog.db.transaction import Transaction, transaction
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Conflict, NotFound
from vlog.processing import generations, requests
from vlog.processing.one_by_one import for_each
from vlog.processing.rooms import Rooms
from vlog.storage import layout
from vlog.storage.base import Storage
from vlog.storage.layout import Key

_TASKS = """
SELECT t.id FROM transcoding_tasks t JOIN transcoding_jobs j ON j.id = t.job_id
WHERE j.video_id = ANY($1) ORDER BY t.id FOR UPDATE OF t
"""
_VIDEOS = "SELECT id FROM videos WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_IS_DUE = """
SELECT EXISTS (
  SELECT FROM videos WHERE id = $1 AND deleted_at <= app_now() - make_interval(days => $2)
)
"""
_DELETED = "SELECT id, storage_key FROM videos WHERE deleted_at IS NOT NULL"
_NOT_DELETED = "SELECT id FROM videos WHERE storage_key = ANY($1) AND deleted_at IS NULL"


async def archive(ctx: Rooms, video_id: int) -> None:
    """Put a video into the archive. Raises ``NotFound``."""

    await transaction(ctx.db, lambda tx: archive_in(tx, video_id))
    await settle(ctx, video_id)


async def archive_in(tx: Transaction, video_id: int) -> None:
    """The same inside a transaction; ``settle`` moves the folder afterwards."""
    await requests.rest(tx, video_id)
    await trash.soft_delete(tx, video_id)


async def restore(ctx: Rooms, video_id: int) -> None:
    """Take a video out of the archive, as it was; work on it goes on.

    Raises ``NotFound``, ``Conflict`` (code ``not_deleted``).
    """

    await transaction(ctx.db, lambda tx: restore_in(ctx, tx, video_id))
    await generations.write_manifests(ctx, video_id)


async def restore_in(ctx: Rooms, tx: Transaction, video_id: int) -> None:
    """The same inside a transaction; ``generations.write_manifests`` writes what its folder lacks
    afterwards.
    """
    await requests.wake(tx, video_id)
    video = await videos.locked(tx, video_id)
    await _move_if_there(ctx.storage, layout.archived(video.storage_key), layout.video(video.storage_key))
    await trash.restore(tx, video_id)
    await videos.bump_manifest(tx, video_id)


async def purge(ctx: Rooms, video_id: int, *, after_days: int = 0) -> None:
    """Remove a video in the archive for good, if it has been there for so long. Raises ``NotFound``,
    ``Conflict`` (codes ``not_deleted``, ``not_due``).
    """

    async def work(tx: Transaction) -> None:
        # Whoever found it due may have been overtaken by a restoration and another delete.
        await hold(tx, [video_id])
        if after_days and not await tx.fetchval(_IS_DUE, video_id, after_days):
            await videos.by_id(tx, video_id)
            raise Conflict("This video is not in the archive for so long.", code="not_due")
        await purge_in(ctx, tx, video_id)

    await transaction(ctx.db, work)
    crash_point(CrashPoint.PURGE_ROW_GONE)
    await forget_bytes(ctx, video_id)


async def purge_in(ctx: Rooms, tx: Transaction, video_id: int) -> None:
    """The same inside a transaction; ``forget_bytes`` removes what it has put aside afterwards."""
    await tx.fetch(_TASKS, [video_id])
    video = await videos.locked(tx, video_id)
    if video.deleted_at is None:
        raise Conflict("Put the video into the archive first.", code="not_deleted")
    for source, target in _aside(video):
        await _move_if_there(ctx.storage, source, target)
    crash_point(CrashPoint.PURGE_ASIDE)
    await trash.purge(tx, video_id)


async def forget_bytes(ctx: Rooms, video_id: int) -> None:
    """Remove what a purge has put aside, when its row is gone."""
    await ctx.storage.delete_folder(layout.purged(video_id))


async def hold(tx: Transaction, video_ids: Sequence[int]) -> None:
    """Hold many videos with their tasks, in one order for everybody who does."""
    await tx.fetch(_TASKS, list(video_ids))
    await tx.fetch(_VIDEOS, list(video_ids))


def _aside(video: VideoRow) -> list[tuple[Key, Key]]:
    """What a permanent delete moves where; the video's folder may not have reached the archive."""
    media = layout.purged_media(video.id)
    moves = [(layout.archived(video.storage_key), media), (layout.video(video.storage_key), media)]
    if video.source_key is not None:
        moves.append((Key(video.source_key), layout.purged_source(video.id)))
    return moves


async def settle(ctx: Rooms, video_id: int) -> None:
    """Move the folder to where the row says that it belongs. Safe to repeat."""

    async def work(tx: Transaction) -> None:
        video = await videos.locked(tx, video_id)
        shown, hidden = layout.video(video.storage_key), layout.archived(video.storage_key)
        source, target = (shown, hidden) if video.deleted_at is not None else (hidden, shown)
        await _move_if_there(ctx.storage, source, target)

    await transaction(ctx.db, work)


async def finish_all(ctx: Rooms) -> int:
    """Bring to its end what a crash has cut short; returns how many folders were touched."""
    deleted = await ctx.db.fetch(_DELETED)
    shown = [row["id"] for row in deleted if await ctx.storage.exists(layout.video(row["storage_key"]))]
    archived = [entry.key.name for entry in await ctx.storage.list(layout.ARCHIVE)]
    hidden = [row["id"] for row in await ctx.db.fetch(_NOT_DELETED, archived)]
    purged = [entry.key.name for entry in await ctx.storage.list(layout.PURGED)]
    touched = await for_each(ctx, [*shown, *hidden], lambda video_id: settle(ctx, video_id), what="removal")
    going = [int(name) for name in purged if name.isdecimal()]
    return touched + await for_each(ctx, going, lambda video_id: _finish_purge(ctx, video_id), what="purge")


async def _finish_purge(ctx: Rooms, video_id: int) -> None:
    async def work(tx: Transaction) -> None:
        # Waits for a purge that is under way.
        video = await videos.locked(tx, video_id)
        media, source = layout.purged_media(video_id), layout.purged_source(video_id)
        await _move_if_there(ctx.storage, media, layout.archived(video.storage_key))
        if video.source_key is not None:
            await _move_if_there(ctx.storage, source, Key(video.source_key))
        # Still under the row's lock: nobody moves anything in here now.
        if not await ctx.storage.list(layout.purged(video_id)):
            await ctx.storage.delete_folder(layout.purged(video_id))

    try:
        await transaction(ctx.db, work)
    except NotFound:
        await ctx.storage.delete_folder(layout.purged(video_id))


async def _move_if_there(storage: Storage, source: Key, target: Key) -> None:
    if await storage.exists(source):
        await storage.move(source, target)
