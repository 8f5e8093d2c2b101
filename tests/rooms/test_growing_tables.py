"""What VLog asks again and again finds its few rows without reading what has piled up over the years."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.support.databases import opened
from tests.support.deliveries import EVERYTHING
from vlog.api.admin.events import ProgressFeed
from vlog.catalog.remarked import remarked
from vlog.context import Context
from vlog.db.engine import Database
from vlog.processing import removal, tasks, upload_completion, upload_rows
from vlog.settings.store import Settings
from vlog.workers import background

ROWS = 5_000
YEARS = f"""
INSERT INTO videos (title, slug, storage_key, source_key, status, created_at)
  SELECT 'V', 'v-' || n, 'v-' || n, 'uploads/' || md5(n::text), 'ready', app_now() - n * interval '1 hour'
  FROM generate_series(1, {ROWS}) AS n;
INSERT INTO generations (video_id, token, state, info, grid)
  SELECT id, md5(id::text), 'live', '{{}}', jsonb_build_object('filler', repeat('x', 500)) FROM videos;
INSERT INTO transcoding_jobs (video_id, generation_id, state) SELECT video_id, id, 'done' FROM generations;
INSERT INTO transcoding_tasks (job_id, generation_id, kind, stage, renditions, needs, state)
  SELECT id, generation_id, 'video', 1, '{{360p}}', '{{libx264}}', 'done' FROM transcoding_jobs;
UPDATE transcoding_jobs SET state = 'queued' WHERE id % 2 = 0;
INSERT INTO transcoding_tasks (job_id, generation_id, kind, stage, renditions, needs)
  SELECT id, generation_id, 'thumbnail', 1, '{{}}', '{{}}' FROM transcoding_jobs WHERE id % 2 = 0;
INSERT INTO uploads (id, state, length_bytes, offset_bytes, details, created_at, updated_at, expires_at)
  SELECT md5(n::text), 'accepted', 1, 1, '{{"title": "x"}}', at, at, at + interval '9 years'
  FROM generate_series(1, {ROWS}) AS n, LATERAL (SELECT app_now() - interval '3 days' AS at) AS one;
INSERT INTO idempotency_keys (scope, key, request_sha256)
  SELECT 's', n, 'x' FROM generate_series(1, {ROWS}) AS n;
"""
_READ = """
SELECT relname, seq_tup_read FROM pg_stat_user_tables
WHERE relname IN
  ('videos', 'generations', 'transcoding_jobs', 'transcoding_tasks', 'uploads', 'idempotency_keys')
"""


@pytest.fixture
async def old(ctx: Context) -> AsyncIterator[Context]:
    """An installation with years behind it; one connection, which can be asked what it has read."""
    await ctx.db.pool.execute(YEARS)
    await ctx.db.pool.execute("ANALYZE")
    async with opened(ctx.db.dsn, max_connections=1) as db:
        yield Context(
            config=ctx.config, db=db, storage=ctx.storage, bus=ctx.bus, settings=Settings(db, environ={})
        )


async def rows_read(db: Database) -> dict[str, int]:
    """Rows that were read from one end of a table to the other, since there is the table."""
    # Of the statements so far, and of those of this question.
    await db.fetchval("SELECT pg_stat_force_next_flush()")
    return {row["relname"]: row["seq_tup_read"] for row in await db.fetch(_READ)}


ASKED: dict[str, Callable[[Context], Awaitable[object]]] = {
    "claim": lambda ctx: tasks.claim(ctx, EVERYTHING),
    "leases": tasks.sweep,
    "manifests": background.repair_manifests,
    "outbox": background.look_after_outbox,
    "removals": removal.finish_all,
    "uploads": upload_completion.sweep,
    "files": background.FileSweep(0),
    "asked for checks": background.verify_on_request,
    "repairs": background.look_after_repairs,
    "remarks": lambda ctx: remarked(ctx.db),
    "list of uploads": lambda ctx: upload_rows.listed(ctx.db),
    "event stream": lambda ctx: ProgressFeed(ctx).opening(),
}


async def test_no_table_is_read_from_end_to_end(old: Context) -> None:
    for name in "abc":
        leftover = old.config.storage_path / "uploads" / (name * 32)
        leftover.parent.mkdir(exist_ok=True)
        leftover.touch()
        os.utime(leftover, (0, 0))
    guilty = {}
    for name, ask in ASKED.items():
        before = await rows_read(old.db)
        await ask(old)
        after = await rows_read(old.db)
        guilty[name] = {
            table: after[table] - before[table] for table in after if after[table] != before[table]
        }
    assert guilty == {name: {} for name in ASKED}
    assert list((old.config.storage_path / "uploads").iterdir()) == []
