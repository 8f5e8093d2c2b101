"""What viewers wait for moves to the front: their seeks steer the queue, and start nothing unplanned.

A task that holds the wanted cell somewhere in its middle is cut there, so that nothing comes before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.jobs import queue
from vlog.jobs.queue import Task
from vlog.media.grid import Grid
from vlog.processing import rows
from vlog.processing.rooms import Rooms

# A viewer needs the cell and the one after; who seeks on should not wait for more of the place just left.
PIECE_CELLS = 2
# Beginning within a long group of pictures means decoding all before: then cutting helps nobody.
_MOST_RUN_UP_SECONDS = 20
_CUTTABLE = ("video", "audio")
# Sound is decoded from its start wherever it is to begin: cut only where encoding all before takes longer.
_LEAST_SOUND_SECONDS = 600

# Complete renditions have no rows of single cells any more.
_DURABLE = """
SELECT w.generation_id, w.quality, w.number
FROM unnest($1::bigint[], $2::text[], $3::int[]) AS w (generation_id, quality, number)
WHERE EXISTS (SELECT FROM segments s
    WHERE (s.generation_id, s.quality, s.number) = (w.generation_id, w.quality, w.number))
  OR EXISTS (SELECT FROM video_qualities q
    WHERE (q.generation_id, q.quality) = (w.generation_id, w.quality))
"""
_LAST_MADE = """
SELECT max(number) FROM segments
WHERE generation_id = $1 AND quality = ANY($2) AND number >= $3 AND number < $4
"""


class WantedCell(NamedTuple):
    """One segment of a rendition that viewers are offered."""

    generation_id: int
    quality: str
    number: int


async def durable(reader: Reader, cells: Iterable[WantedCell]) -> set[WantedCell]:
    """Those of ``cells`` that are there."""
    wanted = list(cells)
    if not wanted:
        return set()
    ids, qualities, numbers = zip(*wanted, strict=True)
    found = await reader.fetch(_DURABLE, list(ids), list(qualities), list(numbers))
    return {WantedCell(*row) for row in found}


async def mark(ctx: Rooms, cell: WantedCell) -> None:
    """Let the task that makes this cell come first among its equals. Changes nothing if there is none."""

    async def work(tx: Transaction) -> None:
        task = await queue.holding_cell(tx, cell.generation_id, rendition=cell.quality, cell=cell.number)
        if task is None or await durable(tx, [cell]):
            return
        await queue.demand(tx, await _piece(tx, task, cell))

    await transaction(ctx.db, work)


async def _piece(tx: Transaction, task: Task, cell: WantedCell) -> int:
    """The id of the task that begins with the cell, or holds it where cutting would not help."""
    if task.kind not in _CUTTABLE:
        return task.id
    grid = await rows.grid(tx, cell.generation_id)
    piece = task
    reach = await _reach(tx, task)
    is_far = task.kind == "video" or _seconds_between(grid, reach, cell.number) >= _LEAST_SOUND_SECONDS
    if cell.number > reach and is_far and _may_begin(grid, cell.number):
        piece = await _cut(tx, task, cell.number, grid=grid)
    after = cell.number + PIECE_CELLS
    begins = piece.state == "queued" and piece.first_cell == cell.number
    if begins and piece.kind == "video" and after < piece.end_cell and _may_begin(grid, after):
        await _cut(tx, piece, after, grid=grid)
    return piece.id


async def _reach(tx: Transaction, task: Task) -> int:
    """The last cell that need not be taken from a task: it comes next, or right after what is in work."""
    if task.state == "queued":
        return task.first_cell
    made = await tx.fetchval(
        _LAST_MADE, task.generation_id, list(task.renditions), task.first_cell, task.end_cell
    )
    return task.first_cell + 1 if made is None else int(made) + 2


async def _cut(tx: Transaction, task: Task, cell: int, *, grid: Grid) -> Task:
    frames = sum(each.frames for each in grid.cells[cell : task.end_cell])
    return await queue.cut(tx, task, cell, frames=frames)


def _seconds_between(grid: Grid, first: int, end: int) -> Fraction:
    return Fraction(grid.cells[end].start - grid.cells[min(first, end)].start, grid.timescale)


def _may_begin(grid: Grid, number: int) -> bool:
    cell = grid.cells[number]
    return (cell.first_pts - cell.key_pts) * grid.time_base <= _MOST_RUN_UP_SECONDS
