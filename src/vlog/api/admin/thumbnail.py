"""``/api/videos/{id}/thumbnail``: the picture that stands for a video, and how people change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.picture_wait import until_done
from vlog.api.bodies import allow_body
from vlog.api.deps import MAX_ID, Ctx, RowId
from vlog.api.media_urls import Thumbnail, thumbnail_url, thumbnails, wide_picture
from vlog.api.multipart import FileBegins, FileData, FormParser
from vlog.catalog import videos
from vlog.catalog.rows import ThumbnailSource
from vlog.context import Context
from vlog.kit.errors import Invalid
from vlog.media.picture_file import MAX_BYTES
from vlog.processing import picture_requests

router = APIRouter(prefix="/api/videos/{video_id}/thumbnail", tags=["videos"], dependencies=ADMIN_ONLY)

_FORM_BYTES = 64 << 10
_SeenVersion = Annotated[int | None, Query(ge=0, le=MAX_ID)]
_JPEG: dict[str, Any] = {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
_FORM_SCHEMA = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}


class Choice(BaseModel):
    """Which picture of the video: seconds from its beginning."""

    model_config = ConfigDict(extra="forbid")

    time_seconds: Annotated[float, Bounded(ge=0, le=10_000_000, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True, slots=True)
class ThumbnailView:
    """The picture that stands for a video.

    ``thumbnail_source`` is ``auto``, ``selected`` (a moment of the video, ``thumbnail_timestamp`` in seconds)
    or ``custom`` (sent by somebody); ``thumbnails`` are its sizes and formats, ``wide`` is the one in 16:9
    for previews on other sites. ``is_pending``: another one is being made. ``thumbnail_version`` goes back as
    ``seen_version``, so that nobody's change is lost.
    """

    video_id: int
    thumbnail_url: str | None
    thumbnail_source: ThumbnailSource
    thumbnail_timestamp: float | None
    thumbnail_version: int
    thumbnails: list[Thumbnail]
    wide: Thumbnail | None
    is_pending: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameItem:
    """A picture that may be chosen: its second in the video, and where it can be looked at."""

    index: int
    time_seconds: float
    width: int
    height: int
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameList:
    """Candidates in the order of their times. ``is_pending``: they are still looked for, ask again."""

    video_id: int
    frames: list[FrameItem]
    is_pending: bool


@router.get("")
async def get_thumbnail(ctx: Ctx, video_id: RowId) -> ThumbnailView:
    """The present picture."""
    return await _view(ctx, video_id)


@router.post("/frames")
async def find_frames(ctx: Ctx, video_id: RowId) -> FrameList:
    """Find five good pictures to choose from. Answers when they are there, or after some seconds without."""
    job_id = await picture_requests.find_frames(ctx, video_id)
    is_done = await until_done(ctx, job_id)
    found = await picture_requests.frames(ctx.db, video_id) if is_done else []
    base = f"/api/videos/{video_id}/thumbnail/frames"
    return FrameList(
        video_id=video_id,
        frames=[
            FrameItem(
                index=each.position,
                time_seconds=each.at_seconds,
                width=each.width,
                height=each.height,
                # Of each search its own: browsers keep what they were given, and the source may be another.
                url=f"{base}/{each.position}.jpg?job={job_id}",
            )
            for each in found
        ],
        is_pending=not is_done,
    )


@router.get("/frames/{index}.jpg", response_class=Response, responses={200: _JPEG})
async def get_frame(ctx: Ctx, video_id: RowId, index: Annotated[int, Path(ge=0, le=9)]) -> Response:
    """One of the candidates."""
    data = await picture_requests.frame(ctx.db, video_id, index)
    return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=600"})


@router.post("/select")
async def select_thumbnail(
    ctx: Ctx, video_id: RowId, choice: Choice, seen_version: _SeenVersion = None
) -> ThumbnailView:
    """Let a moment of the video stand for it."""
    job_id = await picture_requests.select(
        ctx, video_id, at_seconds=choice.time_seconds, seen_version=seen_version
    )
    await until_done(ctx, job_id)
    return await _view(ctx, video_id)


@router.post(
    "/upload",
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM_SCHEMA}}}
    },
)
async def upload_thumbnail(
    request: Request, ctx: Ctx, video_id: RowId, seen_version: _SeenVersion = None
) -> ThumbnailView:
    """Let a picture stand for it that is sent here: JPEG, PNG or WebP of at most 10 MiB. It is made anew in
    all sizes; nothing else that its file holds is kept.
    """
    await videos.by_id(ctx.db, video_id)
    data = await _file_of(request)
    job_id = await picture_requests.send(ctx, video_id, data=data, seen_version=seen_version)
    await until_done(ctx, job_id)
    return await _view(ctx, video_id)


@router.post("/revert")
async def revert_thumbnail(ctx: Ctx, video_id: RowId, seen_version: _SeenVersion = None) -> ThumbnailView:
    """Let the picture be chosen automatically again."""
    await until_done(ctx, await picture_requests.revert(ctx, video_id, seen_version=seen_version))
    return await _view(ctx, video_id)


async def _file_of(request: Request) -> bytes:
    allow_body(request.scope, MAX_BYTES + _FORM_BYTES)
    parser, data, has_file = FormParser(request.headers.get("content-type", "")), bytearray(), False
    async for chunk in request.stream():
        for piece in parser.feed(chunk):
            if isinstance(piece, FileBegins):
                has_file = bool(piece.filename)
            elif isinstance(piece, FileData):
                data += piece.data
                if len(data) > MAX_BYTES:
                    raise picture_requests.too_large()
    parser.finish()
    if not has_file:
        raise Invalid("The form has no file.", code="missing_file", field="file")
    return bytes(data)


async def _view(ctx: Context, video_id: int) -> ThumbnailView:
    video = await videos.by_id(ctx.db, video_id)
    return ThumbnailView(
        video_id=video_id,
        thumbnail_url=thumbnail_url(video),
        thumbnail_source=video.thumbnail_source,
        thumbnail_timestamp=video.thumbnail_timestamp,
        thumbnail_version=video.thumbnail_version,
        thumbnails=thumbnails(video),
        wide=wide_picture(video),
        is_pending=await picture_requests.is_pending(ctx.db, video_id),
    )
