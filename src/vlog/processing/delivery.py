"""What workers deliver: taken in so that a file and its row always agree, whoever dies in between.

Bytes are first made durable in the staging area, where nobody sees them, without any lock. Then one
transaction locks the task's row, which proves the lease and keeps every other holder out, links the files
to their names and writes the rows. A worker whose lease is over therefore changes nothing. Linking never
replaces a file; one that lies there without a row was left by a holder that died before its commit, and is
replaced only after the lease has been proved again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from vlog.db.transaction import Transaction, transaction
from vlog.jobs import queue
from vlog.jobs.queue import Task
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Conflict, Invalid, NotFound, TooLarge
from vlog.media.codecs import describe
from vlog.media.grid import Grid
from vlog.media.loudness import Loudness
from vlog.processing import generations, manifests, pictures, publication, renditions, rows
from vlog.processing.publication import Terms
from vlog.processing.rooms import Rooms
from vlog.storage import layout
from vlog.storage.base import Staged
from vlog.storage.layout import Key
from vlog.wire.codec import from_json, to_json
from vlog.wire.work import CELLS_TAKEN, Lease, Progress, Segment

T = TypeVar("T")

MAX_INIT_BYTES = 64 << 10
MAX_SEGMENT_BYTES = 256 << 20
MAX_SEGMENTS = 256
# Sound is cut at its own frames: a segment begins within a few of them of its cell.
_AUDIO_SLACK_SECONDS = Fraction(1, 4)

# A job on a source that is to take the place of another one works on that.
_SOURCE_OF = """
SELECT coalesce(r.source_key, v.source_key) FROM transcoding_jobs j
JOIN videos v ON v.id = j.video_id LEFT JOIN replacements r ON r.job_id = j.id
WHERE j.id = $1
"""
_RENDITION = """
SELECT init, kind, opened_at IS NOT NULL AS is_open FROM quality_progress
WHERE generation_id = $1 AND quality = $2 FOR UPDATE
"""
_PIN_INIT = """
UPDATE quality_progress SET init = $3, started_at = coalesce(started_at, app_now()),
  status = CASE WHEN status = 'pending' THEN 'in_progress' ELSE status END
WHERE generation_id = $1 AND quality = $2
"""
_KEEP_LOUDNESS = """
UPDATE quality_progress SET loudness = coalesce(loudness, $3) WHERE generation_id = $1 AND quality = $2
RETURNING loudness
"""
_HELD = "SELECT number, sha256 FROM segments WHERE generation_id = $1 AND quality = $2 AND number = ANY($3)"
_ADD = """
INSERT INTO segments
  (generation_id, quality, task_id, epoch, number, start_ticks, duration_ticks, size_bytes, sha256)
SELECT $1, $2, $3, $4, s.* FROM unnest($5::int[], $6::bigint[], $7::bigint[], $8::int[], $9::bytea[]) AS s
"""


async def source(ctx: Rooms, lease: Lease) -> Path:
    """The source of the video that the lease is about, as a file of this machine."""

    async def work(tx: Transaction) -> str | None:
        task = await queue.hold(tx, lease)
        key: str | None = await tx.fetchval(_SOURCE_OF, task.job_id)
        return pictures.source_of(task) or key

    key = await transaction(ctx.db, work)
    path = ctx.storage.local_path(Key(key)) if key is not None else None
    if key is None or path is None or not await ctx.storage.exists(Key(key)):
        raise NotFound("The source file is not there.", code="source_missing")
    return path


async def put_init(ctx: Rooms, lease: Lease, *, rendition: str, data: bytes) -> None:
    """Store a rendition's initialisation segment; the first one counts for all of its segments.

    Raises ``LeaseLost``, ``Invalid``, ``Conflict`` (code ``different_init``).
    """
    if len(data) > MAX_INIT_BYTES:
        raise TooLarge("An initialisation segment is never this large.")
    describe(data)

    async def work(tx: Transaction, staged: Sequence[Staged]) -> None:
        intake = await _begin(ctx, tx, lease=lease, rendition=rendition)
        pinned = intake.init
        if pinned is None:
            await intake.place([(staged[0], layout.init_segment(await intake.folder()))])
            await tx.execute(_PIN_INIT, intake.generation_id, rendition, data)
        elif pinned != data:
            raise Conflict("The rendition has another initialisation segment.", code="different_init")
        await _keep(tx, lease, progressed=pinned is None)

    await staged(ctx, [data], work=work)


async def put_loudness(ctx: Rooms, lease: Lease, *, rendition: str, loudness: Loudness) -> Loudness:
    """Keep what was heard of a rendition's source and give back what counts: the first that was told.

    Raises ``LeaseLost``, ``Invalid`` (code ``wrong_rendition``).
    """

    async def work(tx: Transaction) -> Loudness:
        intake = await _begin(ctx, tx, lease=lease, rendition=rendition)
        if not intake.is_sound:
            raise Invalid("Pictures have no loudness.", code="wrong_rendition")
        kept = await tx.fetchval(_KEEP_LOUDNESS, intake.generation_id, rendition, to_json(loudness).decode())
        await _keep(tx, lease, progressed=True)
        return from_json(Loudness, kept)

    return await transaction(ctx.db, work)


async def put_segments(ctx: Rooms, lease: Lease, *, rendition: str, segments: Sequence[Segment]) -> None:
    """Store finished cells of a rendition; the last one completes it.

    Raises ``LeaseLost``, ``Invalid`` (codes ``wrong_hash``, ``wrong_cell``, ``init_missing``) and
    ``Conflict`` (codes ``different_segment``, and ``cells_taken`` when cells at the end of the task have been
    given to others: those before them are stored, and nothing more is asked of this task).
    """
    _check(segments)
    terms = await publication.terms_of(ctx.settings)

    async def work(tx: Transaction, staged: Sequence[Staged]) -> int | None:
        _check_hashes(segments, staged)
        intake = await _begin(ctx, tx, lease=lease, rendition=rendition)
        if intake.init is None:
            raise Invalid("Send the initialisation segment first.", code="init_missing")
        grid = await rows.grid(tx, intake.generation_id)
        timescale = describe(intake.init).timescale
        wanted = [pair for pair in zip(segments, staged, strict=True) if not intake.is_taken(pair[0])]
        for segment, _ in wanted:
            intake.check(segment, grid=grid, timescale=timescale)
        await intake.check_promise([segment for segment, _ in wanted])
        known_hashes = await intake.hashes([segment.number for segment, _ in wanted])
        new = [(segment, each) for segment, each in wanted if not _is_known(segment, known_hashes)]
        await intake.add(new)
        await _keep(tx, lease, progressed=bool(new))
        if new:
            await _publish(intake, terms=terms, by=len(new))
            await intake.tell([segment.number for segment, _ in new])
        await renditions.hint(tx, intake.task.job_id)
        return intake.task.end_cell if len(wanted) < len(segments) else None

    end = await staged(ctx, [segment.data for segment in segments], work=work)
    if end is not None:
        raise Conflict("The rest of this task is being made by others.", code=CELLS_TAKEN, end_cell=end)


async def _publish(intake: _Intake, *, terms: Terms, by: int) -> None:
    ctx, tx, generation_id = intake.ctx, intake.tx, intake.generation_id
    if await renditions.count(tx, generation_id, quality=intake.rendition, by=by):
        await renditions.complete(ctx, tx, generation_id=generation_id, quality=intake.rendition, terms=terms)
    else:
        await publication.begun(ctx, tx, generation_id=generation_id, terms=terms)


@dataclass(frozen=True)
class _Intake:
    """One delivery inside its transaction, which holds the task's row."""

    ctx: Rooms
    tx: Transaction
    task: Task
    generation_id: int
    rendition: str
    is_sound: bool
    is_open: bool
    init: bytes | None

    def is_taken(self, segment: Segment) -> bool:
        """Whether the segment was part of this task once, and is now another's."""
        split_end = self.task.split_end
        return split_end is not None and self.task.end_cell <= segment.number < split_end

    def check(self, segment: Segment, *, grid: Grid, timescale: int) -> None:
        """A segment fills its cell: pictures to the tick, sound to a few of its frames."""
        if not self.task.first_cell <= segment.number < self.task.end_cell:
            raise Invalid(f"Segment {segment.number} is not part of this task.", code="wrong_cell")
        cell = grid.cells[segment.number]
        starts_off = abs(Fraction(segment.start, timescale) - Fraction(cell.start, grid.timescale))
        end = segment.start + segment.duration
        ends_off = abs(Fraction(end, timescale) - Fraction(cell.end, grid.timescale))
        slack = _AUDIO_SLACK_SECONDS if self.is_sound else 0
        if segment.duration <= 0 or max(starts_off, ends_off) > slack:
            raise Invalid(f"Segment {segment.number} does not fill its cell.", code="wrong_cell")

    async def check_promise(self, segments: Sequence[Segment]) -> None:
        """What viewers were told of sound that is still being made holds to the sample."""
        if not self.is_sound or not self.is_open:
            # Pictures fill their cells to the tick.
            return
        opened = {each.quality: each for each in await rows.opened(self.tx, self.generation_id)}
        if self.rendition not in opened:
            return
        info, grid = await rows.described(self.tx, self.generation_id)
        promised = manifests.foreseen(opened[self.rendition], info=info, grid=grid).segments
        for segment in segments:
            if promised[segment.number] != (segment.start, segment.duration):
                raise Invalid(f"Segment {segment.number} is not as announced.", code="wrong_cell")

    async def tell(self, numbers: Sequence[int]) -> None:
        """Wake whoever waits for these cells."""
        if self.is_open:
            await self.tx.hint(
                "cells", generation_id=self.generation_id, quality=self.rendition, numbers=list(numbers)
            )

    async def hashes(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """SHA-256 of those of ``numbers`` that are durable."""
        folded = await renditions.folded(self.tx, self.generation_id, quality=self.rendition)
        if folded is not None:
            return {number: folded.segments[number].sha256 for number in numbers}
        found = await self.tx.fetch(_HELD, self.generation_id, self.rendition, list(numbers))
        return {row["number"]: row["sha256"] for row in found}

    async def add(self, new: Sequence[tuple[Segment, Staged]]) -> None:
        """Give new segments their names and rows."""
        if not new:
            return
        folder = await self.folder()
        await self.place([(staged, layout.segment(folder, segment.number)) for segment, staged in new])
        await self.tx.execute(
            _ADD,
            *(self.generation_id, self.rendition, self.task.id, self.task.epoch),
            [segment.number for segment, _ in new],
            [segment.start for segment, _ in new],
            [segment.duration for segment, _ in new],
            [len(segment.data) for segment, _ in new],
            [staged.sha256 for _, staged in new],
        )

    async def folder(self) -> Key:
        """Where the rendition's files lie."""
        generation = await generations.deliverable(self.tx, self.generation_id)
        return layout.rendition(generation.storage_key, generation.token, name=self.rendition)

    async def place(self, items: Sequence[tuple[Staged, Key]]) -> None:
        """Link staged bytes to names that have no row yet."""
        taken = set(await self.ctx.storage.place(items))
        if taken:
            # A predecessor died between file and row. Asked again because a process that was stopped right
            # here would else replace its successor's files when it goes on.
            await queue.hold(self.tx, self.task.lease)
            leftovers = [(each, key) for each, key in items if key in taken]
            await self.ctx.storage.place(leftovers, replace=True)


async def _begin(ctx: Rooms, tx: Transaction, *, lease: Lease, rendition: str) -> _Intake:
    task = await queue.hold(tx, lease)
    if rendition not in task.renditions or task.generation_id is None:
        raise Invalid("This task does not make that rendition.", code="wrong_rendition")
    row = await tx.fetchrow(_RENDITION, task.generation_id, rendition)
    if row is None:
        raise Invalid("The plan has no such rendition.", code="wrong_rendition")
    return _Intake(
        ctx,
        tx,
        task,
        task.generation_id,
        rendition,
        is_sound=row["kind"] == "audio",
        is_open=row["is_open"],
        init=row["init"],
    )


async def _keep(tx: Transaction, lease: Lease, *, progressed: bool) -> None:
    """Every word renews the lease; what is new also makes the attempts before it count no more."""
    await (queue.advance(tx, lease) if progressed else queue.renew(tx, lease, Progress()))


async def staged(
    ctx: Rooms, blobs: Sequence[bytes], *, work: Callable[[Transaction, Sequence[Staged]], Awaitable[T]]
) -> T:
    """Make bytes durable, and run a transaction that may give them their names."""
    staged = await ctx.storage.stage(blobs)
    crash_point(CrashPoint.SEGMENTS_STAGED)
    try:
        answer = await transaction(ctx.db, lambda tx: work(tx, staged))
        crash_point(CrashPoint.SEGMENTS_STORED)
        return answer
    finally:
        await ctx.storage.discard(staged)


def _check(segments: Sequence[Segment]) -> None:
    """What can be refused without looking anything up."""
    if not segments or len(segments) > MAX_SEGMENTS:
        raise Invalid(f"Send 1 to {MAX_SEGMENTS} segments at once.", code="wrong_count")
    if len({segment.number for segment in segments}) != len(segments):
        raise Invalid("A segment is sent twice.", code="wrong_count")
    for segment in segments:
        if not 0 < len(segment.data) <= MAX_SEGMENT_BYTES:
            raise Invalid(f"Segment {segment.number} has an impossible size.", code="wrong_size")


def _check_hashes(segments: Sequence[Segment], staged: Sequence[Staged]) -> None:
    """The bytes that lie on the disk are those that the worker made."""
    for segment, each in zip(segments, staged, strict=True):
        if each.sha256.hex() != segment.sha256:
            raise Invalid(f"Segment {segment.number} was damaged on its way.", code="wrong_hash")


def _is_known(segment: Segment, hashes: dict[int, bytes]) -> bool:
    known_hash = hashes.get(segment.number)
    if known_hash is not None and known_hash.hex() != segment.sha256:
        raise Conflict(f"Segment {segment.number} is here with other bytes.", code="different_segment")
    return known_hash is not None
