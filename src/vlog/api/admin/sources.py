"""What is done with a video's source after the first time: encode it anew, or put another in its place."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded
from starlette.requests import Request

from vlog.api.admin.detail import detail_of
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.shapes import AdminVideoDetail
from vlog.api.bodies import allow_body
from vlog.api.deps import Ctx, RowId, idempotency_key
from vlog.api.multipart import FileBegins, FileData, FormParser
from vlog.catalog import videos
from vlog.catalog.videos import NewVideo
from vlog.kit.errors import Invalid
from vlog.processing import replacements, retranscoding, uploads
from vlog.processing.retranscoding import PRIORITIES, Wish
from vlog.settings.known import MAX_UPLOAD_MB

router = APIRouter(prefix="/api/videos/{video_id}", tags=["videos"], dependencies=ADMIN_ONLY)

_FORM_BYTES = 1 << 20
_FORM_SCHEMA = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_Name = Annotated[str, Bounded(min_length=1, max_length=20)]


class Retranscoding(BaseModel):
    """``qualities`` are the picture sizes that the video has afterwards, or ``["all"]`` for what the settings
    ask for; ``GET …/qualities`` names them.
    """

    model_config = ConfigDict(extra="forbid")

    qualities: Annotated[list[_Name], Bounded(min_length=1, max_length=20)] = ["all"]
    priority: Literal["high", "normal", "low"] = "normal"

    def wish(self) -> Wish:
        """What the room understands."""
        names = None if "all" in self.qualities else tuple(dict.fromkeys(self.qualities))
        return Wish(qualities=names, priority=PRIORITIES[self.priority])


@dataclass(frozen=True, kw_only=True, slots=True)
class Qualities:
    """Picture sizes by name: those that viewers have, and those that could be made of the source."""

    video_id: int
    existing: list[str]
    available: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replaced:
    """The file is safe here; what played before plays until what is made of this one does."""

    status: str
    video_id: int
    slug: str
    message: str


@router.get("/qualities")
async def get_qualities(ctx: Ctx, video_id: RowId) -> Qualities:
    """Which picture sizes it has, and which it could have."""
    await videos.by_id(ctx.db, video_id)
    return Qualities(
        video_id=video_id,
        existing=await retranscoding.existing(ctx.db, video_id),
        available=await retranscoding.available(ctx.db, video_id, settings=ctx.settings),
    )


@router.post("/retranscode")
async def retranscode_video(ctx: Ctx, video_id: RowId, asked: Retranscoding) -> AdminVideoDetail:
    """Encode it anew by the settings of now. What plays goes on playing until all of it is made."""
    await retranscoding.retranscode(ctx, video_id, asked.wish())
    return await detail_of(ctx, video_id)


@router.post(
    "/re-upload",
    status_code=HTTPStatus.CREATED,
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM_SCHEMA}}}
    },
)
async def re_upload_video(request: Request, ctx: Ctx, video_id: RowId) -> Replaced:
    """Put another source in the place of its source. Large files go by ``/api/uploads`` with ``replaces`` in
    their metadata, where they can be interrupted.
    """
    limit_bytes = await ctx.settings.get(MAX_UPLOAD_MB) << 20
    key = idempotency_key(request)
    video = await videos.by_id(ctx.db, video_id)
    videos.refuse_deleted(video)
    await replacements.require_replaceable(ctx.db, video_id)
    allow_body(request.scope, limit_bytes + _FORM_BYTES)
    parser, filename = FormParser(request.headers.get("content-type", "")), ""
    async with uploads.receive(ctx, limit_bytes=limit_bytes) as receiver:
        async for chunk in request.stream():
            for piece in parser.feed(chunk):
                if isinstance(piece, FileData):
                    await receiver.write(piece.data)
                elif isinstance(piece, FileBegins):
                    filename = piece.filename
        parser.finish()
        if not filename:
            raise Invalid("The form has no file.", code="missing_file", field="file")
        new = NewVideo(title=video.title, source_filename=filename, replaces=video_id)
        received = await receiver.complete()
        accepted = await uploads.accept(ctx, new, received=received, idempotency_key=key)
    return Replaced(
        status="pending",
        video_id=accepted.video_id,
        slug=accepted.slug,
        message="The file is here; the video plays as before until it is made ready.",
    )
