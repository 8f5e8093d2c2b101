"""The outbox after its events have happened: handed on, kept for a while, removed.

An event's row commits together with what it tells of, and its hint goes out with that commit. Here it is
noted as handed on; whoever must not miss any reads the rows by id.
"""

from __future__ import annotations

from vlog.db.transaction import Transaction

KEPT_DAYS = 30

_DISPATCH = """
UPDATE outbox SET dispatched_at = app_now()
WHERE id IN (SELECT id FROM outbox WHERE dispatched_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
"""
_PRUNE = """
DELETE FROM outbox WHERE id IN (
  SELECT id FROM outbox WHERE dispatched_at < (SELECT app_now()) - make_interval(days => $1)
  ORDER BY dispatched_at LIMIT $2
)
"""


async def dispatch(tx: Transaction, *, limit: int = 1000) -> int:
    """Note the oldest waiting events as handed on; returns how many."""
    return _count(await tx.execute(_DISPATCH, limit))


async def prune(tx: Transaction, *, limit: int = 5000) -> int:
    """Remove old events; returns how many."""
    return _count(await tx.execute(_PRUNE, KEPT_DAYS, limit))


def _count(tag: str) -> int:
    """Rows that a command's tag tells of, such as ``UPDATE 3``."""
    return int(tag.rpartition(" ")[2])
