"""Settings: database first, then the environment, then the default."""

from __future__ import annotations

import pytest

from vlog.db.engine import Database
from vlog.db.transaction import transaction
from vlog.kit.errors import Invalid, NotFound
from vlog.settings.known import H264_PRESET, MAX_RETRIES, REMUX, SEGMENT_SECONDS
from vlog.settings.store import Settings, put


async def test_the_order_is_database_environment_default(db: Database) -> None:
    settings = Settings(db, {"VLOG_MAX_RETRY_ATTEMPTS": "5"})
    assert await settings.get(MAX_RETRIES) == 5
    await transaction(db, lambda tx: put(tx, MAX_RETRIES.key, 2, actor="test"))
    settings.forget()
    assert await settings.get(MAX_RETRIES) == 2
    assert await settings.get(SEGMENT_SECONDS) == SEGMENT_SECONDS.default


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (SEGMENT_SECONDS.key, 1),
        (SEGMENT_SECONDS.key, 11),
        (SEGMENT_SECONDS.key, "6"),
        (SEGMENT_SECONDS.key, True),
        (SEGMENT_SECONDS.key, float("nan")),
        (H264_PRESET.key, "placebo; rm -rf /"),
        (REMUX.key, "yes"),
    ],
)
async def test_a_wrong_value_is_refused_in_words(db: Database, key: str, value: object) -> None:
    with pytest.raises(Invalid, match=key):
        await transaction(db, lambda tx: put(tx, key, value, actor="test"))


async def test_an_unknown_key_is_refused(db: Database) -> None:
    with pytest.raises(NotFound):
        await transaction(db, lambda tx: put(tx, "no.such.key", 1, actor="test"))


async def test_a_stored_value_that_no_longer_fits_counts_as_unset(db: Database) -> None:
    await db.pool.execute(
        "INSERT INTO settings (key, value, updated_by) VALUES ($1, '99', 'old')", SEGMENT_SECONDS.key
    )
    assert await Settings(db, {}).get(SEGMENT_SECONDS) == SEGMENT_SECONDS.default
