"""Chapters of a video: up to fifty, in the order of their starts unless somebody has put them into
another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypedDict

from vlog.catalog import videos
from vlog.catalog.revisions import refuse_unseen
from vlog.catalog.rows import VideoRow
from vlog.catalog.text import TITLE_MAX_LENGTH, clean_line, clean_text
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, Invalid, NotFound
from vlog.media.chapters import Mark

MAX_CHAPTERS = 50
DESCRIPTION_MAX_LENGTH = 1000

_COLUMNS = "id, title, description, start_time, end_time, position, edit_revision"
_LIST = f"SELECT {_COLUMNS} FROM chapters WHERE video_id = $1 ORDER BY position"
_INSERT = """
INSERT INTO chapters (video_id, title, description, start_time, end_time, position)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_UPDATE = """
UPDATE chapters SET title = $3, description = $4, start_time = $5, end_time = $6,
  edit_revision = edit_revision + 1, updated_at = app_now()
WHERE video_id = $1 AND id = $2
"""
_PLACE = """
UPDATE chapters c SET position = given.place - 1
FROM unnest($2::bigint[]) WITH ORDINALITY AS given (id, place) WHERE c.video_id = $1 AND c.id = given.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """One chapter; times are seconds. Without an end it lasts until the next one begins. ``edit_revision``
    counts what people have changed of it.
    """

    id: int
    title: str
    description: str
    start_time: float
    end_time: float | None
    position: int
    edit_revision: int = 0


class ChapterFields(TypedDict, total=False):
    """What is said of a chapter; ``title`` and ``start_time`` are needed for a new one."""

    title: str
    description: str
    start_time: float
    end_time: float | None


async def of_video(reader: Reader, video_id: int) -> list[Chapter]:
    """The chapters of a video in order."""
    return [Chapter(**dict(row)) for row in await reader.fetch(_LIST, video_id)]


async def add(tx: Transaction, video_id: int, new: ChapterFields) -> Chapter:
    """Add a chapter where it belongs by its start.

    Raises ``NotFound``, ``Invalid`` (codes ``invalid_title``, ``invalid_start_time``, ``invalid_end_time``,
    ``too_many_chapters``), ``Conflict`` (code ``video_deleted``).
    """
    video = await _locked(tx, video_id)
    present = await of_video(tx, video_id)
    if len(present) >= MAX_CHAPTERS:
        raise _too_many()
    blank = Chapter(id=0, title="", description="", start_time=-1.0, end_time=None, position=0)
    fields = _checked(video, blank, new)
    chapter_id = await tx.fetchval(_INSERT, video_id, *fields, len(present))
    at = sum(each.start_time <= fields[2] for each in present)
    await _place(tx, video_id, [*_ids(present[:at]), chapter_id, *_ids(present[at:])])
    await _changed(tx, video)
    return next(each for each in await of_video(tx, video_id) if each.id == chapter_id)


async def edit(
    tx: Transaction,
    video_id: int,
    chapter_id: int,
    *,
    changes: ChapterFields,
    seen_revision: int | None = None,
) -> Chapter:
    """Change a chapter; it keeps its place. ``seen_revision`` is of the chapter: see ``videos.edit``.

    Raises as ``add`` does, ``NotFound`` (``unknown_chapter``), and ``Conflict`` (``edited_meanwhile``).
    """
    video = await _locked(tx, video_id)
    before = _found(await of_video(tx, video_id), chapter_id)
    refuse_unseen("chapter", present=before.edit_revision, seen=seen_revision)
    await tx.execute(_UPDATE, video_id, chapter_id, *_checked(video, before, changes))
    await _changed(tx, video)
    return _found(await of_video(tx, video_id), chapter_id)


async def remove(tx: Transaction, video_id: int, chapter_id: int) -> None:
    """Remove a chapter. Raises ``NotFound`` (codes ``unknown_video``, ``unknown_chapter``), ``Conflict``."""
    video = await _locked(tx, video_id)
    present = await of_video(tx, video_id)
    _found(present, chapter_id)
    await tx.execute("DELETE FROM chapters WHERE video_id = $1 AND id = $2", video_id, chapter_id)
    await _place(tx, video_id, [each for each in _ids(present) if each != chapter_id])
    await _changed(tx, video)


async def reorder(tx: Transaction, video_id: int, chapter_ids: Sequence[int]) -> list[Chapter]:
    """Put all chapters into this order. Raises ``Conflict`` (code ``chapters_changed``)."""
    video = await _locked(tx, video_id)
    if sorted(chapter_ids) != sorted(_ids(await of_video(tx, video_id))):
        raise Conflict(
            "Chapters were added or removed meanwhile: reload them, then sort again.", code="chapters_changed"
        )
    await _place(tx, video_id, chapter_ids)
    await _changed(tx, video)
    return await of_video(tx, video_id)


async def replace(tx: Transaction, video_id: int, new: Sequence[ChapterFields]) -> list[Chapter]:
    """Put these chapters in the place of all others. Raises as ``add`` does."""
    video = await _locked(tx, video_id)
    if len(new) > MAX_CHAPTERS:
        raise _too_many()
    await tx.execute("DELETE FROM chapters WHERE video_id = $1", video_id)
    blank = Chapter(id=0, title="", description="", start_time=-1.0, end_time=None, position=0)
    for place, fields in enumerate(new):
        await tx.fetchval(_INSERT, video_id, *_checked(video, blank, fields), place)
    await _changed(tx, video)
    return await of_video(tx, video_id)


async def take_from_source(tx: Transaction, video_id: int, marks: Sequence[Mark]) -> list[Chapter]:
    """Put the chapters that a source brought (``media.chapters.in_source``) in the place of all others."""
    new = [
        ChapterFields(title=mark.title, start_time=mark.start_seconds, end_time=mark.end_seconds)
        for mark in marks
    ]
    return await replace(tx, video_id, new) if new else []


async def fit(tx: Transaction, video_id: int, *, duration_seconds: float) -> list[str]:
    """Keep what is within a video that lasts this long now; the titles of those that are not."""
    present = await of_video(tx, video_id)
    gone = [each for each in present if each.start_time >= duration_seconds]
    await tx.execute(
        "DELETE FROM chapters WHERE video_id = $1 AND start_time >= $2", video_id, duration_seconds
    )
    await tx.execute(
        "UPDATE chapters SET end_time = NULL WHERE video_id = $1 AND end_time > $2",
        video_id,
        duration_seconds,
    )
    if gone:
        await _place(tx, video_id, [each.id for each in present if each not in gone])
        await videos.mark_chaptered(tx, video_id, has_chapters=len(gone) < len(present))
    return [each.title for each in gone]


def _checked(
    video: VideoRow, before: Chapter, changes: ChapterFields
) -> tuple[str, str, float, float | None]:
    wanted = {**asdict(before), **changes}
    start, end = wanted["start_time"], wanted["end_time"]
    # Beyond what is known of the video nothing can be: a source that is still inspected has no length yet.
    last = video.duration or float("inf")
    if not 0 <= start <= last:
        raise Invalid("A chapter begins within the video.", code="invalid_start_time", field="start_time")
    if end is not None and not start < end <= last:
        raise Invalid(
            "A chapter ends after it begins, and within the video.", code="invalid_end_time", field="end_time"
        )
    return (
        clean_line(wanted["title"], field="title", maximum=TITLE_MAX_LENGTH),
        clean_text(wanted["description"], field="description", maximum=DESCRIPTION_MAX_LENGTH),
        start,
        end,
    )


async def _locked(tx: Transaction, video_id: int) -> VideoRow:
    video = await videos.locked(tx, video_id)
    videos.refuse_deleted(video)
    return video


async def _place(tx: Transaction, video_id: int, chapter_ids: Sequence[int]) -> None:
    await tx.execute(_PLACE, video_id, list(chapter_ids))


async def _changed(tx: Transaction, video: VideoRow) -> None:
    present = await of_video(tx, video.id)
    await videos.mark_chaptered(tx, video.id, has_chapters=bool(present))
    _refuse_same_start(present)
    await audit.note(tx, "chapters.changed", (video.id, video.title), titles=[each.title for each in present])


def _ids(chapters: Sequence[Chapter]) -> list[int]:
    return [chapter.id for chapter in chapters]


def _found(chapters: Sequence[Chapter], chapter_id: int) -> Chapter:
    for chapter in chapters:
        if chapter.id == chapter_id:
            return chapter
    raise NotFound("There is no such chapter.", code="unknown_chapter")


def _too_many() -> Invalid:
    return Invalid(f"A video has at most {MAX_CHAPTERS} chapters.", code="too_many_chapters")


def _refuse_same_start(chapters: Sequence[Chapter]) -> None:
    starts = [each.start_time for each in chapters]
    if len(set(starts)) < len(starts):
        raise Invalid("Another chapter begins at this moment.", code="invalid_start_time", field="start_time")
