"""What checks of the storage have found, and when the last one was: for the admin, until it is mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from vlog.db.transaction import Transaction
from vlog.processing.expected import Expected
from vlog.processing.rows import Reader
from vlog.storage.layout import Key

Kind = Literal["missing", "damaged", "unknown"]
LISTED = 200

_RECORD = """
INSERT INTO storage_findings (key, kind, part, video_id, generation_id, quality, number)
VALUES ($1, $2, $3, (SELECT id FROM videos WHERE id = $4), (SELECT id FROM generations WHERE id = $5), $6, $7)
ON CONFLICT (key) DO UPDATE SET kind = $2, part = $3, video_id = excluded.video_id,
  generation_id = excluded.generation_id, quality = $6, number = $7, seen_at = app_now()
"""
_COLUMNS = "f.key, f.kind, f.part, f.video_id, f.generation_id, f.quality, f.number, f.found_at"
_LIST = f"SELECT {_COLUMNS} FROM storage_findings f ORDER BY f.found_at DESC, f.key LIMIT $1"
_BEGIN = "INSERT INTO storage_checks DEFAULT VALUES RETURNING id"
_END = """
UPDATE storage_checks SET finished_at = app_now(), files = $2, size_bytes = $3, findings = $4 WHERE id = $1
RETURNING started_at
"""
_LAST = """
SELECT started_at, finished_at, files, size_bytes, findings FROM storage_checks
WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1
"""
_IS_DUE = """
SELECT NOT EXISTS (SELECT FROM storage_checks WHERE finished_at > app_now() - make_interval(days => $1))
"""
# Checks that a crash has cut short, and those of long ago.
_PRUNE = "DELETE FROM storage_checks WHERE started_at < app_now() - interval '90 days'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One file that is not as the rows say, or that no row knows (``unknown``)."""

    key: str
    kind: Kind
    part: str
    video_id: int | None = None
    generation_id: int | None = None
    quality: str | None = None
    number: int | None = None
    found_at: datetime | None = None

    @classmethod
    def of(cls, expected: Expected, kind: Kind, *, video_id: int) -> Finding:
        """A file that the rows expect otherwise."""
        return cls(
            key=expected.key,
            kind=kind,
            part=expected.part,
            video_id=video_id,
            generation_id=expected.generation_id,
            quality=expected.quality,
            number=expected.number,
        )

    @classmethod
    def unknown(cls, key: Key, *, video_id: int | None = None) -> Finding:
        """A file that belongs to nothing."""
        return cls(key=key, kind="unknown", part="file", video_id=video_id)

    @property
    def advice(self) -> str:
        """What somebody can do about it."""
        if self.kind == "unknown":
            return "No row names it. Look at it, then move it away or delete it yourself."
        if self.part == "source":
            return "Put the source back from a backup, or upload the video anew; what is encoded plays on."
        return "`vlog storage verify --repair` makes it again from the source."


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One finished check of everything."""

    started_at: datetime
    finished_at: datetime
    files: int
    size_bytes: int
    findings: int


async def record(tx: Transaction, found: Iterable[Finding]) -> None:
    """Remember findings; those that are known keep the time at which they were first met."""
    await tx.executemany(
        _RECORD,
        [
            (each.key, each.kind, each.part, each.video_id, each.generation_id, each.quality, each.number)
            for each in found
        ],
    )


async def forget_others(tx: Transaction, video_id: int, found: Iterable[Finding]) -> None:
    """All that was wrong with a video's files, but for ``found``, is mended."""
    keys = [each.key for each in found]
    await tx.execute("DELETE FROM storage_findings WHERE video_id = $1 AND key <> ALL($2)", video_id, keys)


async def begin(tx: Transaction) -> int:
    """A check of everything begins; its id."""
    await tx.execute(_PRUNE)
    return int(await tx.fetchval(_BEGIN))


async def end(tx: Transaction, check_id: int, *, files: int, size_bytes: int, findings: int) -> None:
    """It is through: what it has not seen again is mended."""
    started_at = await tx.fetchval(_END, check_id, files, size_bytes, findings)
    await tx.execute("DELETE FROM storage_findings WHERE seen_at < $1", started_at)


async def last(reader: Reader) -> Check | None:
    """The newest check that came to its end."""
    row = await reader.fetchrow(_LAST)
    return Check(**dict(row)) if row else None


async def is_due(reader: Reader, *, interval_days: int) -> bool:
    """Whether the last check is longer ago."""
    return bool(await reader.fetchval(_IS_DUE, interval_days))


async def listed(reader: Reader, *, limit: int = LISTED) -> list[Finding]:
    """The newest findings."""
    return [Finding(**cast("dict[str, Any]", dict(row))) for row in await reader.fetch(_LIST, limit)]


async def count(reader: Reader) -> int:
    """How many there are."""
    return int(await reader.fetchval("SELECT count(*) FROM storage_findings"))
