"""The archive: deleted videos can be restored until they are purged; ``processing.removal`` moves files."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.catalog import index
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import by_id, locked, publish_if_due
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.events.types import VideoDeleted, VideoPurged, VideoRestored
from vlog.kit.errors import Conflict


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What a purged video leaves behind for whoever removes its files."""

    video_id: int
    storage_key: str
    source_key: str | None


async def soft_delete(tx: Transaction, video_id: int) -> VideoRow:
    """Put the video into the archive: nobody but an admin sees it. Twice is once. Raises ``NotFound``."""
    video = await locked(tx, video_id)
    if video.deleted_at is not None:
        return video
    await tx.execute("UPDATE videos SET deleted_at = app_now() WHERE id = $1", video_id)
    await index.refresh(tx, video_id)
    await tx.record(VideoDeleted(video_id))
    await audit.note(tx, "video.deleted", (video_id, video.title))
    return await by_id(tx, video_id)


async def restore(tx: Transaction, video_id: int) -> VideoRow:
    """Take the video out of the archive: as public as it was.

    Raises ``NotFound``, ``Conflict`` (code ``not_deleted``).
    """
    video = await locked(tx, video_id)
    if video.deleted_at is None:
        raise Conflict("This video is not in the archive.", code="not_deleted")
    await tx.execute("UPDATE videos SET deleted_at = NULL WHERE id = $1", video_id)
    await publish_if_due(tx, video_id)
    await tx.record(VideoRestored(video_id))
    await audit.note(tx, "video.restored", (video_id, video.title))
    return await by_id(tx, video_id)


async def purge(tx: Transaction, video_id: int) -> Purged:
    """Remove the video's row, and by it all rows that belong to it. Raises ``NotFound``."""
    video = await locked(tx, video_id)
    # What is in the archive is in no list, so nothing has to be counted anew.
    await tx.execute("DELETE FROM videos WHERE id = $1", video_id)
    await tx.record(VideoPurged(video_id))
    await audit.note(tx, "video.purged", (video_id, video.title))
    return Purged(video_id=video_id, storage_key=video.storage_key, source_key=video.source_key)
