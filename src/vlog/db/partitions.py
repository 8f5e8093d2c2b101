"""Monthly partitions of ``playback_sessions``, made ahead of time.

Rows of a month without a partition land in the default one: late maintenance loses nothing. A partition
can't be made for a month of which the default one holds rows; such a month stays there.
"""

from __future__ import annotations

from datetime import date

from vlog.db.transaction import Transaction

MONTHS_AHEAD = 3

_THIS_MONTH = "SELECT date_trunc('month', app_now() AT TIME ZONE 'UTC')::date"
_EXISTING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'playback_sessions'::regclass
"""
_IN_DEFAULT = """
SELECT EXISTS (SELECT FROM playback_sessions_default WHERE started_at >= $1 AND started_at < $2)
"""
# Two that make the same partition at once would block each other; the number is arbitrary but ours.
_LOCK = "SELECT pg_advisory_xact_lock(0x564C5041)"


async def ensure(tx: Transaction) -> list[str]:
    """Make the partitions of this month and the next ones; returns the names of the new ones."""
    await tx.execute(_LOCK)
    existing = {row["relname"] for row in await tx.fetch(_EXISTING)}
    month: date = await tx.fetchval(_THIS_MONTH)
    made = []
    for _ in range(MONTHS_AHEAD + 1):
        following = next_month(month)
        name = f"playback_sessions_{month:%Y_%m}"
        if name not in existing and not await tx.fetchval(_IN_DEFAULT, month, following):
            # Bounds of a partition can't be parameters; these are dates.
            await tx.execute(
                f"CREATE TABLE {name} PARTITION OF playback_sessions"
                f" FOR VALUES FROM ('{month} 00:00+00') TO ('{following} 00:00+00')"
            )
            made.append(name)
        month = following
    return made


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
