"""Who has done what: written with the act, and only with it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import pytest

from tests.rooms.test_listing import fill
from vlog.catalog import tags, taxonomy, trash, videos
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.events.audit import Entry, Wanted
from vlog.kit.acting import Actor, act_as, actor
from vlog.kit.errors import Conflict

T = TypeVar("T")
SOMEBODY = Actor(name="admin", ip="192.0.2.7", request_id="r-1")


async def do(db: Database, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """As a request does it: a task of its own that acts for somebody."""

    async def acting() -> T:
        act_as(SOMEBODY)
        return await transaction(db, work)

    return await asyncio.create_task(acting(), context=contextvars.copy_context())


async def entries(db: Database) -> list[Entry]:
    return await audit.page(db, Wanted(), before_id=2**62, limit=100)


async def test_an_edit_says_who_what_and_from_what_to_what(db: Database) -> None:
    (video_id,) = await fill(db, "Before")
    await do(db, lambda tx: videos.edit(tx, video_id, {"title": "After", "description": "x" * 900}))
    (entry,) = await entries(db)
    assert (entry.actor, entry.ip, entry.request_id) == ("admin", "192.0.2.7", "r-1")
    assert (entry.action, entry.subject_type, entry.subject_id) == ("video.edited", "video", video_id)
    details = msgspec.json.decode(entry.details)
    assert details["title"] == ["Before", "After"]
    assert len(details["description"][1]) == 200
    assert set(details) == {"title", "description"}


async def test_what_vlog_does_by_itself_is_no_act(db: Database) -> None:
    async def alone() -> None:
        assert actor() is None
        (video_id,) = await fill(db, "A film")
        await transaction(db, lambda tx: trash.soft_delete(tx, video_id))

    await asyncio.create_task(alone(), context=contextvars.Context())
    assert await entries(db) == []


async def test_what_is_undone_was_never_done(db: Database) -> None:
    async def fail(tx: Transaction) -> None:
        await tags.create(tx, "A tag")
        raise Conflict("Changed my mind.", code="never")

    with pytest.raises(Conflict):
        await do(db, fail)
    assert await entries(db) == []


async def test_acts_are_found_by_kind_and_subject_and_forgotten_by_age(db: Database) -> None:
    first = await do(db, lambda tx: taxonomy.create(tx, "One"))
    await do(db, lambda tx: taxonomy.create(tx, "Two"))
    await do(db, lambda tx: taxonomy.edit(tx, first.id, {"name": "Uno"}))
    await do(db, lambda tx: tags.create(tx, "A tag"))
    one = await audit.page(db, Wanted(subject_type="category", subject_id=first.id), before_id=2**62, limit=9)
    assert [entry.action for entry in one] == ["category.edited", "category.created"]
    created = await audit.page(db, Wanted(action="category.created"), before_id=2**62, limit=9)
    assert [entry.subject_name for entry in created] == ["Two", "One"]
    assert len(await audit.page(db, Wanted(subject_type="category"), before_id=2**62, limit=9)) == 3
    await db.pool.execute(
        "UPDATE audit_log SET created_at = now() - interval '40 days' WHERE subject_type = 'tag'"
    )
    assert await transaction(db, lambda tx: audit.forget(tx, days=30)) == 1
    assert len(await entries(db)) == 3
