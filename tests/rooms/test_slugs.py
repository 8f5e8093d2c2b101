"""Each video gets a slug of its own, whatever its title is and however many want it at once."""

from __future__ import annotations

import asyncio

import pytest

from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import NewVideo
from vlog.db.engine import Database
from vlog.db.transaction import transaction
from vlog.kit.errors import Conflict, Invalid
from vlog.kit.slugs import RESERVED_SLUGS


async def make(db: Database, title: str) -> VideoRow:
    return await transaction(db, lambda tx: videos.create(tx, NewVideo(title=title)))


async def rename(db: Database, video_id: int, slug: str) -> VideoRow:
    return await transaction(db, lambda tx: videos.edit(tx, video_id, {"slug": slug}))


@pytest.mark.parametrize("title", ["🎬", "!!!", "...", "\u200b", "日本"])
async def test_a_title_without_letters_is_called_by_its_id(db: Database, title: str) -> None:
    video = await make(db, title)
    assert video.slug == f"video-{video.id}"
    assert video.storage_key == video.slug


async def test_a_hundred_at_once_get_a_hundred_slugs(db: Database) -> None:
    made = await asyncio.gather(*(make(db, "Same title") for _ in range(100)))
    assert len({video.slug for video in made}) == 100
    assert len({video.storage_key for video in made}) == 100
    assert {"same-title", "same-title-2", "same-title-100"} <= {video.slug for video in made}


@pytest.mark.parametrize("name", sorted(RESERVED_SLUGS))
async def test_reserved_names_are_numbered(db: Database, name: str) -> None:
    assert (await make(db, name)).slug == f"{name}-2"


async def test_a_long_title_leaves_room_for_its_number(db: Database) -> None:
    first, second = await make(db, "x" * 200), await make(db, "x" * 200)
    assert first.slug == "x" * 100
    assert second.slug == "x" * 98 + "-2"


async def test_a_title_may_look_like_another_ones_number(db: Database) -> None:
    slugs = [(await make(db, title)).slug for title in ("Take", "Take 2", "Take", "Take 2")]
    assert slugs == ["take", "take-2", "take-3", "take-2-2"]


async def test_an_old_slug_leads_to_the_new_one_and_stays_taken(db: Database) -> None:
    video = await make(db, "First name")
    await rename(db, video.id, "second-name")
    assert await videos.redirect_target(db, "first-name") == "second-name"
    assert (await make(db, "First name")).slug == "first-name-2"
    renamed = await videos.by_id(db, video.id)
    assert (renamed.slug, renamed.storage_key) == ("second-name", "first-name")


async def test_a_video_can_have_its_old_slug_back(db: Database) -> None:
    video = await make(db, "First name")
    await rename(db, video.id, "second-name")
    await rename(db, video.id, "first-name")
    assert await videos.redirect_target(db, "second-name") == "first-name"
    assert await videos.redirect_target(db, "first-name") is None


async def test_a_taken_slug_is_refused(db: Database) -> None:
    await make(db, "Mine")
    other = await make(db, "Other")
    for slug in ("mine", "api"):
        with pytest.raises(Conflict) as refused:
            await rename(db, other.id, slug)
        assert refused.value.code == "slug_taken"
    with pytest.raises(Invalid):
        await rename(db, other.id, "Not A Slug")
