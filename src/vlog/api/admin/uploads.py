"""``POST /api/videos``: a form with a file, streamed once to where the file stays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.bodies import allow_body
from vlog.api.deps import MAX_ID, Ctx, idempotency_key
from vlog.api.multipart import Field, FileBegins, FileData, FormParser, Piece
from vlog.catalog import taxonomy
from vlog.catalog.text import clean_description, clean_title
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Invalid
from vlog.processing import uploads
from vlog.processing.uploads import Receiver
from vlog.settings.known import MAX_UPLOAD_MB

router = APIRouter(prefix="/api/videos", tags=["videos"], dependencies=ADMIN_ONLY)

# What the form needs beside the file: its fields, boundaries and headers.
_FORM_BYTES = 1 << 20
_BOOLEANS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
_FORM_SCHEMA = {
    "type": "object",
    "required": ["title", "file"],
    "properties": {
        "title": {"type": "string", "maxLength": 255},
        "description": {"type": "string", "maxLength": 5000},
        "category_id": {"type": "integer"},
        "published": {"type": "boolean", "default": True, "description": "Publish it when it is ready."},
        "file": {"type": "string", "format": "binary"},
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploaded:
    """The file is safe here, and its job is queued."""

    status: str
    video_id: int
    slug: str
    message: str


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM_SCHEMA}}}
    },
)
async def upload_video(request: Request, ctx: Ctx) -> Uploaded:
    """Upload a video. Fields may come before or after the file; before is better: mistakes show at once.

    Sent again with the same ``Idempotency-Key`` it has one effect, and the answer of the first time.
    """
    limit_bytes = await ctx.settings.get(MAX_UPLOAD_MB) << 20
    key = idempotency_key(request)
    allow_body(request.scope, limit_bytes + _FORM_BYTES)
    form = Form(ctx)
    parser = FormParser(request.headers.get("content-type", ""))
    async with uploads.receive(ctx, limit_bytes=limit_bytes, expected_bytes=_expected(request)) as receiver:
        async for chunk in request.stream():
            for piece in parser.feed(chunk):
                await form.take(piece, receiver)
        parser.finish()
        new = form.complete()
        received = await receiver.complete()
        accepted = await uploads.accept(ctx, new, received=received, idempotency_key=key)
    return Uploaded(
        status="pending",
        video_id=accepted.video_id,
        slug=accepted.slug,
        message="The file is here; the video is being made ready.",
    )


class Form:
    """What the form has said so far. Each field is judged when it comes, before gigabytes follow it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._title: str | None = None
        self._description = ""
        self._category_id: int | None = None
        self._published = True
        self._filename: str | None = None

    async def take(self, piece: Piece, receiver: Receiver) -> None:
        """The next piece; the file's bytes go on to the receiver. Raises ``Invalid``."""
        if isinstance(piece, FileData):
            await receiver.write(piece.data)
        elif isinstance(piece, FileBegins):
            self._filename = piece.filename
        else:
            await self._take_field(piece)

    def complete(self) -> NewVideo:
        """The form has ended; raises ``Invalid`` (codes ``missing_title``, ``missing_file``)."""
        if self._title is None:
            raise Invalid("The form has no title.", code="missing_title", field="title")
        if not self._filename:
            # A form whose file field is empty sends it all the same, without a name.
            raise Invalid("The form has no file.", code="missing_file", field="file")
        return NewVideo(
            title=self._title,
            description=self._description,
            category_id=self._category_id,
            publish_when_ready=self._published,
            source_filename=self._filename,
        )

    async def _take_field(self, field: Field) -> None:
        if field.name == "title":
            self._title = clean_title(field.value)
        elif field.name == "description":
            self._description = clean_description(field.value)
        elif field.name == "published":
            self._published = _boolean(field)
        elif field.name == "category_id" and field.value:
            category_id = _row_id(field)
            await transaction(self._ctx.db, lambda tx: taxonomy.require_category(tx, category_id))
            self._category_id = category_id


def _expected(request: Request) -> int | None:
    """About how large the file is; exact enough to refuse early what can't fit."""
    with suppress(ValueError):
        return max(int(request.headers.get("content-length", "")) - _FORM_BYTES, 0)
    return None


def _boolean(field: Field) -> bool:
    value = _BOOLEANS.get(field.value.strip().lower())
    if value is None:
        raise Invalid(f"{field.name} must be true or false.", code=f"invalid_{field.name}", field=field.name)
    return value


def _row_id(field: Field) -> int:
    text = field.value.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= MAX_ID):
        raise Invalid("There is no such category.", code="unknown_category", field=field.name)
    return int(text)
