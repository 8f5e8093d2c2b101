"""Videos from accepted to purged: states, visibility, events, categories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from vlog.catalog import index, publishing, taxonomy, trash, videos
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import NewVideo
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Invalid, NotFound

T = TypeVar("T")
Step = Callable[[Transaction, int], Awaitable[object]]


async def make(db: Database, title: str = "A title", *, public: bool = True) -> int:
    new = NewVideo(title=title, publish_when_ready=public)
    return (await transaction(db, lambda tx: videos.create(tx, new))).id


async def do(db: Database, video_id: int, *steps: Step) -> VideoRow:
    for step in steps:
        await transaction(db, lambda tx, step=step: step(tx, video_id))  # type: ignore[misc]
    return await videos.by_id(db, video_id)


async def ready(tx: Transaction, video_id: int) -> None:
    await videos.mark_ready(tx, video_id, codec="h264")


async def failed(tx: Transaction, video_id: int) -> None:
    await videos.mark_failed(tx, video_id, code="not_media", message="This is no video.")


async def events(db: Database) -> list[str]:
    rows = await db.fetch("SELECT event_type FROM outbox ORDER BY id")
    return [row["event_type"] for row in rows]


async def listed(db: Database) -> list[int]:
    return [row["video_id"] for row in await db.fetch("SELECT video_id FROM catalog_index ORDER BY video_id")]


async def test_a_video_is_published_when_it_is_ready(db: Database) -> None:
    video_id = await make(db)
    assert await listed(db) == []
    video = await do(db, video_id, videos.mark_processing, ready)
    assert (video.status, video.is_playable) == ("ready", True)
    assert await listed(db) == [video_id]
    assert await events(db) == ["video.processing", "video.ready", "video.published"]


async def test_ready_again_is_no_news(db: Database) -> None:
    video_id = await make(db)
    first = await do(db, video_id, ready)
    again = await do(db, video_id, ready, videos.mark_processing, failed)
    assert (again.status, again.published_at) == ("ready", first.published_at)
    assert await events(db) == ["video.ready", "video.published"]


async def test_a_video_that_its_owner_keeps_back_is_not_published(db: Database) -> None:
    video_id = await make(db, public=False)
    video = await do(db, video_id, ready)
    assert (video.is_playable, video.is_announced) == (False, False)
    assert await listed(db) == []
    video = await do(db, video_id, publishing.publish)
    assert video.is_playable
    assert await listed(db) == [video_id]


async def test_what_is_unpublished_stays_hidden_when_it_becomes_ready(db: Database) -> None:
    video_id = await make(db)
    assert (await videos.by_id(db, video_id)).is_announced
    video = await do(db, video_id, publishing.unpublish, ready)
    assert (video.is_playable, video.is_announced) == (False, False)
    assert await listed(db) == []


async def test_publishing_before_it_is_ready_waits(db: Database) -> None:
    video_id = await make(db, public=False)
    video = await do(db, video_id, publishing.publish)
    assert (video.published_at, video.is_announced) == (None, True)
    assert (await do(db, video_id, ready)).is_playable


async def test_a_failed_video_says_why_and_can_be_tried_again(db: Database) -> None:
    video_id = await make(db)
    video = await do(db, video_id, videos.mark_processing, failed)
    assert (video.status, video.error_code, video.error_message) == (
        "failed",
        "not_media",
        "This is no video.",
    )
    assert video.is_announced
    with pytest.raises(Conflict):
        await do(db, video_id, publishing.publish)
    video = await do(db, video_id, videos.mark_pending, videos.mark_processing)
    assert (video.status, video.error_code) == ("processing", None)


async def test_deleted_is_hidden_and_restored_is_as_before(db: Database) -> None:
    video_id = await make(db)
    before = await do(db, video_id, ready)
    hidden = await do(db, video_id, trash.soft_delete, trash.soft_delete)
    assert (hidden.is_playable, hidden.is_announced, hidden.deleted_at is not None) == (False, False, True)
    assert await listed(db) == []
    assert await videos.by_slug_public(db, hidden.slug) is None
    with pytest.raises(Conflict):
        await do(db, video_id, publishing.publish)
    restored = await do(db, video_id, trash.restore)
    assert restored == before
    assert await listed(db) == [video_id]
    with pytest.raises(Conflict):
        await do(db, video_id, trash.restore)


async def test_what_became_ready_in_the_trash_is_published_when_restored(db: Database) -> None:
    video_id = await make(db)
    video = await do(db, video_id, trash.soft_delete, ready)
    assert (video.published_at, await listed(db)) == (None, [])
    assert (await do(db, video_id, trash.restore)).is_playable


async def test_purging_leaves_nothing_but_the_keys_of_its_files(db: Database) -> None:
    video_id = await make(db)
    await do(db, video_id, ready)
    gone = await transaction(db, lambda tx: trash.purge(tx, video_id))
    assert (gone.video_id, gone.storage_key, gone.source_key) == (video_id, "a-title", None)
    assert await listed(db) == []
    for step in (publishing.publish, publishing.unpublish, trash.soft_delete, trash.purge):
        with pytest.raises(NotFound):
            await transaction(db, lambda tx, step=step: step(tx, video_id))  # type: ignore[misc]


async def test_editing_changes_what_is_named_and_nothing_else(db: Database) -> None:
    category = await transaction(db, lambda tx: taxonomy.create(tx, "Walks"))
    video_id = await make(db)
    video = await transaction(
        db, lambda tx: videos.edit(tx, video_id, {"description": "Words", "category_id": category.id})
    )
    assert (video.title, video.description, video.category_name) == ("A title", "Words", "Walks")
    video = await transaction(
        db, lambda tx: videos.edit(tx, video_id, {"title": "Other", "category_id": None})
    )
    assert (video.title, video.description, video.category_name) == ("Other", "Words", None)
    assert video.slug == "a-title"
    told = await events(db)
    await transaction(db, lambda tx: videos.edit(tx, video_id, {"title": "Other"}))
    assert await events(db) == told


async def test_categories(db: Database) -> None:
    walks = await transaction(db, lambda tx: taxonomy.create(tx, " Walks ", description="On foot"))
    assert (walks.name, walks.slug, walks.video_count) == ("Walks", "walks", 0)
    for taken in ("Walks", "walks!"):
        with pytest.raises(Conflict) as refused:
            await transaction(db, lambda tx, name=taken: taxonomy.create(tx, name))  # type: ignore[misc]
        assert refused.value.code == "category_exists"
    unnamed = await transaction(db, lambda tx: taxonomy.create(tx, "日本"))
    assert unnamed.slug.startswith("category-")
    video = await transaction(db, lambda tx: videos.create(tx, NewVideo(title="t", category_id=walks.id)))
    await transaction(db, index.fold)
    assert [each.video_count for each in await taxonomy.categories(db)] == [1, 0]
    await transaction(db, lambda tx: taxonomy.delete(tx, walks.id))
    assert (await videos.by_id(db, video.id)).category_id is None
    with pytest.raises(NotFound):
        await transaction(db, lambda tx: taxonomy.delete(tx, walks.id))
    with pytest.raises(Invalid) as unknown:
        await transaction(db, lambda tx: videos.create(tx, NewVideo(title="t", category_id=walks.id)))
    assert unknown.value.code == "unknown_category"
