"""``/api/videos/export`` and ``/api/videos/import``: the library for elsewhere, and back."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic import Field as Bounded
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from vlog.api.admin.chapters import Seconds
from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.videos import AdminListQuery
from vlog.api.bodies import allow_body
from vlog.api.deps import Ctx, Text, sent_fields
from vlog.catalog import exporting, fields, filters, importing, sheet
from vlog.catalog.importing import Row, Way
from vlog.catalog.rows import Visibility
from vlog.catalog.sheet import FACTS, Format
from vlog.context import Context
from vlog.db import installation
from vlog.kit.errors import Invalid, VlogError
from vlog.kit.sheets import BOM, lines
from vlog.processing import generations

router = APIRouter(prefix="/api/videos", tags=["transfer"], dependencies=ADMIN_ONLY)

MAX_ROWS = 200
MAX_FILE_ROWS = 2_000
MAX_FILE_BYTES = 16 << 20
_MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
}
_DOCUMENT = {
    "type": "object",
    "description": "All videos; `ndjson`: one a line between a head and an end; `csv`: a table.",
    "properties": {
        "installation": {"type": "string"},
        "exported_at": {"type": "string", "format": "date-time"},
        "videos": {"type": "array", "items": {"type": "object"}},
        "total_count": {"type": "integer"},
    },
}


_FILE = {
    "requestBody": {
        "required": True,
        "content": {kind.split(";")[0]: {"schema": {"type": "string"}} for kind in _MEDIA_TYPES.values()},
    }
}


class ExportQuery(AdminListQuery):
    """Which videos, and how they are written. Sorting and paging mean nothing here."""

    format: Format = "json"
    include_deleted: bool = False
    bom: bool = False

    @property
    def has_conditions(self) -> bool:
        """Whether it is about some of the videos only."""
        return bool(self.model_fields_set - {"format", "include_deleted", "bom"})


class _Chapter(BaseModel):
    model_config = ConfigDict(extra="ignore")

    title: Text
    start_time: Seconds
    end_time: Seconds | None = None
    description: Text = ""


class _Listing(BaseModel):
    model_config = ConfigDict(extra="ignore")

    slug: Text = ""
    title: Text = ""


class _Row(BaseModel):
    """``importing.Row`` as it comes from a file."""

    model_config = ConfigDict(extra="ignore")

    id: int | None = None
    slug: Text | None = None
    title: Text | None = None
    description: Text | None = None
    category: Text | None = None
    tags: Annotated[list[Text], Bounded(max_length=100)] | None = None
    visibility: Visibility | None = None
    is_featured: bool | None = None
    chapters: Annotated[list[_Chapter], Bounded(max_length=500)] | None = None
    custom_fields: dict[str, JsonValue] | None = None
    playlists: Annotated[list[_Listing], Bounded(max_length=500)] | None = None


class Import(BaseModel):
    """Videos as an export says them. ``installation`` is the export's: with it, numbers count too.

    What else a whole export says means nothing here.
    """

    model_config = ConfigDict(extra="forbid")

    videos: Annotated[list[dict[str, JsonValue]], Bounded(max_length=MAX_ROWS)]
    installation: Annotated[str, Bounded(max_length=100)] | None = None
    exported_at: Annotated[str, Bounded(max_length=100)] | None = None
    total_count: int | None = None
    create_missing: bool = False
    dry_run: bool = False


class FileQuery(BaseModel):
    """How a file is imported: see ``Import``. The installation is the one that the file names."""

    model_config = ConfigDict(extra="ignore")

    create_missing: bool = False
    dry_run: bool = False
    installation: Annotated[str, Bounded(max_length=100)] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedRow:
    """What became of one row, or would become of it in a dry run.

    ``status`` is ``changed``, ``unchanged`` or ``failed``; ``ignored`` are names that mean nothing here.
    """

    row: int
    status: Literal["changed", "unchanged", "failed"]
    video_id: int | None = None
    slug: str | None = None
    changed: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """All rows in their order, and how many had which end."""

    dry_run: bool
    changed: int
    unchanged: int
    failed: int
    rows: list[ImportedRow]


@router.get(
    "/export",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": {"application/json": {"schema": _DOCUMENT}}}},
)
async def export_videos(ctx: Ctx, query: Annotated[ExportQuery, Query()]) -> Response:
    """The whole list, or what fits the list's conditions, as a stream that ends with its count."""
    if query.deleted or (query.include_deleted and query.has_conditions):
        raise Invalid(
            "What is in the archive can't be searched: leave the conditions out, or include_deleted.",
            code="conditions_with_deleted",
        )
    wanted = await filters.resolve(ctx.db, query.asked())
    pages = exporting.pages(ctx.db, wanted, include_deleted=query.include_deleted)
    # Before anything is promised: does the database answer?
    first: list[str] = await anext(pages, [])
    head = {
        "installation": await installation.identify(ctx.db),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if query.format == "csv":
        known = [each.slug for each in await fields.fields(ctx.db)]
        body = _as_csv(first, pages, sheet.header(known), bom=query.bom)
    else:
        body = _as_json(first, pages, head, by_line=query.format == "ndjson")
    name = f"vlog-{datetime.now(UTC):%Y-%m-%d}.{query.format}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(body, media_type=_MEDIA_TYPES[query.format], headers=headers)


@router.post("/import")
async def import_videos(ctx: Ctx, wanted: Import) -> ImportResult:
    """Bring videos to what an export says of them: only what is said is changed, and twice is once.

    Each row is a transaction of its own. Videos that don't exist are not made: they have no source.
    """
    own = await installation.identify(ctx.db)
    way = Way(by_id=wanted.installation == own, create_missing=wanted.create_missing, dry_run=wanted.dry_run)
    rows = [await _take(ctx, number, row, way=way) for number, row in enumerate(wanted.videos)]
    return _result(rows, is_dry=wanted.dry_run)


@router.post("/import/{kind}", openapi_extra=_FILE)
async def import_file(
    request: Request, ctx: Ctx, kind: Format, query: Annotated[FileQuery, Query()]
) -> ImportResult:
    """The same for a file as the export writes it: at most 2,000 videos in 16 MiB. What can't be read is a
    row that fails; what is no such file at all is refused before anything is changed.
    """
    allow_body(request.scope, MAX_FILE_BYTES)
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The file is not UTF-8. Save it as that.", code="invalid_file") from error
    entries = list(islice(sheet.read(io.StringIO(text, newline=""), kind), MAX_FILE_ROWS + 1))
    if len(entries) > MAX_FILE_ROWS:
        raise Invalid(f"Send at most {MAX_FILE_ROWS} videos at once.", code="too_many_rows")
    own = await installation.identify(ctx.db)
    rows = []
    for number, entry in enumerate(entries):
        by_id = own == (entry.installation or query.installation)
        way = Way(by_id=by_id, create_missing=query.create_missing, dry_run=query.dry_run)
        if entry.video is None:
            rows.append(_failed(number, {}, code="invalid_row", message=entry.problem))
        else:
            rows.append(await _take(ctx, number, entry.video, way=way))
    return _result(rows, is_dry=query.dry_run)


def _result(rows: list[ImportedRow], *, is_dry: bool) -> ImportResult:
    ends = [row.status for row in rows]
    return ImportResult(
        dry_run=is_dry,
        changed=ends.count("changed"),
        unchanged=ends.count("unchanged"),
        failed=ends.count("failed"),
        rows=rows,
    )


async def _take(ctx: Context, number: int, given: dict[str, Any], *, way: Way) -> ImportedRow:
    ignored = sorted(set(given) - set(Row.__annotations__) - set(FACTS))
    try:
        row = sent_fields(_Row.model_validate(given), Row, nullable=("category",))
        found = await importing.take(ctx.db, row, way, hide=generations.rotate_token)
        if found.is_hidden and not way.dry_run:
            await generations.settle(ctx, found.video_id)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        return _failed(number, given, code="invalid_row", message=f"{place}: {first['msg']}.")
    except VlogError as error:
        return _failed(number, given, code=error.code, message=error.message)
    return ImportedRow(
        row=number,
        status="changed" if found.changed else "unchanged",
        video_id=found.video_id,
        slug=found.slug,
        changed=found.changed,
        ignored=ignored,
    )


def _failed(number: int, given: dict[str, Any], *, code: str, message: str) -> ImportedRow:
    slug = given.get("slug")
    return ImportedRow(
        row=number, status="failed", slug=slug if isinstance(slug, str) else None, code=code, message=message
    )


async def _chain(first: list[str], pages: AsyncIterator[list[str]]) -> AsyncIterator[list[str]]:
    yield first
    async for page in pages:
        yield page


async def _as_json(
    first: list[str], pages: AsyncIterator[list[str]], head: dict[str, str], *, by_line: bool
) -> AsyncIterator[bytes]:
    """One document, or one object a line. Only what is complete has an end: a count."""
    start = msgspec.json.encode(head)
    yield start + b"\n" if by_line else start[:-1] + b',"videos":[\n'
    count = 0
    async for page in _chain(first, pages):
        if page:
            between = "\n" if by_line else ",\n"
            before = between if count and not by_line else ""
            yield (before + between.join(page) + ("\n" if by_line else "")).encode()
            count += len(page)
    end = msgspec.json.encode({"total_count": count})
    yield end + b"\n" if by_line else b"\n]," + end[1:] + b"\n"


async def _as_csv(
    first: list[str], pages: AsyncIterator[list[str]], columns: Sequence[str], *, bom: bool
) -> AsyncIterator[bytes]:
    yield ((BOM if bom else "") + lines([columns])).encode()
    async for page in _chain(first, pages):
        yield lines(sheet.row(document, columns) for document in page).encode()
