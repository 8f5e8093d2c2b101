"""When visitors see a video: now, as soon as it is ready, at a moment to come, or not."""

from __future__ import annotations

from datetime import datetime

from vlog.catalog import index
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import by_id, changed, locked, publish_if_due, refuse_deleted
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.events.types import VideoUnpublished, VideoUpdated
from vlog.kit.errors import Conflict, Invalid

_SCHEDULED = """
SELECT id FROM videos WHERE publish_at <= app_now() ORDER BY publish_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
"""


async def publish(tx: Transaction, video_id: int) -> VideoRow:
    """Let visitors see the video: now, or as soon as it is ready. Doing it twice changes nothing.

    Raises ``NotFound``, ``Conflict`` (codes ``video_deleted``, ``video_failed``).
    """
    video = await locked(tx, video_id)
    refuse_deleted(video)
    if video.status == "failed":
        raise Conflict("This video could not be processed; retry it first.", code="video_failed")
    await tx.execute("UPDATE videos SET publish_when_ready = true, publish_at = NULL WHERE id = $1", video_id)
    await publish_if_due(tx, video_id)
    after = await by_id(tx, video_id)
    if after != video:
        if after.published_at is None:
            await tx.record(VideoUpdated(video_id))
        await audit.note(tx, "video.published", (video_id, video.title))
    return after


async def unpublish(tx: Transaction, video_id: int) -> VideoRow:
    """Hide the video from visitors, and do not publish it when it becomes ready. Raises ``NotFound``."""
    video = await locked(tx, video_id)
    await tx.execute(
        "UPDATE videos SET published_at = NULL, publish_at = NULL, publish_when_ready = false WHERE id = $1",
        video_id,
    )
    await index.refresh(tx, video_id)
    if video.published_at is not None or video.publish_when_ready or video.publish_at is not None:
        await tx.record(VideoUnpublished(video_id))
        await audit.note(tx, "video.unpublished", (video_id, video.title))
    return await by_id(tx, video_id)


async def schedule(tx: Transaction, video_id: int, moment: datetime) -> VideoRow:
    """Keep the video back until a moment to come, then let visitors see it as soon as it is ready.

    Raises ``NotFound``, ``Invalid`` (code ``invalid_publish_at``), ``Conflict`` (codes ``video_deleted``,
    ``already_published``).
    """
    video = await locked(tx, video_id)
    refuse_deleted(video)
    if video.published_at is not None:
        raise Conflict("This video is published already; hide it first.", code="already_published")
    if await tx.fetchval("SELECT $1 <= app_now()", moment):
        raise Invalid("Choose a moment to come.", code="invalid_publish_at", field="publish_at")
    await tx.execute(
        "UPDATE videos SET publish_at = $2, publish_when_ready = false WHERE id = $1", video_id, moment
    )
    await changed(tx, VideoUpdated(video_id))
    await audit.note(tx, "video.scheduled", (video_id, video.title), publish_at=moment)
    return await by_id(tx, video_id)


async def publish_scheduled(tx: Transaction, *, limit: int) -> int:
    """Publish what was kept back until now; how many videos that were."""
    due = [row["id"] for row in await tx.fetch(_SCHEDULED, limit)]
    for video_id in due:
        await tx.execute(
            "UPDATE videos SET publish_at = NULL, publish_when_ready = true WHERE id = $1", video_id
        )
        await publish_if_due(tx, video_id)
    return len(due)
