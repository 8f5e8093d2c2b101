"""``/api/events/progress``: what happens to videos and to what orders them, as it happens."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import msgspec
from fastapi import APIRouter
from starlette.requests import Request

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.shapes import LibraryChanged, ProgressEvent, VideoChanged, rendition_of
from vlog.api.listening import messages, video_of
from vlog.api.sse import EventStream, Hub, frame
from vlog.catalog import videos
from vlog.context import Context
from vlog.events.bus import Message
from vlog.kit.errors import Unavailable
from vlog.processing import progress
from vlog.telemetry.logs import get_logger

log = get_logger(__name__)
router = APIRouter(prefix="/api/events", tags=["events"], dependencies=ADMIN_ONLY)

# People can't follow more than one number a second, and each costs three reads for all videos together.
INTERVAL_SECONDS = 1.0
_MOST_FOLLOWED = 200
# Event types of the house → what the page is told.
_CHANGES = {"video.uploaded": "created", "video.processing": "updated", "video.purged": "deleted"}


class ProgressFeed:
    """Turns the house's hints into frames for all listeners."""

    def __init__(self, ctx: Context) -> None:
        self.hub = Hub()
        self._ctx = ctx
        self._dirty: set[int] = set()

    async def frames_of(self, video_ids: list[int]) -> list[bytes]:
        """The present progress of each video that has a job."""
        jobs = await progress.of_videos(self._ctx, video_ids)
        # Read last: never "processing" beside the progress of a job that has made it ready.
        statuses = await videos.statuses(self._ctx.db, video_ids)
        return [
            frame(
                "progress",
                ProgressEvent(
                    video_id=video_id,
                    status=statuses[video_id],
                    percent=job.percent,
                    eta_seconds=job.eta_seconds,
                    playable_seconds=job.playable_seconds,
                    current_step=job.current_step,
                    renditions=[rendition_of(each) for each in job.renditions],
                ),
            )
            for video_id, job in jobs.items()
            if video_id in statuses
        ]

    async def opening(self) -> bytes:
        """What a new listener needs first: how far everything is that is not finished."""
        return b"".join(await self.frames_of(await videos.unfinished_ids(self._ctx.db, limit=_MOST_FOLLOWED)))

    async def listen(self, stopping: asyncio.Event) -> None:
        """Take in hints; changes go out at once, progress with the next ``flush``."""
        async for message in messages(self._ctx.bus, stopping):
            self._take(message)

    async def flush(self, stopping: asyncio.Event) -> None:
        """Once a second, send the progress of all videos of which there was a hint."""
        while not stopping.is_set():
            try:
                async with asyncio.timeout(INTERVAL_SECONDS):
                    await stopping.wait()
            except TimeoutError:
                await self._flush()

    def _take(self, message: Message) -> None:
        if message.topic == "library":
            self.hub.publish(frame("library", msgspec.convert(message.payload, LibraryChanged)))
        video_id = video_of(message)
        if video_id is not None and len(self.hub):
            self._dirty.add(video_id)
            kind = message.payload.get("type")
            if message.topic == "event" and isinstance(kind, str):
                change = _CHANGES.get(kind, kind.removeprefix("video."))
                self.hub.publish(frame("video", VideoChanged(video_id=video_id, change=change)))
        if message.lagged:
            # Something was missed: whoever listens asks again when the stream begins anew.
            self.hub.restart()

    async def _flush(self) -> None:
        video_ids, self._dirty = sorted(self._dirty)[:_MOST_FOLLOWED], set()
        if not video_ids or not len(self.hub):
            return
        try:
            for data in await self.frames_of(video_ids):
                self.hub.publish(data)
        except Unavailable as error:
            log.warning("progress_not_sent", reason=error.message)


@router.get(
    "/progress",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def progress_events(request: Request) -> EventStream:
    """Events ``progress`` (at most one a second per video), ``video``, ``library`` and ``reconnect``."""
    feed: ProgressFeed = request.app.state.feed
    return EventStream(feed.hub, feed.opening)
