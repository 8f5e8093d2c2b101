"""Turns an inspected source into a generation: its renditions and tasks, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vlog.catalog import chapters, videos
from vlog.db.transaction import Transaction
from vlog.kit.errors import Invalid
from vlog.media.encoders import COPY
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.plan import AudioRendition, EncodePlan, EncodePolicy, TaskPlan, VideoRendition
from vlog.media.planner import plan
from vlog.processing.rows import Job
from vlog.settings import known
from vlog.settings.store import Settings
from vlog.wire.codec import to_json
from vlog.wire.work import Inspected

# Names the folder of a generation in public addresses: nobody guesses 128 random bits.
TOKEN_BYTES = 16
# Twelve hours of the shortest segments, doubled.
MAX_CELLS = 50_000

_GENERATION = "INSERT INTO generations (video_id, token, info, grid) VALUES ($1, $2, $3, $4) RETURNING id"
_RENDITION = """
INSERT INTO quality_progress (job_id, generation_id, quality, kind, stage, spec, segments_total)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_TASK = """
INSERT INTO transcoding_tasks
  (job_id, generation_id, kind, stage, first_cell, end_cell, renditions, needs, frames_total, priority,
   max_attempts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_IS_LIVE = "SELECT EXISTS (SELECT FROM generations WHERE video_id = $1 AND state = 'live')"
_INSPECT = """
INSERT INTO transcoding_tasks (job_id, kind, priority, max_attempts) VALUES ($1, 'inspect', $2, $3)
"""


async def policy_of(settings: Settings) -> EncodePolicy:
    """What the installation wants, now: an admin's change reaches every video that is planned after it."""
    return EncodePolicy(
        segment_seconds=await settings.get(known.SEGMENT_SECONDS),
        chunk_seconds=await settings.get(known.CHUNK_SECONDS),
        preset=await settings.get(known.H264_PRESET),
        crf=await settings.get(known.H264_CRF),
        audio_bit_rate=await settings.get(known.AUDIO_KBPS) * 1000,
        remux=await settings.get(known.REMUX),
        accept_audio=await settings.get(known.ACCEPT_AUDIO),
        target_lufs=await _target_lufs(settings),
    )


async def _target_lufs(settings: Settings) -> int | None:
    return await settings.get(known.TARGET_LUFS) if await settings.get(known.NORMALIZE_AUDIO) else None


def new_token() -> str:
    """The name of a generation's folder."""
    return secrets.token_hex(TOKEN_BYTES)


async def add_inspection(tx: Transaction, job: Job) -> None:
    """Queue the task that looks at the source: what comes after follows from its result."""
    await tx.execute(_INSPECT, job.id, job.priority, job.max_attempts)
    await tx.hint("tasks")


async def lay_out(tx: Transaction, job: Job, *, inspected: Inspected, policy: EncodePolicy) -> None:
    """Create the generation that the plan describes, and everything that makes it."""
    info, grid = inspected.info, inspected.grid
    _check(grid)
    chosen = only(plan(info, grid, policy), job.qualities)
    is_first = not await tx.fetchval(_IS_LIVE, job.video_id)
    generation_id = await tx.fetchval(
        _GENERATION, job.video_id, new_token(), to_json(info).decode(), to_json(grid).decode()
    )
    await tx.execute("UPDATE transcoding_jobs SET generation_id = $2 WHERE id = $1", job.id, generation_id)
    await tx.executemany(_RENDITION, _renditions(job, generation_id, chosen=chosen, cells=len(grid.cells)))
    video = await videos.by_id(tx, job.video_id)
    has_thumbnail = video.thumbnail_version > 0
    tasks = [task for task in chosen.tasks if not (task.kind == "thumbnail" and has_thumbnail)]
    await tx.executemany(_TASK, _tasks(job, generation_id, tasks=tasks, chosen=chosen, grid=grid))
    if is_first:
        await describe(tx, job.video_id, info)
        if info.chapters and not video.has_chapters:
            await chapters.take_from_source(tx, job.video_id, info.chapters)
    await tx.hint("tasks")


async def describe(tx: Transaction, video_id: int, info: MediaInfo) -> None:
    """Note at the video what its source is like, from when on viewers get what is made of it."""
    width, height = info.pictures.display_size if info.pictures else (0, 0)
    await videos.set_warnings(tx, video_id, info.warnings)
    await videos.mark_described(
        tx, video_id, duration=float(info.duration_seconds), width=width, height=height
    )


def only(chosen: EncodePlan, qualities: Sequence[str] | None) -> EncodePlan:
    """The plan with these picture sizes alone; all of it where it has none of them."""
    video = tuple(each for each in chosen.video if qualities is None or each.name in qualities)
    if not video or len(video) == len(chosen.video):
        return chosen
    kept = {each.name for each in video} | {each.name for each in chosen.audio}
    tasks = [
        replace(task, renditions=tuple(name for name in task.renditions if name in kept))
        for task in chosen.tasks
        if not task.renditions or kept.intersection(task.renditions)
    ]
    return EncodePlan(video=video, audio=chosen.audio, tasks=tuple(tasks))


def _check(grid: Grid) -> None:
    """A grid that a worker sent is one: playlists and every delivery are measured by it."""
    starts = [0, *(cell.end for cell in grid.cells[:-1])]
    follows = all(cell.start == start < cell.end for cell, start in zip(grid.cells, starts, strict=False))
    if not 0 < len(grid.cells) <= MAX_CELLS or not follows:
        raise Invalid("The grid of segments has gaps or is endless.", code="wrong_result")


def _specs(chosen: EncodePlan) -> list[VideoRendition | AudioRendition]:
    return [*chosen.video, *chosen.audio]


def _renditions(
    job: Job, generation_id: int, *, chosen: EncodePlan, cells: int
) -> Iterator[tuple[object, ...]]:
    stages = {name: task.stage for task in reversed(chosen.tasks) for name in task.renditions}
    for spec in _specs(chosen):
        kind = "video" if isinstance(spec, VideoRendition) else "audio"
        stage = stages.get(spec.name, 0)
        yield job.id, generation_id, spec.name, kind, stage, to_json(spec).decode(), cells


def _tasks(
    job: Job, generation_id: int, *, tasks: Iterable[TaskPlan], chosen: EncodePlan, grid: Grid
) -> Iterator[tuple[object, ...]]:
    encoders = {spec.name: spec.encoder for spec in _specs(chosen)}
    for task in tasks:
        needs = sorted({encoders[name] for name in task.renditions} - {COPY})
        frames = sum(cell.frames for cell in grid.cells[task.first_cell : task.end_cell])
        run = (task.kind, task.stage, task.first_cell, task.end_cell)
        yield (
            job.id,
            generation_id,
            *run,
            list(task.renditions),
            needs,
            frames,
            job.priority,
            job.max_attempts,
        )
