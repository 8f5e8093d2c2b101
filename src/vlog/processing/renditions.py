"""Renditions as they become complete: counted, folded into one row, and shown to viewers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import asyncpg

from vlog.catalog import videos
from vlog.db.transaction import Transaction
from vlog.jobs.queue import Task
from vlog.kit.errors import Fault, Invalid
from vlog.media.codecs import describe
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing import generations, publication, rows
from vlog.processing.publication import Terms
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Planned
from vlog.processing.segment_index import Indexed, SegmentIndex, pack, unpack

_COUNT = """
UPDATE quality_progress SET segments_completed = segments_completed + $3,
  status = CASE WHEN segments_completed + $3 = segments_total THEN 'completed' ELSE 'in_progress' END,
  completed_at = CASE WHEN segments_completed + $3 = segments_total THEN app_now() END,
  error_message = NULL
WHERE generation_id = $1 AND quality = $2
RETURNING status = 'completed'
"""
_SKIP = """
UPDATE quality_progress SET status = 'skipped', completed_at = app_now(), error_message = NULL
WHERE generation_id = $1 AND quality = ANY($2) AND status <> 'completed'
"""
_CELLS = """
SELECT number, start_ticks, duration_ticks, size_bytes, sha256 FROM segments
WHERE generation_id = $1 AND quality = $2 ORDER BY number
"""
_FOLDED = "SELECT segment_index, timescale FROM video_qualities WHERE generation_id = $1 AND quality = $2"
_ADD = """
INSERT INTO video_qualities
  (video_id, generation_id, quality, kind, encoder, codec, width, height, channels, language, timescale,
   peak_bit_rate, average_bit_rate, size_bytes, segment_count, segment_index, init_sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""


async def count(tx: Transaction, generation_id: int, *, quality: str, by: int) -> bool:
    """Note that more cells are durable; whether that were the last ones."""
    return bool(await tx.fetchval(_COUNT, generation_id, quality, by))


async def skip(tx: Transaction, task: Task, names: Sequence[str]) -> None:
    """Note that a task's renditions are not made because the source's own sound is as good.

    Raises ``Invalid`` (code ``wrong_result``) for one that nothing else stands in for.
    """
    if not names or task.generation_id is None:
        return
    planned = await rows.planned(tx, task.generation_id)
    for name in names:
        spec = planned[name].spec if name in task.renditions else None
        levelling = spec.levelling if isinstance(spec, AudioRendition) else None
        if levelling is None or levelling.least_gain_db <= 0:
            raise Invalid("This rendition is needed.", code="wrong_result")
    await tx.execute(_SKIP, task.generation_id, list(names))


async def folded(tx: Transaction, generation_id: int, *, quality: str) -> SegmentIndex | None:
    """The segments of a complete rendition; ``None`` while it is being made."""
    row = await tx.fetchrow(_FOLDED, generation_id, quality)
    return unpack(row["segment_index"], timescale=row["timescale"]) if row else None


async def hint(tx: Transaction, job_id: int) -> None:
    """Tell watchers that a job has moved on."""
    video_id = await tx.fetchval("SELECT video_id FROM transcoding_jobs WHERE id = $1", job_id)
    await tx.hint("progress", video_id=video_id, job_id=job_id)


async def complete(ctx: Rooms, tx: Transaction, *, generation_id: int, quality: str, terms: Terms) -> None:
    """Fold a rendition whose cells are all durable, and let viewers have what can be played now."""
    planned = (await rows.planned(tx, generation_id))[quality]
    generation = await generations.deliverable(tx, generation_id)
    await videos.locked(tx, generation.video_id)
    # Read again under the lock: the folder may have been renamed while this waited for it.
    generation = await generations.deliverable(tx, generation_id)
    await _fold(tx, generation.video_id, generation_id=generation_id, planned=planned)
    await publication.completed(ctx, tx, generation, terms=terms)


async def _fold(tx: Transaction, video_id: int, *, generation_id: int, planned: Planned) -> None:
    init: bytes = await tx.fetchval(
        "SELECT init FROM quality_progress WHERE generation_id = $1 AND quality = $2",
        generation_id,
        planned.quality,
    )
    track = describe(init)
    cells = await tx.fetch(_CELLS, generation_id, planned.quality)
    index = _index(cells, timescale=track.timescale)
    await tx.execute(
        _ADD,
        *(video_id, generation_id, planned.quality, planned.kind, planned.spec.encoder, track.codecs),
        *_shape(planned.spec),
        *(track.timescale, index.peak_bit_rate, index.average_bit_rate, index.size_bytes + len(init)),
        *(len(index.segments), pack(index), hashlib.sha256(init).digest()),
    )
    await tx.execute(
        "DELETE FROM segments WHERE generation_id = $1 AND quality = $2", generation_id, planned.quality
    )


def _shape(spec: VideoRendition | AudioRendition) -> tuple[int, int, int, str | None]:
    """Width, height, channels, language."""
    if isinstance(spec, VideoRendition):
        return spec.width, spec.height, 0, None
    return 0, 0, spec.channels, spec.language


def _index(cells: Sequence[asyncpg.Record], *, timescale: int) -> SegmentIndex:
    """The cells as one index; raises ``Fault`` unless they follow each other without gap or overlap."""
    expected = cells[0]["start_ticks"]
    for number, cell in enumerate(cells):
        if cell["number"] != number or cell["start_ticks"] != expected:
            raise Fault(f"Segment {number} does not follow its predecessor.", code="segments_not_continuous")
        expected += cell["duration_ticks"]
    segments = (Indexed(cell["duration_ticks"], cell["size_bytes"], cell["sha256"]) for cell in cells)
    return SegmentIndex(timescale, cells[0]["start_ticks"], tuple(segments))
