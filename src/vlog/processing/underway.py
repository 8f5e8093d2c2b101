"""What is being worked on now, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.db.reader import Reader

# Held ones first, then in the order in which they were asked for.
_UNDER_WAY = """
SELECT j.video_id, coalesce(array_agg(DISTINCT t.worker) FILTER (WHERE t.state = 'leased'), '{}') AS workers
FROM transcoding_jobs j JOIN videos v ON v.id = j.video_id LEFT JOIN transcoding_tasks t ON t.job_id = j.id
WHERE j.state IN ('queued', 'running') AND v.deleted_at IS NULL
GROUP BY j.id ORDER BY count(*) FILTER (WHERE t.state = 'leased') = 0, j.id LIMIT $1
"""
_COUNT = """
SELECT count(*) FROM transcoding_jobs j JOIN videos v ON v.id = j.video_id
WHERE j.state IN ('queued', 'running') AND v.deleted_at IS NULL
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """A video of which something is being made, and who holds tasks of it (nobody: it waits)."""

    video_id: int
    workers: list[str]


async def first(reader: Reader, *, limit: int) -> list[UnderWay]:
    """The first of all that is being worked on or waits for it."""
    rows = await reader.fetch(_UNDER_WAY, limit)
    found = {
        row["video_id"]: UnderWay(video_id=row["video_id"], workers=list(row["workers"])) for row in rows
    }
    return list(found.values())


async def count(reader: Reader) -> int:
    """How many jobs that are."""
    return int(await reader.fetchval(_COUNT))
