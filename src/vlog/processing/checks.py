"""Checks of the whole storage: asked for, under way, finished, stopped; for the admin who waits for one.

The background process makes them; ``vlog storage verify`` does as well. Whoever makes one tells now and then
how far it is, and learns by that whether it is still wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.errors import Conflict
from vlog.processing.estimate import rest_seconds

State = Literal["requested", "running", "done", "failed", "stopped"]
# Nothing was heard for so long: whoever made it has died.
SILENT_SECONDS = 120

_COLUMNS = """
id, state, requested_at, started_at, finished_at, files, size_bytes, total_bytes, findings, error_message,
extract(epoch FROM app_now() - requested_at)::float8 AS waited_seconds,
extract(epoch FROM app_now() - started_at)::float8 AS elapsed_seconds
"""
_IS_FRESH = f"state = 'running' AND touched_at > app_now() - interval '{SILENT_SECONDS} seconds'"
_OPEN = (
    f"SELECT {_COLUMNS} FROM storage_checks WHERE state = 'requested' OR {_IS_FRESH} ORDER BY id DESC LIMIT 1"
)
_LAST = f"SELECT {_COLUMNS} FROM storage_checks WHERE state = 'done' ORDER BY id DESC LIMIT 1"
_NEWEST = f"SELECT {_COLUMNS} FROM storage_checks ORDER BY id DESC LIMIT 1"
_IS_OPEN = f"SELECT EXISTS (SELECT FROM storage_checks WHERE state = 'requested' OR {_IS_FRESH})"
_IS_REQUESTED = f"""
SELECT EXISTS (SELECT FROM storage_checks WHERE state = 'requested')
  AND NOT EXISTS (SELECT FROM storage_checks WHERE {_IS_FRESH})
"""
_IS_DUE = f"""
SELECT NOT EXISTS (SELECT FROM storage_checks
  WHERE state = 'done' AND finished_at > app_now() - make_interval(days => $1) OR {_IS_FRESH})
"""
_REQUEST = "INSERT INTO storage_checks DEFAULT VALUES"
_TAKE = """
UPDATE storage_checks SET state = 'running', started_at = app_now(), touched_at = app_now(), total_bytes = $1
WHERE state = 'requested' RETURNING id
"""
_BEGIN = """
INSERT INTO storage_checks (state, started_at, total_bytes) VALUES ('running', app_now(), $1) RETURNING id
"""
_TOUCH = """
UPDATE storage_checks SET touched_at = app_now(), files = $2, size_bytes = $3, findings = $4
WHERE id = $1 AND state = 'running' RETURNING started_at
"""
_END = "UPDATE storage_checks SET state = 'done', finished_at = app_now() WHERE id = $1"
_FAIL = """
UPDATE storage_checks SET state = 'failed', finished_at = app_now(), error_message = $2
WHERE id = $1 AND state = 'running'
"""
_STOP = """
UPDATE storage_checks SET state = 'stopped', finished_at = app_now() WHERE state IN ('requested', 'running')
"""
_SILENT = f"""
UPDATE storage_checks SET state = 'failed', finished_at = app_now(),
  error_message = 'Whoever made it has ended in the middle.'
WHERE state = 'running' AND NOT ({_IS_FRESH})
"""
_PRUNE = "DELETE FROM storage_checks WHERE requested_at < app_now() - interval '90 days'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check of everything. ``total_bytes`` is an estimate; ``findings`` are those of this check so far.

    ``started_at`` is ``None`` while nobody has taken it, for ``waited_seconds`` by now.
    """

    id: int
    state: State
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    files: int
    size_bytes: int
    total_bytes: int
    findings: int
    error_message: str | None
    waited_seconds: float
    elapsed_seconds: float | None

    @property
    def percent(self) -> float:
        """How much of the bytes is compared; never 100 before it is done."""
        if self.state == "done":
            return 100.0
        return min(round(100 * self.size_bytes / self.total_bytes, 1), 99.9) if self.total_bytes else 0.0

    @property
    def eta_seconds(self) -> float | None:
        """How long the rest takes at the speed so far; ``None`` before there is a basis."""
        if self.state != "running" or not self.total_bytes:
            return None
        return rest_seconds(min(self.size_bytes / self.total_bytes, 1.0), self.elapsed_seconds)


async def request(tx: Transaction) -> None:
    """Have a check made soon. Raises ``Conflict`` (code ``check_running``) when one is."""
    await tx.execute("LOCK TABLE storage_checks IN SHARE ROW EXCLUSIVE MODE")
    await tx.execute(_SILENT)
    if await tx.fetchval(_IS_OPEN):
        raise Conflict("The stored files are being checked already.", code="check_running")
    await tx.execute(_REQUEST)


async def stop(tx: Transaction) -> None:
    """Whatever is asked for or under way is no longer wanted."""
    await tx.execute(_STOP)


async def begin(tx: Transaction, *, total_bytes: int) -> int:
    """A check begins, the requested one if there is one; its id."""
    await tx.execute(_PRUNE)
    await tx.execute(_SILENT)
    taken = await tx.fetchval(_TAKE, total_bytes)
    return int(taken if taken is not None else await tx.fetchval(_BEGIN, total_bytes))


async def touch(tx: Transaction, check_id: int, *, files: int, size_bytes: int, findings: int) -> datetime:
    """It is so far; the answer is when it began.

    Raises ``Conflict`` (code ``check_stopped``) when it is no longer wanted.
    """
    started_at: datetime | None = await tx.fetchval(_TOUCH, check_id, files, size_bytes, findings)
    if started_at is None:
        raise Conflict("The check was stopped.", code="check_stopped")
    return started_at


async def end(tx: Transaction, check_id: int) -> None:
    """It is through."""
    await tx.execute(_END, check_id)


async def fail(tx: Transaction, check_id: int, *, reason: str) -> None:
    """It could not be brought to its end."""
    await tx.execute(_FAIL, check_id, reason)


async def last(reader: Reader) -> Check | None:
    """The newest check that came to its end."""
    return await _one(reader, _LAST)


async def under_way(reader: Reader) -> Check | None:
    """The check that is asked for or being made."""
    return await _one(reader, _OPEN)


async def newest(reader: Reader) -> Check | None:
    """The last one that was begun or asked for, whatever became of it."""
    return await _one(reader, _NEWEST)


async def is_requested(reader: Reader) -> bool:
    """Whether somebody waits for one that nobody makes yet."""
    return bool(await reader.fetchval(_IS_REQUESTED))


async def is_due(reader: Reader, *, interval_days: int) -> bool:
    """Whether the last one is longer ago, and none is under way."""
    return bool(await reader.fetchval(_IS_DUE, interval_days))


async def _one(reader: Reader, sql: str) -> Check | None:
    row = await reader.fetchrow(sql)
    return Check(**cast("dict[str, Any]", dict(row))) if row else None
