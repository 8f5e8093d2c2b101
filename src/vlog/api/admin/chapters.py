"""``/api/videos/{id}/chapters``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, Ids, RowId, Text, sent_fields
from vlog.catalog import chapters, videos
from vlog.catalog.chapters import Chapter, ChapterFields
from vlog.catalog.rows import VideoRow
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict
from vlog.media.chapters import Mark, in_description
from vlog.processing import generations

router = APIRouter(prefix="/api/videos/{video_id}/chapters", tags=["chapters"], dependencies=ADMIN_ONLY)

Seconds = Annotated[float, Bounded(ge=0, le=10_000_000, allow_inf_nan=False)]


class NewChapter(BaseModel):
    """A chapter to be added; times are seconds."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    start_time: Seconds
    end_time: Seconds | None = None
    description: Text = ""


class ChapterEdit(BaseModel):
    """What to change; fields that are not sent stay as they are. ``end_time`` of ``null``: until the next.

    ``edit_revision`` is what the editor has seen of this chapter: with it, nothing is changed if somebody
    else has changed it since.
    """

    model_config = ConfigDict(extra="forbid")

    title: Text | None = None
    start_time: Seconds | None = None
    end_time: Seconds | None = None
    description: Text | None = None
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


class ChapterOrder(BaseModel):
    """All chapters of the video, in the order that they shall have."""

    model_config = ConfigDict(extra="forbid")

    chapter_ids: Ids


class Detection(BaseModel):
    """Whether chapters that are there already may be replaced."""

    model_config = ConfigDict(extra="forbid")

    replace_existing: bool = False


class Replacement(BaseModel):
    """All chapters that the video is to have; whether others may go for them."""

    model_config = ConfigDict(extra="forbid")

    chapters: Annotated[list[NewChapter], Bounded(max_length=500)]
    replace_existing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterList:
    """The chapters of a video in order."""

    video_id: int
    chapters: list[Chapter]
    total_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedChapter:
    """A chapter that could be taken."""

    title: str
    start_time: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedChapters:
    """The chapters that the description of a video, or its source, lists, by their starts."""

    video_id: int
    chapters: list[ListedChapter]


@router.get("")
async def list_chapters(ctx: Ctx, video_id: RowId) -> ChapterList:
    """Its chapters in order."""
    await videos.by_id(ctx.db, video_id)
    return _list(video_id, await chapters.of_video(ctx.db, video_id))


@router.post("", status_code=HTTPStatus.CREATED)
async def add_chapter(ctx: Ctx, video_id: RowId, new: NewChapter) -> Chapter:
    """Add a chapter where it belongs by its start."""
    return await transaction(ctx.db, lambda tx: chapters.add(tx, video_id, _fields(new)))


@router.put("")
async def replace_chapters(ctx: Ctx, video_id: RowId, replacement: Replacement) -> ChapterList:
    """Put these chapters in the place of all others, in this order."""

    async def work(tx: Transaction) -> list[Chapter]:
        await videos.locked(tx, video_id)
        if await chapters.of_video(tx, video_id) and not replacement.replace_existing:
            raise _chapters_exist()
        return await chapters.replace(tx, video_id, [_fields(each) for each in replacement.chapters])

    return _list(video_id, await transaction(ctx.db, work))


@router.put("/{chapter_id}")
async def edit_chapter(ctx: Ctx, video_id: RowId, chapter_id: RowId, edit: ChapterEdit) -> Chapter:
    """Change a chapter."""
    changes = sent_fields(edit, ChapterFields, nullable=("end_time",))
    seen = edit.edit_revision
    return await transaction(
        ctx.db,
        lambda tx: chapters.edit(tx, video_id, chapter_id, changes=changes, seen_revision=seen),
    )


@router.delete("/{chapter_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_chapter(ctx: Ctx, video_id: RowId, chapter_id: RowId) -> None:
    """Remove a chapter."""
    await transaction(ctx.db, lambda tx: chapters.remove(tx, video_id, chapter_id))


@router.post("/reorder")
async def reorder_chapters(ctx: Ctx, video_id: RowId, order: ChapterOrder) -> ChapterList:
    """Put all chapters into another order."""
    found = await transaction(ctx.db, lambda tx: chapters.reorder(tx, video_id, order.chapter_ids))
    return _list(video_id, found)


@router.get("/from-description")
async def preview_chapters_from_description(ctx: Ctx, video_id: RowId) -> ListedChapters:
    """The chapters that lines of its description would make; nothing is changed."""
    video = await videos.by_id(ctx.db, video_id)
    marks = [ListedChapter(title=mark.title, start_time=mark.start_seconds) for mark in _listed(video)]
    return ListedChapters(video_id=video_id, chapters=marks)


@router.post("/from-description")
async def chapters_from_description(ctx: Ctx, video_id: RowId, detection: Detection) -> ChapterList:
    """Make chapters of the lines of its description that begin with a time."""

    async def work(tx: Transaction) -> list[Chapter]:
        video = await videos.locked(tx, video_id)
        if await chapters.of_video(tx, video_id) and not detection.replace_existing:
            raise _chapters_exist()
        new = [ChapterFields(title=mark.title, start_time=mark.start_seconds) for mark in _listed(video)]
        return await chapters.replace(tx, video_id, new)

    return _list(video_id, await transaction(ctx.db, work))


def _listed(video: VideoRow) -> list[Mark]:
    marks = in_description(video.description, duration_seconds=video.duration)
    if not marks:
        raise Conflict(
            "The description lists no chapters: write lines such as “0:00 Opening”, beginning at 0:00.",
            code="no_chapters_found",
        )
    return marks


@router.get("/from-source")
async def preview_chapters_from_source(ctx: Ctx, video_id: RowId) -> ListedChapters:
    """The chapters that the source's file lists; nothing is changed."""
    await videos.by_id(ctx.db, video_id)
    marks = await _brought(ctx.db, video_id)
    return ListedChapters(
        video_id=video_id,
        chapters=[ListedChapter(title=mark.title, start_time=mark.start_seconds) for mark in marks],
    )


@router.post("/from-source")
async def chapters_from_source(ctx: Ctx, video_id: RowId, detection: Detection) -> ChapterList:
    """Take the chapters that the source's file lists."""

    async def work(tx: Transaction) -> list[Chapter]:
        await videos.locked(tx, video_id)
        if await chapters.of_video(tx, video_id) and not detection.replace_existing:
            raise _chapters_exist()
        return await chapters.take_from_source(tx, video_id, await _brought(tx, video_id))

    return _list(video_id, await transaction(ctx.db, work))


async def _brought(reader: Reader, video_id: int) -> tuple[Mark, ...]:
    marks = await generations.source_chapters(reader, video_id)
    if not marks:
        raise Conflict("The source of this video lists no chapters.", code="no_chapters_found")
    return marks


def _list(video_id: int, found: list[Chapter]) -> ChapterList:
    return ChapterList(video_id=video_id, chapters=found, total_count=len(found))


def _fields(new: NewChapter) -> ChapterFields:
    return ChapterFields(
        title=new.title, start_time=new.start_time, end_time=new.end_time, description=new.description
    )


def _chapters_exist() -> Conflict:
    return Conflict("This video has chapters already; ask for them to be replaced.", code="chapters_exist")
