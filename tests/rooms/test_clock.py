"""The database's clock is the one that rules, and tests can move it."""

from __future__ import annotations

from tests.support.databases import shift_clock
from vlog.db.engine import Database


async def test_the_clock_can_be_moved(db: Database) -> None:
    gap = "SELECT extract(epoch FROM app_now() - clock_timestamp())::float"
    assert abs(await db.fetchval(gap)) < 1
    await shift_clock(db, "1 hour")
    assert abs(await db.fetchval(gap) - 3600) < 1
