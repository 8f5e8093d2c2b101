"""How far a job is and when it will be done, from what is durable and what workers say they hold.

Work is weighed by pixels: the share of a rendition in the whole is what encoding it costs, roughly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from vlog.media.encoders import COPY
from vlog.media.loudness import Loudness, gain_db
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing.rows import Kind, Planned, Reader, planned_of

# Inspecting takes this share of the bar; what it will cost to encode is not known before.
_INSPECTED_PERCENT = 2.0
# Costs of a second of sound and of taking a stream over, in pixels of a picture that encode for the same.
_AUDIO_PIXELS = 60_000
_COPY_PIXELS = 5_000
# Below these an estimate says more about the start than about the rest.
_ESTIMATE_SECONDS = 3.0
_ESTIMATE_SHARE = 0.01

_JOBS = """
SELECT DISTINCT ON (j.video_id) j.id, j.video_id, j.generation_id, j.state, j.attempt, j.max_attempts,
  j.started_at, j.last_error, extract(epoch FROM app_now() - j.started_at)::float8 AS elapsed_seconds
FROM transcoding_jobs j WHERE j.video_id = ANY($1) ORDER BY j.video_id, j.id DESC
"""
_RENDITIONS = """
SELECT generation_id, quality, kind, stage, spec, status, segments_total, segments_completed, loudness
FROM quality_progress WHERE generation_id = ANY($1) ORDER BY generation_id, stage, id
"""
# Cells that were made durable under the present lease are counted, so that only the rest of what a worker
# says it has done is added to them.
_HELD = """
SELECT t.job_id, t.kind, t.renditions, t.end_cell - t.first_cell AS cells, t.frames_done, t.frames_total,
  (SELECT count(*) FROM segments s WHERE s.generation_id = t.generation_id
    AND s.quality = ANY(t.renditions) AND s.task_id = t.id AND s.epoch = t.epoch) AS delivered
FROM transcoding_tasks t WHERE t.job_id = ANY($1) AND t.state = 'leased' ORDER BY t.stage, t.first_cell, t.id
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
    ended. ``eta_seconds`` tells when everything will be done, not when the video can be played.
    """

    job_id: int
    video_id: int
    state: str
    percent: float
    eta_seconds: float | None
    current_step: str | None
    renditions: tuple[RenditionProgress, ...]
    attempt: int
    max_attempts: int
    started_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A task in a worker's hands; ``cells_ahead`` of each of its renditions are done but not delivered."""

    kind: str
    renditions: tuple[str, ...]
    cells_ahead: float


async def of_video(reader: Reader, video_id: int) -> JobProgress | None:
    """The progress of a video's newest job."""
    return (await of_videos(reader, [video_id])).get(video_id)


async def of_videos(reader: Reader, video_ids: Sequence[int]) -> dict[int, JobProgress]:
    """The same for many, in three reads."""
    jobs = await reader.fetch(_JOBS, list(video_ids))
    generation_ids = [job["generation_id"] for job in jobs if job["generation_id"] is not None]
    renditions: defaultdict[int, list[Planned]] = defaultdict(list)
    for row in await reader.fetch(_RENDITIONS, generation_ids):
        renditions[row["generation_id"]].append(planned_of(row))
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for row in await reader.fetch(_HELD, [job["id"] for job in jobs]):
        held[row["job_id"]].append(_held(row))
    return {
        job["video_id"]: _measure(job, renditions.get(job["generation_id"], []), held=held.get(job["id"], []))
        for job in jobs
    }


def _measure(job: asyncpg.Record, renditions: Sequence[Planned], *, held: Sequence[Held]) -> JobProgress:
    share = done_share(renditions, held)
    is_open = job["state"] in ("queued", "running")
    percent = 100.0 if job["state"] == "done" else _percent(share)
    step = (held[0].kind if held else "waiting") if is_open else None
    return JobProgress(
        job_id=job["id"],
        video_id=job["video_id"],
        state=job["state"],
        percent=percent,
        eta_seconds=eta_seconds(share, job["elapsed_seconds"]) if is_open else None,
        current_step=step,
        renditions=tuple(_rendition(each) for each in renditions),
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
    ahead: defaultdict[str, float] = defaultdict(float)
    for task in held:
        for name in task.renditions:
            ahead[name] += task.cells_ahead
    done = sum(
        weight(each.spec) * min(each.segments_completed + ahead[each.quality], each.segments_total)
        for each in wanted
    )
    return done / total


def weight(spec: VideoRendition | AudioRendition) -> int:
    """What one cell of a rendition costs, in pixels."""
    if spec.encoder == COPY:
        return _COPY_PIXELS
    return spec.width * spec.height if isinstance(spec, VideoRendition) else _AUDIO_PIXELS


def eta_seconds(share: float | None, elapsed_seconds: float | None) -> float | None:
    """How long the rest will take at the speed so far."""
    if share is None or elapsed_seconds is None:
        return None
    if elapsed_seconds < _ESTIMATE_SECONDS or share < _ESTIMATE_SHARE:
        return None
    return elapsed_seconds * (1 - share) / share


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
    return Held(row["kind"], names, max(said - delivered, 0.0))
