"""``/api/uploads``: uploads that can be interrupted and continued, by tus 1.0.0 and as JSON for looking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from vlog.api import answer_headers
from vlog.api.admin import tus
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.bodies import allow_body
from vlog.api.deps import MAX_ID, Ctx, idempotency_key
from vlog.kit.errors import Conflict, Invalid
from vlog.processing import upload_rows
from vlog.processing.resumable import ResumableUploads, Stretch
from vlog.processing.upload_rows import Upload, UploadState
from vlog.settings.known import MAX_UPLOAD_MB

# There is one person so far; quotas are each person's.
OWNER = "admin"
_ID = re.compile(r"[0-9a-f]{32}")


async def _speak_tus(request: Request) -> None:
    answer_headers.add(request.scope, "tus-resumable", tus.VERSION)


async def _require_tus(request: Request) -> None:
    # A refusal names what would be accepted (tus, "Tus-Version").
    if request.headers.get("tus-resumable") != tus.VERSION:
        answer_headers.add(request.scope, "tus-version", tus.VERSION)
    tus.require_version(request.headers)


async def _resumable(request: Request) -> ResumableUploads:
    return cast(ResumableUploads, request.app.state.resumable)


async def _upload_id(upload_id: str) -> str:
    if not _ID.fullmatch(upload_id):
        raise upload_rows.upload_not_found()
    return upload_id


Resumable = Annotated[ResumableUploads, Depends(_resumable)]
UploadId = Annotated[str, Depends(_upload_id)]
TUS = [Depends(_require_tus)]
router = APIRouter(prefix="/api/uploads", tags=["uploads"], dependencies=[Depends(_speak_tus), *ADMIN_ONLY])


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadView:
    """One upload: how far it is, and what came of it. ``slug`` and ``video_id`` are its video's."""

    id: str
    filename: str
    title: str
    length_bytes: int
    offset_bytes: int
    state: UploadState
    video_id: int | None
    slug: str | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadList:
    """Uploads that are being received or ended a short while ago, newest first."""

    uploads: list[UploadView]


@router.options("", status_code=HTTPStatus.NO_CONTENT, include_in_schema=False)
async def describe(ctx: Ctx) -> Response:
    """What this server can do (tus, "OPTIONS")."""
    limit_bytes = await ctx.settings.get(MAX_UPLOAD_MB) << 20
    return _empty(
        HTTPStatus.NO_CONTENT,
        {
            "tus-version": tus.VERSION,
            "tus-extension": tus.EXTENSIONS,
            "tus-max-size": str(limit_bytes),
            "tus-checksum-algorithm": ",".join(tus.CHECKSUM_ALGORITHMS),
        },
    )


@router.get("")
async def list_uploads(ctx: Ctx) -> UploadList:
    """Uploads that are being received, and those that ended during the last day."""
    return UploadList(uploads=[view(each) for each in await upload_rows.listed(ctx.db)])


@router.get("/{upload_id}")
async def get_upload(upload_id: UploadId, ctx: Ctx) -> UploadView:
    """One upload. Looking does not disturb it."""
    return view(await upload_rows.get(ctx.db, upload_id))


@router.post("", status_code=HTTPStatus.CREATED, dependencies=TUS)
async def create_upload(request: Request, response: Response, resumable: Resumable) -> UploadView:
    """Begin an upload (tus, "Creation"), and take its first bytes if the request brings some."""
    upload = await resumable.create(
        tus.announced(request.headers, owner=OWNER), idempotency_key=idempotency_key(request)
    )
    # Sent with a refusal too: the upload exists, only its first bytes were not taken.
    answer_headers.add(request.scope, "location", f"/api/uploads/{upload.id}")
    if _has_body(request) and upload.offset_bytes == 0 and upload.state == "receiving":
        _require_content_type(request)
        upload = await resumable.receive(upload.id, _stretch(request, offset=0))
    response.headers.update(_progress_headers(upload))
    return view(upload)


@router.head("/{upload_id}", include_in_schema=False, dependencies=TUS)
async def look_at_upload(upload_id: UploadId, resumable: Resumable) -> Response:
    """How far an upload is. Whoever asks goes on with it: a request that is still sending is cut."""
    upload = await resumable.look(upload_id)
    headers = {"upload-length": str(upload.length_bytes), "cache-control": "no-store"}
    if upload.metadata:
        headers["upload-metadata"] = upload.metadata
    return _empty(HTTPStatus.OK, headers | _progress_headers(upload))


@router.patch("/{upload_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=TUS)
async def continue_upload(request: Request, upload_id: UploadId, resumable: Resumable) -> Response:
    """Take the next bytes. The answer to the last ones names the video."""
    _require_content_type(request)
    stretch = _stretch(request, offset=tus.number(request.headers, "upload-offset"))
    try:
        upload = await resumable.receive(upload_id, stretch)
    except Conflict as error:
        if "offset_bytes" in error.details:
            answer_headers.add(request.scope, "upload-offset", str(error.details["offset_bytes"]))
        raise
    return _empty(HTTPStatus.NO_CONTENT, _progress_headers(upload))


@router.post("/{upload_id}", status_code=HTTPStatus.NO_CONTENT, include_in_schema=False, dependencies=TUS)
async def overridden(request: Request, upload_id: UploadId, resumable: Resumable) -> Response:
    """PATCH or DELETE from places that let neither through (tus, "X-HTTP-Method-Override")."""
    method = request.headers.get("x-http-method-override", "").upper()
    if method == "PATCH":
        return await continue_upload(request, upload_id, resumable)
    if method != "DELETE":
        raise tus.bad_header("X-HTTP-Method-Override must be PATCH or DELETE here.")
    await resumable.terminate(upload_id)
    return _empty(HTTPStatus.NO_CONTENT, {})


@router.delete("/{upload_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=TUS)
async def cancel_upload(upload_id: UploadId, resumable: Resumable) -> None:
    """Give an upload up, or take one that has ended off the list; its video, if there is one, stays."""
    await resumable.terminate(upload_id)


def view(upload: Upload) -> UploadView:
    """A row as people see it."""
    return UploadView(
        id=upload.id,
        filename=upload.video.source_filename,
        title=upload.video.title,
        length_bytes=upload.length_bytes,
        offset_bytes=upload.offset_bytes,
        state=upload.state,
        video_id=upload.video_id,
        slug=upload.slug,
        error_code=upload.error_code,
        error_message=upload.error_message,
        created_at=upload.created_at,
        updated_at=upload.updated_at,
        expires_at=upload.expires_at,
    )


def _stretch(request: Request, *, offset: int) -> Stretch:
    checksum = tus.checksum(request.headers)
    text = request.headers.get("content-length")
    length_bytes = int(text) if text is not None and text.isascii() and text.isdigit() else None
    # The room knows how long the upload may become and how slow, and says so in its own words.
    body = allow_body(request.scope, MAX_ID, is_watched=True)
    return Stretch(offset=offset, body=body, length_bytes=length_bytes, checksum=checksum)


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _require_content_type(request: Request) -> None:
    if request.headers.get("content-type") != tus.CONTENT_TYPE:
        raise Invalid(f"The body must be {tus.CONTENT_TYPE}.", code="unsupported_media_type")


def _progress_headers(upload: Upload) -> dict[str, str]:
    headers = {"upload-offset": str(upload.offset_bytes)}
    if upload.state == "receiving":
        headers["upload-expires"] = tus.http_date(upload.expires_at)
    if upload.video_id is not None and upload.slug is not None:
        headers |= {"vlog-video-id": str(upload.video_id), "vlog-video-slug": upload.slug}
    return headers


def _empty(status: HTTPStatus, headers: dict[str, str]) -> Response:
    return Response(status_code=status, headers=headers)
