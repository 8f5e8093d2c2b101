"""What checks of the storage have found: for the admin, until it is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import asyncpg

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.processing.expected import Expected
from vlog.storage.layout import Key

Kind = Literal["missing", "damaged", "unknown"]
LISTED = 200

_RECORD = """
INSERT INTO storage_findings AS f (key, kind, part, video_id, generation_id, quality, number)
VALUES ($1, $2, $3, (SELECT id FROM videos WHERE id = $4), (SELECT id FROM generations WHERE id = $5), $6, $7)
ON CONFLICT (key) DO UPDATE SET kind = $2, part = $3, video_id = excluded.video_id,
  generation_id = excluded.generation_id, quality = $6, number = $7, seen_at = app_now(), mending_at = NULL,
  acknowledged_at = CASE WHEN f.kind = $2 THEN f.acknowledged_at END
"""
_COLUMNS = "f.key, f.kind, f.part, f.video_id, f.generation_id, f.quality, f.number, f.found_at"
_LIST = f"SELECT {_COLUMNS} FROM storage_findings f ORDER BY f.found_at DESC, f.key LIMIT $1"
_OF_VIDEO = f"SELECT {_COLUMNS} FROM storage_findings f WHERE f.video_id = $1 ORDER BY f.key"
_FORGET = "DELETE FROM storage_findings WHERE video_id = $1 AND key <> ALL($2)"
_ACKNOWLEDGED = "SELECT key FROM storage_findings WHERE key = ANY($1) AND acknowledged_at IS NOT NULL"
_ACKNOWLEDGE = """
UPDATE storage_findings SET acknowledged_at = CASE WHEN $2 THEN app_now() END
WHERE video_id IS NOT DISTINCT FROM $1
"""
# Videos of which something was made again, and that nobody works on any more.
_MENDED = """
SELECT DISTINCT f.video_id FROM storage_findings f WHERE f.mending_at IS NOT NULL AND NOT EXISTS (
  SELECT FROM transcoding_jobs j WHERE j.video_id = f.video_id AND j.state IN ('queued', 'running'))
ORDER BY f.video_id LIMIT $1
"""
# Copies for viewers can be made again while the source is there; it itself, and what no row names, can't.
_TROUBLES = """
SELECT f.video_id, v.title, v.deleted_at IS NOT NULL AS is_deleted, count(*) AS count,
  bool_and(f.acknowledged_at IS NOT NULL) AS is_acknowledged,
  bool_or(f.mending_at IS NOT NULL) AS is_mending,
  v.deleted_at IS NULL AND count(*) FILTER (WHERE f.mending_at IS NULL AND f.kind <> 'unknown'
    AND (f.part IN ('manifest', 'init') OR f.part IN ('segment', 'thumbnail') AND v.source_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM storage_findings s WHERE s.video_id = f.video_id AND s.part = 'source')
    )) > 0 AS can_be_mended
FROM storage_findings f LEFT JOIN videos v ON v.id = f.video_id
GROUP BY f.video_id, v.id ORDER BY is_acknowledged, max(f.found_at) DESC, f.video_id LIMIT $1
"""
_FILES = f"""
SELECT {_COLUMNS} FROM (
  SELECT f.*, row_number() OVER (PARTITION BY f.video_id ORDER BY f.key) AS place
  FROM storage_findings f WHERE f.video_id = ANY($1) OR f.video_id IS NULL
) AS f WHERE place <= $2 ORDER BY f.key
"""
_WHAT = {"source": "The source", "manifest": "A playlist", "file": "A file", "thumbnail": "A picture"}
_HOW = {"missing": "is gone", "damaged": "is damaged", "unknown": "belongs to nothing"}


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
        return "It can be made again: on the page Storage, or by vlog storage verify --repair."

    @property
    def words(self) -> str:
        """What it is and what is wrong with it, for somebody who knows no rows."""
        if self.part == "segment" and self.number is not None:
            what = f"Segment {self.number + 1} of {self.quality}"
        elif self.part == "init":
            what = f"The beginning of {self.quality}"
        else:
            what = _WHAT.get(self.part, "A file")
        return f"{what} {_HOW[self.kind]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """All findings of one video, or those of none (``video_id`` of ``None``), and the first files of them.

    ``is_mending``: some are being made again. ``can_be_mended``: others could be.
    """

    video_id: int | None
    title: str | None
    is_deleted: bool
    count: int
    is_acknowledged: bool
    is_mending: bool
    can_be_mended: bool
    files: tuple[Finding, ...]


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
    await tx.execute(_FORGET, video_id, [each.key for each in found])


async def forget(tx: Transaction, keys: Sequence[str]) -> None:
    """These are as they should be, or nobody expects them any more."""
    await tx.execute("DELETE FROM storage_findings WHERE key = ANY($1)", list(keys))


async def forget_unseen(tx: Transaction, *, since: datetime) -> None:
    """A check of everything is through: what it has not seen again is mended."""
    await tx.execute("DELETE FROM storage_findings WHERE seen_at < $1", since)


async def acknowledge(tx: Transaction, video_id: int | None, *, acknowledged: bool) -> None:
    """Somebody knows of a video's findings, or of those of none, and wants to hear no more; or again."""
    await tx.execute(_ACKNOWLEDGE, video_id, acknowledged)


async def acknowledged(reader: Reader, found: Iterable[Finding]) -> frozenset[str]:
    """The keys of those that somebody knows of."""
    return frozenset(row["key"] for row in await reader.fetch(_ACKNOWLEDGED, [each.key for each in found]))


async def mark_mending(tx: Transaction, found: Sequence[Finding]) -> None:
    """These are being made again: to be looked at when the work is done."""
    await tx.execute(
        "UPDATE storage_findings SET mending_at = app_now() WHERE key = ANY($1)", [each.key for each in found]
    )


async def listed(reader: Reader, *, limit: int = LISTED) -> list[Finding]:
    """The newest findings."""
    return [_finding(row) for row in await reader.fetch(_LIST, limit)]


async def of_video(reader: Reader, video_id: int) -> list[Finding]:
    """All findings of one video."""
    return [_finding(row) for row in await reader.fetch(_OF_VIDEO, video_id)]


async def mended_videos(reader: Reader, *, limit: int) -> list[int]:
    """Videos of which something was being made again, and the work has ended."""
    return [row["video_id"] for row in await reader.fetch(_MENDED, limit)]


async def troubles(reader: Reader, *, limit: int = 100, files: int = 10) -> list[Trouble]:
    """What is wrong, video by video: first what nobody has acknowledged."""
    groups = await reader.fetch(_TROUBLES, limit)
    named: defaultdict[int | None, list[Finding]] = defaultdict(list)
    for row in await reader.fetch(_FILES, [row["video_id"] for row in groups], files):
        named[row["video_id"]].append(_finding(row))
    return [
        Trouble(**cast("dict[str, Any]", dict(row)), files=tuple(named[row["video_id"]])) for row in groups
    ]


async def count(reader: Reader) -> int:
    """How many there are."""
    return int(await reader.fetchval("SELECT count(*) FROM storage_findings"))


def _finding(row: asyncpg.Record) -> Finding:
    return Finding(**cast("dict[str, Any]", dict(row)))
