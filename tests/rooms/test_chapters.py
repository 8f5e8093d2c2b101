"""Chapters: in their order, within the video, fifty at most."""

from __future__ import annotations

import pytest

from tests.rooms.test_listing import fill
from vlog.catalog import chapters, index, trash, videos
from vlog.catalog.chapters import MAX_CHAPTERS, ChapterFields
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Invalid, NotFound


async def video(db: Database, *, duration: float = 100) -> int:
    (video_id,) = await fill(db, "A film")
    await transaction(
        db, lambda tx: videos.mark_described(tx, video_id, duration=duration, width=640, height=360)
    )
    return video_id


async def add(db: Database, video_id: int, title: str, start: float, end: float | None = None) -> int:
    new: ChapterFields = {"title": title, "start_time": start, "end_time": end}
    return (await transaction(db, lambda tx: chapters.add(tx, video_id, new))).id


async def titles(db: Database, video_id: int) -> list[str]:
    return [chapter.title for chapter in await chapters.of_video(db, video_id)]


async def test_chapters_stand_by_their_starts_until_somebody_sorts_them(db: Database) -> None:
    video_id = await video(db)
    end = await add(db, video_id, "End", 90)
    start = await add(db, video_id, "Start", 0, 50)
    middle = await add(db, video_id, "Middle", 50)
    assert await titles(db, video_id) == ["Start", "Middle", "End"]
    await transaction(db, lambda tx: chapters.reorder(tx, video_id, [end, start, middle]))
    assert await titles(db, video_id) == ["End", "Start", "Middle"]
    await transaction(db, lambda tx: chapters.remove(tx, video_id, start))
    assert [chapter.position for chapter in await chapters.of_video(db, video_id)] == [0, 1]
    with pytest.raises(Conflict) as refused:
        await transaction(db, lambda tx: chapters.reorder(tx, video_id, [end, start]))
    assert refused.value.code == "chapters_changed"


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (-1, None, "invalid_start_time"),
        (101, None, "invalid_start_time"),
        (float("nan"), None, "invalid_start_time"),
        (10, 10, "invalid_end_time"),
        (10, 101, "invalid_end_time"),
        (10, float("nan"), "invalid_end_time"),
    ],
)
async def test_times_beyond_the_video_are_refused(
    db: Database, start: float, end: float | None, code: str
) -> None:
    video_id = await video(db)
    with pytest.raises(Invalid) as refused:
        await add(db, video_id, "Nowhere", start, end)
    assert refused.value.code == code
    assert await titles(db, video_id) == []


async def test_there_are_fifty_at_most(db: Database) -> None:
    video_id = await video(db)
    new: list[ChapterFields] = [{"title": str(n), "start_time": n} for n in range(MAX_CHAPTERS + 1)]
    with pytest.raises(Invalid):
        await transaction(db, lambda tx: chapters.replace(tx, video_id, new))
    await transaction(db, lambda tx: chapters.replace(tx, video_id, new[:-1]))
    with pytest.raises(Invalid) as refused:
        await add(db, video_id, "One more", 99)
    assert refused.value.code == "too_many_chapters"


async def test_no_two_begin_at_the_same_moment(db: Database) -> None:
    video_id = await video(db)
    first = await add(db, video_id, "First", 0)
    second = await add(db, video_id, "Second", 10)
    with pytest.raises(Invalid) as refused:
        await add(db, video_id, "Also first", 0)
    assert refused.value.code == "invalid_start_time"
    with pytest.raises(Invalid):
        await transaction(db, lambda tx: chapters.edit(tx, video_id, second, changes={"start_time": 0.0}))
    twice: list[ChapterFields] = [{"title": each, "start_time": 5.0} for each in ("a", "b")]
    with pytest.raises(Invalid):
        await transaction(db, lambda tx: chapters.replace(tx, video_id, twice))
    assert [each.id for each in await chapters.of_video(db, video_id)] == [first, second]


async def test_a_video_says_whether_it_has_chapters(db: Database) -> None:
    video_id = await video(db)
    chapter = await add(db, video_id, "Start", 0)
    assert (await videos.by_id(db, video_id)).has_chapters
    await transaction(db, lambda tx: chapters.remove(tx, video_id, chapter))
    assert not (await videos.by_id(db, video_id)).has_chapters
    assert await index.differences(db) == 0


async def test_only_chapters_of_videos_that_are_there_can_be_changed(db: Database) -> None:
    video_id = await video(db)
    chapter = await add(db, video_id, "Start", 0)
    with pytest.raises(NotFound):
        await transaction(db, lambda tx: chapters.edit(tx, video_id, chapter + 1, changes={"title": "Other"}))

    async def delete(tx: Transaction) -> None:
        await trash.soft_delete(tx, video_id)

    await transaction(db, delete)
    with pytest.raises(Conflict):
        await transaction(db, lambda tx: chapters.edit(tx, video_id, chapter, changes={"title": "Other"}))
