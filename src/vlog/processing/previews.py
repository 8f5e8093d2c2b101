"""Has the short silent films made that lists play under the pointer: a few videos at a time, newest first.

Each is made of some segments of the smallest rendition that is whole, so old videos get theirs without their
source being read. A video is asked about once for each source: one that can't be made is not tried for ever.
"""

from __future__ import annotations

import secrets
from fractions import Fraction
from functools import partial

from vlog.catalog import videos
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import NotFound
from vlog.media import preview_command
from vlog.processing import pictures, rows
from vlog.processing.one_by_one import for_each
from vlog.processing.pictures import Details
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Generation, Quality, generation_of
from vlog.settings import known
from vlog.storage import layout

# So many wait at a time: workers have better things to do.
AT_ONCE = 2
_LOW = 2

_WAITING = """
SELECT count(*) FROM transcoding_tasks WHERE kind = 'preview' AND state IN ('queued', 'leased')
"""
# Not while something is made of it: that comes first, and a smaller rendition may be among it.
_WITHOUT = """
SELECT v.id FROM videos v
WHERE v.preview_of IS NULL AND v.status = 'ready' AND v.deleted_at IS NULL AND NOT EXISTS (
  SELECT FROM transcoding_jobs j
  WHERE j.video_id = v.id AND j.kind = 'media' AND j.state IN ('queued', 'running'))
ORDER BY v.id DESC LIMIT $1
"""
_LIVE = f"""
SELECT {rows.GENERATION} FROM {rows.FROM_GENERATIONS} WHERE g.video_id = $1 AND g.state = 'live'
"""
_ASKED = "UPDATE videos SET preview_of = $2 WHERE id = $1"
_SHOWN = "SELECT id FROM videos WHERE has_preview AND deleted_at IS NULL LIMIT $1"
_HIDE = "UPDATE videos SET has_preview = false, preview_of = NULL WHERE id = $1"
_HIDDEN_AT_ONCE = 100


async def ask(ctx: Rooms) -> int:
    """Have some more made; returns how many. Where none are wanted, those that there are go."""
    if not await ctx.settings.get(known.PREVIEWS):
        shown = [row["id"] for row in await ctx.db.fetch(_SHOWN, _HIDDEN_AT_ONCE)]
        return await for_each(ctx, shown, partial(_hide, ctx), what="preview")
    waiting = await ctx.db.fetchval(_WAITING)
    if waiting >= AT_ONCE:
        return 0
    found = [row["id"] for row in await ctx.db.fetch(_WITHOUT, AT_ONCE - waiting)]
    return await for_each(ctx, found, partial(_ask, ctx), what="preview")


async def _ask(ctx: Rooms, video_id: int) -> None:
    row = await ctx.db.fetchrow(_LIVE, video_id)
    if row is None:
        return
    generation = generation_of(row)
    qualities = [each for each in await rows.qualities(ctx.db, generation.id) if each.kind == "video"]
    if not qualities:
        # Sound alone: there is nothing to see.
        await transaction(ctx.db, partial(_note, video_id, generation.id))
        return
    try:
        details = await _put_together(ctx, generation, min(qualities, key=lambda each: each.height))
    except NotFound:
        # Renamed or replaced in this moment, or damaged: the next round or the check of the storage will see.
        return

    async def work(tx: Transaction) -> None:
        await pictures.request(tx, video_id, "preview", details=details, priority=_LOW)
        await _note(video_id, generation.id, tx)

    await transaction(ctx.db, work)


async def _note(video_id: int, generation_id: int, tx: Transaction) -> None:
    await tx.execute(_ASKED, video_id, generation_id)


async def _put_together(ctx: Rooms, generation: Generation, quality: Quality) -> Details:
    """Store the segments that are to be seen as one file, and say where in it the moments are."""
    folder = layout.rendition(generation.storage_key, generation.token, name=quality.quality)
    index = quality.index
    _, grid = await rows.described(ctx.db, generation.id)
    starts = [float(start) / index.timescale for start in index.starts]
    lengths = [each.duration for each in index.segments]
    numbers = preview_command.places([Fraction(each) for each in lengths])
    data = bytearray(await ctx.storage.read(layout.init_segment(folder)))
    for number in numbers:
        data += await ctx.storage.read(layout.segment(folder, number))
    key = layout.picture_source(secrets.token_hex(16))
    await ctx.storage.put(key, bytes(data))
    each_seconds = float(preview_command.SECONDS_EACH)
    if len(numbers) == 1:
        # A short film: as much of it at a stretch.
        each_seconds *= preview_command.MOMENTS
    return Details(
        source_key=str(key),
        moments=tuple(
            (starts[number], min(each_seconds, lengths[number] / index.timescale)) for number in numbers
        ),
        frame_rate=float(grid.frame_rate),
        shape=(quality.width, quality.height),
    )


async def _hide(ctx: Rooms, video_id: int) -> None:
    async def work(tx: Transaction) -> None:
        video = await videos.locked(tx, video_id)
        await ctx.storage.delete(layout.preview(video.storage_key))
        await tx.execute(_HIDE, video_id)

    await transaction(ctx.db, work)
