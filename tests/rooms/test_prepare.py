"""What is done before any service starts: schema, storage, set-up link."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vlog.cli.prepare import prepare
from vlog.config import Config
from vlog.db.engine import Database
from vlog.kit.errors import Conflict

MARKER = ".vlog-root"


@pytest.fixture
def config(db: Database, tmp_path: Path) -> Config:
    (tmp_path / "storage").mkdir()
    return Config(data_dir=tmp_path / "data", storage_path=tmp_path / "storage", database_url=db.dsn)


async def test_a_new_installation_gets_a_link_and_marks_its_storage(config: Config, db: Database) -> None:
    first = await prepare(config, db.dsn)
    assert first.setup_link is not None
    assert first.setup_link.startswith("http://127.0.0.1:9001/setup#token=")
    assert first.storage_is_writable
    identity = (config.storage_path / MARKER).read_text().strip()
    assert identity == await db.fetchval("SELECT id FROM installation")


async def test_a_second_start_keeps_the_installation_and_renews_the_link(
    config: Config, db: Database
) -> None:
    first = await prepare(config, db.dsn)
    identity = (config.storage_path / MARKER).read_text()
    second = await prepare(config, db.dsn)
    assert (config.storage_path / MARKER).read_text() == identity
    assert second.setup_link not in (None, first.setup_link)
    assert await db.fetchval("SELECT count(*) FROM setup_links") == 1


async def test_a_configured_secret_needs_no_link(config: Config, db: Database) -> None:
    assert (await prepare(replace(config, admin_secret="long-enough-secret"), db.dsn)).setup_link is None


async def test_an_unmounted_disk_is_not_taken_for_an_empty_one(config: Config, db: Database) -> None:
    await prepare(config, db.dsn)
    await db.pool.execute("INSERT INTO videos (title, slug, storage_key) VALUES ('A', 'a', 'a')")
    (config.storage_path / MARKER).unlink()
    assert not (await prepare(config, db.dsn)).storage_is_writable
    assert list(config.storage_path.iterdir()) == []


async def test_the_media_of_another_installation_are_left_alone(config: Config, db: Database) -> None:
    (config.storage_path / MARKER).write_text("somebody-else\n")
    with pytest.raises(Conflict, match="VLOG_STORAGE_PATH"):
        await prepare(config, db.dsn)
    assert (config.storage_path / MARKER).read_text() == "somebody-else\n"
