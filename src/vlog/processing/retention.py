"""When deleted videos go for good by themselves, and what keeps a wrong clock from emptying the archive.

Age is ``deleted_at`` against the database's clock. More videos at once than ``archive.purge_limit`` are not
purged but told of: a clock that has jumped, or a setting with a digit too few, is the likelier reason, and
what is purged never comes back. An admin who has looked purges them by saying how many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.kit.errors import Conflict
from vlog.processing import removal
from vlog.processing.one_by_one import for_each
from vlog.processing.rooms import Rooms
from vlog.settings import known, store
from vlog.telemetry.logs import get_logger

_log = get_logger(__name__)

# What an answer names at most, and what one call of an admin purges at most.
SHOWN = 100
AT_ONCE = 500

_TRASHED = """
SELECT v.id, v.title, v.deleted_at,
  CASE WHEN $1 > 0 THEN v.deleted_at + make_interval(days => $1) END AS purge_at,
  (v.source_size_bytes + coalesce(sum(q.size_bytes), 0))::bigint AS size_bytes
FROM videos v LEFT JOIN video_qualities q ON q.video_id = v.id
WHERE v.deleted_at IS NOT NULL GROUP BY v.id
"""
_TOTAL = f"""
SELECT count(*) AS count, coalesce(sum(size_bytes), 0)::bigint AS size_bytes,
  count(*) FILTER (WHERE purge_at <= app_now()) AS due_count,
  coalesce(sum(size_bytes) FILTER (WHERE purge_at <= app_now()), 0)::bigint AS due_size_bytes
FROM ({_TRASHED}) trashed
"""
_SHOWN = f"SELECT * FROM ({_TRASHED}) trashed WHERE purge_at <= app_now() ORDER BY purge_at, id LIMIT $2"
_DUE_COUNT = """
SELECT count(*) FROM videos WHERE $1 > 0 AND deleted_at <= app_now() - make_interval(days => $1)
"""
_DUE = """
SELECT id FROM videos WHERE $1 > 0 AND deleted_at <= app_now() - make_interval(days => $1)
ORDER BY deleted_at, id LIMIT $2
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """A video in the archive; ``purge_at`` is when its time is over, ``size_bytes`` its source and
    renditions.
    """

    id: int
    title: str
    deleted_at: datetime
    purge_at: datetime | None
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What would be purged now, and nothing else: a dry run. ``is_stopped``: more than ``limit`` are due,
    so none goes by itself. ``due`` are the first of them.
    """

    retention_days: int
    limit: int
    count: int
    size_bytes: int
    due_count: int
    due_size_bytes: int
    is_stopped: bool
    due: list[Archived]


async def forecast(ctx: Rooms) -> Forecast:
    """What is in the archive, and what of it would go now."""
    days = await ctx.settings.get(known.ARCHIVE_RETENTION_DAYS)
    limit = await ctx.settings.get(known.ARCHIVE_PURGE_LIMIT)
    (total,) = await ctx.db.fetch(_TOTAL, days)
    rows = await ctx.db.fetch(_SHOWN, days, SHOWN) if days else []
    return Forecast(
        retention_days=days,
        limit=limit,
        count=total["count"],
        size_bytes=total["size_bytes"],
        due_count=total["due_count"],
        due_size_bytes=total["due_size_bytes"],
        is_stopped=total["due_count"] > limit,
        due=[Archived(**dict(row)) for row in rows],
    )


async def purge_due(ctx: Rooms) -> int:
    """What the background process does: purge what is due, or nothing when that is more than
    ``archive.purge_limit``; how many videos went.
    """
    days = await ctx.settings.get(known.ARCHIVE_RETENTION_DAYS)
    limit = await ctx.settings.get(known.ARCHIVE_PURGE_LIMIT)
    count = await ctx.db.fetchval(_DUE_COUNT, days)
    if count > limit:
        _log.warning("purge stopped", due=count, limit=limit, retention_days=days)
        return 0
    return await _purge(ctx, days, limit)


async def purge_seen(ctx: Rooms, *, due_count: int) -> int:
    """What an admin does who has seen how many are due: purge them, at most ``AT_ONCE`` in one go; how many
    went.

    Raises ``Conflict`` (code ``archive_changed``) when another number is due now.
    """
    days = await ctx.settings.get(known.ARCHIVE_RETENTION_DAYS)
    count = await ctx.db.fetchval(_DUE_COUNT, days)
    if count != due_count:
        raise Conflict(
            f"{count} videos are due now, not {due_count}: look at them again.", code="archive_changed"
        )
    gone = await _purge(ctx, days, AT_ONCE)
    if gone:
        name = f"{gone} video" if gone == 1 else f"{gone} videos"
        await transaction(ctx.db, lambda tx: audit.note(tx, "archive.purged", (None, name), days=days))
    return gone


async def keep_for(ctx: Rooms, days: int, *, actor: str) -> None:
    """Keep deleted videos for so many days; 0 for ever. Raises ``Invalid`` (code ``invalid_setting``)."""
    setting = known.ARCHIVE_RETENTION_DAYS
    before = await ctx.settings.get(setting)

    async def work(tx: Transaction) -> None:
        await store.put(tx, setting.key, days, actor=actor)
        await audit.note(tx, "setting.changed", (None, setting.key), value=(before, days))

    await transaction(ctx.db, work)
    ctx.settings.forget()


async def _purge(ctx: Rooms, days: int, limit: int) -> int:
    ids = [row["id"] for row in await ctx.db.fetch(_DUE, days, limit)]
    return await for_each(
        ctx, ids, lambda video_id: removal.purge(ctx, video_id, after_days=days), what="purge"
    )
