"""What viewers and owners should know of a video because of its source: as sentences, at the video's row."""

from __future__ import annotations

from vlog.catalog import videos
from vlog.db.transaction import Transaction
from vlog.jobs.queue import Task
from vlog.processing import rows

_COUNT = "UPDATE transcoding_tasks SET missing_frames = $2 WHERE id = $1"
_IS_LIVE = "SELECT EXISTS (SELECT FROM generations WHERE video_id = $1 AND state = 'live')"
# All rungs are made from the same pictures, so the one that lacks most tells how many there are.
_MISSING = """
SELECT coalesce(max(missing), 0) FROM (
  SELECT sum(missing_frames) AS missing FROM transcoding_tasks
  WHERE generation_id = $1 AND kind = 'video' GROUP BY renditions
) AS by_rungs
"""


async def count_missing(tx: Transaction, task: Task, *, missing_frames: int) -> None:
    """Say at the video how many pictures could not be decoded, once a task has found some."""
    if not missing_frames or task.generation_id is None:
        return
    await tx.execute(_COUNT, task.id, missing_frames)
    generation = await rows.generation(tx, task.generation_id)
    # Tasks that end at the same time count one after the other, or neither would see the other's.
    await videos.locked(tx, generation.video_id)
    if generation.state == "live" or not await tx.fetchval(_IS_LIVE, generation.video_id):
        await tell(tx, generation.id)


async def tell(tx: Transaction, generation_id: int) -> None:
    """Say at the video all that is known of this generation's pictures. The caller holds the video."""
    generation = await rows.generation(tx, generation_id)
    info, _ = await rows.described(tx, generation_id)
    missing = int(await tx.fetchval(_MISSING, generation_id))
    more = [_held_over(missing)] if missing else []
    await videos.set_warnings(tx, generation.video_id, [*info.warnings, *more])


def _held_over(missing: int) -> str:
    if missing == 1:
        return "One picture could not be decoded; the one before it is shown longer."
    return f"Pictures that could not be decoded: {missing}. The ones before them are shown longer."
