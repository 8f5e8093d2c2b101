"""How far a job is and when it will be done, from what is durable and what workers say they hold.

Work is weighed by pixels: the share of a rendition in the whole is what encoding it costs, roughly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from vlog.media.loudness import Loudness, gain_db
from vlog.media.plan import VideoRendition
from vlog.processing.estimate import (
    Aim,
    Finished,
    Held,
    Work,
    all_seconds,
    made_cells,
    playable_seconds,
    weight,
)
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Kind, Planned, planned_of
from vlog.settings import known

# Inspecting takes this share of the bar; what it will cost to encode is not known before.
_INSPECTED_PERCENT = 2.0

_JOBS = """
SELECT DISTINCT ON (j.video_id) j.id, j.video_id, j.generation_id, j.state, j.attempt, j.max_attempts,
  j.started_at, j.last_error, v.duration, v.status = 'ready' AS is_playable
FROM transcoding_jobs j JOIN videos v ON v.id = j.video_id
WHERE j.video_id = ANY($1) AND j.kind = 'media' ORDER BY j.video_id, j.id DESC
"""
_RENDITIONS = """
SELECT generation_id, quality, kind, stage, spec, status, segments_total, segments_completed, loudness
FROM quality_progress WHERE generation_id = ANY($1) ORDER BY generation_id, stage, id
"""
# Cells that were made durable under the present lease are counted, so that only the rest of what a worker
# says it has done is added to them.
_HELD = """
SELECT t.job_id, t.kind, t.renditions, t.end_cell - t.first_cell AS cells, t.frames_done, t.frames_total,
  extract(epoch FROM app_now() - t.leased_at)::float8 AS seconds,
  (SELECT count(*) FROM segments s WHERE s.generation_id = t.generation_id
    AND s.quality = ANY(t.renditions) AND s.task_id = t.id AND s.epoch = t.epoch) AS delivered
FROM transcoding_tasks t WHERE t.job_id = ANY($1) AND t.state = 'leased' ORDER BY t.stage, t.first_cell, t.id
"""
_FINISHED = """
SELECT t.job_id, t.kind, t.renditions, sum(t.end_cell - t.first_cell)::float8 AS cells,
  sum(extract(epoch FROM t.finished_at - t.leased_at))::float8 AS seconds
FROM transcoding_tasks t WHERE t.job_id = ANY($1) AND t.state = 'done' AND t.leased_at IS NOT NULL
  AND t.kind IN ('remux', 'audio', 'video')
GROUP BY t.job_id, t.kind, t.renditions
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RenditionProgress:
    """``status`` is pending, in_progress, completed, failed or skipped.

    ``loudness`` is what was heard of the source, ``gain_db`` by how much the rendition is raised or lowered;
    ``None`` where nobody has listened, or nothing is made of it.
    """

    name: str
    kind: Kind
    status: str
    percent: float
    segments_completed: int
    segments_total: int
    loudness: Loudness | None = None
    gain_db: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobProgress:
    """The newest job of a video.

    ``current_step`` is the kind of the most urgent task that a worker holds: ``inspect``, ``remux``,
    ``audio``, ``video`` or ``thumbnail``; ``waiting`` when no worker holds any; ``None`` when the job has
    ended. ``eta_seconds`` tells when everything will be done; ``playable_seconds`` when viewers get the
    video, ``None`` when they have it. Both are ``None`` as well before there is a basis for a figure.
    """

    job_id: int
    video_id: int
    state: str
    percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    current_step: str | None
    renditions: tuple[RenditionProgress, ...]
    attempt: int
    max_attempts: int
    started_at: datetime | None
    last_error: str | None


async def of_video(ctx: Rooms, video_id: int) -> JobProgress | None:
    """The progress of a video's newest job."""
    return (await of_videos(ctx, [video_id])).get(video_id)


async def of_videos(ctx: Rooms, video_ids: Sequence[int]) -> dict[int, JobProgress]:
    """The same for many, in four reads."""
    jobs = await ctx.db.fetch(_JOBS, list(video_ids))
    job_ids = [job["id"] for job in jobs]
    generation_ids = [job["generation_id"] for job in jobs if job["generation_id"] is not None]
    renditions: defaultdict[int, list[Planned]] = defaultdict(list)
    for row in await ctx.db.fetch(_RENDITIONS, generation_ids):
        renditions[row["generation_id"]].append(planned_of(row))
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for row in await ctx.db.fetch(_HELD, job_ids):
        held[row["job_id"]].append(_held(row))
    finished: defaultdict[int, list[Finished]] = defaultdict(list)
    for row in await ctx.db.fetch(_FINISHED, job_ids):
        finished[row["job_id"]].append(_finished(row))
    publish_at = await ctx.settings.get(known.PUBLISH_AT)
    least_speed = await ctx.settings.get(known.LEAST_SPEED)
    found = {}
    for job in jobs:
        planned, job_id = renditions.get(job["generation_id"], []), job["id"]
        work = Work(renditions=planned, held=held.get(job_id, []), finished=finished.get(job_id, []))
        aim = Aim(publish_at=publish_at, least_speed=least_speed, duration_seconds=job["duration"])
        found[job["video_id"]] = _measure(job, work, aim)
    return found


def _measure(job: asyncpg.Record, work: Work, aim: Aim) -> JobProgress:
    is_open = job["state"] in ("queued", "running")
    step = (work.held[0].kind if work.held else "waiting") if is_open else None
    return JobProgress(
        job_id=job["id"],
        video_id=job["video_id"],
        state=job["state"],
        percent=100.0 if job["state"] == "done" else _percent(done_share(work.renditions, work.held)),
        eta_seconds=all_seconds(work) if is_open else None,
        playable_seconds=playable_seconds(work, aim) if is_open and not job["is_playable"] else None,
        current_step=step,
        renditions=tuple(_rendition(each) for each in work.renditions),
        attempt=job["attempt"],
        max_attempts=job["max_attempts"],
        started_at=job["started_at"],
        last_error=job["last_error"],
    )


def done_share(renditions: Sequence[Planned], held: Sequence[Held]) -> float | None:
    """Which share of the work is done, 0 to 1; ``None`` before there is a plan.

    Renditions that have been given up don't count.
    """
    wanted = [each for each in renditions if each.status not in ("failed", "skipped")]
    total = sum(weight(each.spec) * each.segments_total for each in wanted)
    if not total:
        return None
    made = made_cells(wanted, held)
    return sum(weight(each.spec) * made[each.quality] for each in wanted) / total


def _percent(share: float | None) -> float:
    if share is None:
        return 0.0
    return round(_INSPECTED_PERCENT + (100 - _INSPECTED_PERCENT) * share, 1)


def _rendition(planned: Planned) -> RenditionProgress:
    return RenditionProgress(
        name=planned.quality,
        kind=planned.kind,
        status=planned.status,
        percent=round(100 * planned.segments_completed / planned.segments_total, 1),
        segments_completed=planned.segments_completed,
        segments_total=planned.segments_total,
        loudness=planned.loudness,
        gain_db=_gain_db(planned),
    )


def _gain_db(planned: Planned) -> float | None:
    if planned.loudness is None or planned.status == "skipped" or isinstance(planned.spec, VideoRendition):
        return None
    return gain_db(planned.loudness, planned.spec.levelling)


def _held(row: asyncpg.Record) -> Held:
    names = tuple(row["renditions"])
    said = row["cells"] * min(row["frames_done"] / row["frames_total"], 1) if row["frames_total"] else 0.0
    delivered = row["delivered"] / len(names) if names else 0.0
    return Held(
        row["kind"],
        names,
        cells_ahead=max(said - delivered, 0.0),
        cells_made=max(said, delivered),
        seconds=row["seconds"],
    )


def _finished(row: asyncpg.Record) -> Finished:
    return Finished(row["kind"], tuple(row["renditions"]), row["cells"], row["seconds"])
