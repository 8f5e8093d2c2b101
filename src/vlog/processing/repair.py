"""Makes damaged files again: manifests and initialisation segments from rows, segments from the source.

A complete rendition is taken apart into the cells that are sound; tasks make the others, and it becomes
complete again as it did the first time. While other renditions remain, viewers are not offered this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from vlog.catalog import videos
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict
from vlog.media.encoders import COPY
from vlog.media.grid import Grid
from vlog.processing import findings, generations, rows
from vlog.processing.findings import Finding
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Generation, Planned, Quality
from vlog.settings import known
from vlog.storage.layout import Key

_SEGMENTS_AGAIN = """
INSERT INTO segments
  (generation_id, quality, number, start_ticks, duration_ticks, size_bytes, sha256, task_id, epoch)
SELECT $1, $2, s.*, 0, 0 FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::bytea[]) AS s
"""
_REOPEN = """
UPDATE quality_progress SET status = 'in_progress', completed_at = NULL, error_message = NULL,
  segments_completed = $3
WHERE generation_id = $1 AND quality = $2
"""
_UNFOLD = "DELETE FROM video_qualities WHERE generation_id = $1 AND quality = $2"
# Without the way back to encoding: what is live stays, and is only completed.
_JOB = """
INSERT INTO transcoding_jobs (video_id, generation_id, max_attempts, remux) VALUES ($1, $2, $3, false)
RETURNING id
"""
_TASK = """
INSERT INTO transcoding_tasks
  (job_id, generation_id, kind, stage, first_cell, end_cell, renditions, needs, frames_total, max_attempts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_INIT = "SELECT init FROM quality_progress WHERE generation_id = $1 AND quality = $2"
_STATES = "SELECT id, state FROM generations WHERE video_id = $1 AND state <> 'retired' ORDER BY id"
_LOCK = "SELECT id FROM generations WHERE id = $1 FOR UPDATE"
_FORGET = (
    "DELETE FROM segments WHERE generation_id = $1 AND quality = $2 AND number = ANY($3) RETURNING number"
)
_UNCOUNT = """
UPDATE quality_progress SET segments_completed = segments_completed - $3
WHERE generation_id = $1 AND quality = $2
"""
_IS_BUSY = (
    "SELECT EXISTS (SELECT FROM transcoding_jobs"
    " WHERE video_id = $1 AND kind = 'media' AND state IN ('queued', 'running'))"
)
_UNDO = """
UPDATE transcoding_tasks SET state = 'failed', error_code = 'damaged',
  error_message = 'What it had made is damaged.'
WHERE generation_id = $1 AND state = 'done' AND $2 = ANY(renditions)
  AND EXISTS (SELECT FROM unnest($3::int[]) AS number WHERE number >= first_cell AND number < end_cell)
"""
_LOCK_RENDITIONS = "SELECT id FROM quality_progress WHERE generation_id = $1 ORDER BY id FOR UPDATE"


async def repair(ctx: Rooms, video_id: int, *, found: Sequence[Finding]) -> list[Finding]:
    """Mend what can be mended of one video's findings; the answer is what was begun or done.

    Raises ``Conflict`` (codes ``video_busy``, ``video_deleted``, ``source_missing``), ``NotFound``.
    """
    video = await videos.by_id(ctx.db, video_id)
    if video.deleted_at is not None:
        raise Conflict("This video is in the archive; restore it first.", code="video_deleted")
    mended = [each for each in found if each.part == "manifest"]
    if mended:
        await transaction(ctx.db, lambda tx: videos.bump_manifest(tx, video_id))
        await generations.write_manifests(ctx, video_id)
    for each in found:
        if each.part == "init" and each.generation_id is not None:
            init = await ctx.db.fetchval(_INIT, each.generation_id, each.quality)
            if init is not None:
                await ctx.storage.put(Key(each.key), bytes(init))
                mended.append(each)
    await transaction(ctx.db, lambda tx: findings.mark_mending(tx, mended))
    lost = [each for each in found if each.part in ("segment", "thumbnail")]
    if lost:
        if video.source_key is None or not await ctx.storage.exists(Key(video.source_key)):
            raise Conflict("The source of this video is no longer here.", code="source_missing")
        mended += await _make_again(ctx, video_id, lost)
    return mended


async def _make_again(ctx: Rooms, video_id: int, lost: Sequence[Finding]) -> list[Finding]:
    max_attempts = await ctx.settings.get(known.MAX_RETRIES)
    with_dash = await ctx.settings.get(known.ENABLE_DASH)

    async def work(tx: Transaction) -> list[Finding]:
        if await tx.fetchval(_IS_BUSY, video_id):
            raise Conflict("This video is being worked on; repair it afterwards.", code="video_busy")
        states = {row["id"]: row["state"] for row in await tx.fetch(_STATES, video_id)}
        for generation_id, state in states.items():
            damaged = _by_quality(lost, generation_id)
            is_bare = any(each.part == "thumbnail" and each.generation_id == generation_id for each in lost)
            if not damaged and not is_bare:
                continue
            generation = await _held(tx, video_id, generation_id)
            await _take_apart(tx, generation, damaged)
            if state == "building":
                # Nobody is shown it; whoever tries the video again makes it whole.
                for name, numbers in damaged.items():
                    await tx.execute(_UNDO, generation_id, name, list(numbers))
                continue
            await _queue(tx, generation, damaged=damaged, is_bare=is_bare, max_attempts=max_attempts)
            if await _plays_without(tx, generation_id, damaged):
                await videos.bump_manifest(tx, video_id)
                await generations.write_manifests_in(tx, ctx.storage, video_id=video_id, with_dash=with_dash)
        begun = [each for each in lost if each.generation_id in states]
        await findings.mark_mending(tx, begun)
        return begun

    return await transaction(ctx.db, work)


def _by_quality(segments: Iterable[Finding], generation_id: int) -> dict[str, set[int]]:
    damaged: defaultdict[str, set[int]] = defaultdict(set)
    for each in segments:
        if each.generation_id == generation_id and each.quality is not None and each.number is not None:
            damaged[each.quality].add(each.number)
    return dict(damaged)


async def _held(tx: Transaction, video_id: int, generation_id: int) -> Generation:
    """The generation, with all that a delivery into it would ask for held."""
    await tx.fetch(_LOCK_RENDITIONS, generation_id)
    await videos.locked(tx, video_id)
    await tx.fetch(_LOCK, generation_id)
    return await rows.generation(tx, generation_id)


async def _take_apart(tx: Transaction, generation: Generation, damaged: dict[str, set[int]]) -> None:
    """Leave of each rendition the segments that are sound."""
    complete = {each.quality: each for each in await rows.qualities(tx, generation.id)}
    for name, numbers in damaged.items():
        if name in complete:
            await _unfold(tx, generation, quality=complete[name], without=numbers)
        else:
            gone = await tx.fetch(_FORGET, generation.id, name, list(numbers))
            await tx.execute(_UNCOUNT, generation.id, name, len(gone))


async def _queue(
    tx: Transaction,
    generation: Generation,
    *,
    damaged: dict[str, set[int]],
    is_bare: bool,
    max_attempts: int,
) -> None:
    """Have it made again: what is damaged, and where it ``is_bare`` its thumbnail as well."""
    job_id = await tx.fetchval(_JOB, generation.video_id, generation.id, max_attempts)
    _, grid = await rows.described(tx, generation.id)
    planned = await rows.planned(tx, generation.id)
    tasks = list(_tasks(planned, damaged=damaged, grid=grid))
    if is_bare:
        tasks.append(("thumbnail", 0, 0, len(grid.cells), [], [], sum(cell.frames for cell in grid.cells)))
    await tx.executemany(_TASK, [(job_id, generation.id, *each, max_attempts) for each in tasks])
    await tx.hint("tasks")


async def _plays_without(tx: Transaction, generation_id: int, damaged: dict[str, set[int]]) -> bool:
    """Whether viewers still have pictures and sound, as far as the video has any."""
    planned = await rows.planned(tx, generation_id)
    remaining = {each.kind for each in await rows.qualities(tx, generation_id)}
    return remaining == remaining | {planned[name].kind for name in damaged}


async def _unfold(tx: Transaction, generation: Generation, *, quality: Quality, without: set[int]) -> None:
    index = quality.index
    sound = [
        (number, start, each.duration, each.size_bytes, each.sha256)
        for number, (start, each) in enumerate(zip(index.starts, index.segments, strict=True))
        if number not in without
    ]
    columns = [list(column) for column in zip(*sound, strict=True)] or [[], [], [], [], []]
    await tx.execute(_SEGMENTS_AGAIN, generation.id, quality.quality, *columns)
    await tx.execute(_UNFOLD, generation.id, quality.quality)
    await tx.execute(_REOPEN, generation.id, quality.quality, len(sound))


def _tasks(
    planned: dict[str, Planned], *, damaged: dict[str, set[int]], grid: Grid
) -> Iterator[tuple[object, ...]]:
    """Kind, stage, first cell, end, renditions, needs and frames of each task."""
    copied = {name for name, each in planned.items() if each.spec.encoder == COPY}
    if copied & damaged.keys():
        # What was copied is copied together: pictures lead, sound follows.
        frames = sum(cell.frames for cell in grid.cells)
        names = sorted(copied, key=lambda name: planned[name].kind, reverse=True)
        yield "remux", 0, 0, len(grid.cells), names, [], frames
    for name in damaged.keys() - copied:
        each = planned[name]
        whole = each.kind == "audio"
        for first, end in [(0, len(grid.cells))] if whole else _runs(damaged[name]):
            frames = sum(cell.frames for cell in grid.cells[first:end])
            yield each.kind, each.stage, first, end, [name], [each.spec.encoder], frames


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Stretches of consecutive cells, each as its first cell and the one behind its last."""
    ordered = sorted(numbers)
    first = 0
    for at, number in enumerate(ordered):
        if at + 1 == len(ordered) or ordered[at + 1] != number + 1:
            yield ordered[first], number + 1
            first = at + 1
