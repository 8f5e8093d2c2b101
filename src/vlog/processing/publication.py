"""When viewers get a generation, and when it is taken back: decided after every change to its renditions.

By default a generation goes live as soon as the first segments of its first rendition and of its sound are
durable and the rest is made faster than it plays: the grid tells at plan time what the whole will be, so the
playlists are complete from the start and never change their length. A request for a segment that is still to
be made waits for it (``demand``).

Callers hold the task that changed something; the video is locked here (task, rendition, video, generation).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vlog.catalog import videos
from vlog.db.transaction import Transaction
from vlog.events.types import VideoUpdated
from vlog.media.encoders import COPY, ENCODERS
from vlog.media.info import MediaInfo
from vlog.media.plan import ENCODED_SOUND, VideoRendition
from vlog.processing import generations, manifests, planning, remarks, replacements, rows
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Generation, Opened, Planned
from vlog.settings import known
from vlog.settings.store import Settings

_OVER = ("completed", "failed", "skipped")
# Until a tool has started, found its place and filled its encoder, nothing comes out: that is no pace.
START_SECONDS = 1.5

_IS_LIVE = "SELECT EXISTS (SELECT FROM generations WHERE video_id = $1 AND state = 'live')"
_IS_OTHER = """
SELECT EXISTS (
  SELECT FROM replacements r JOIN transcoding_jobs j ON j.id = r.job_id WHERE j.generation_id = $1)
"""
_BEGUN = """
SELECT p.quality, p.kind, p.spec, p.init, s.start_ticks, p.segments_total FROM quality_progress p
JOIN segments s ON (s.generation_id, s.quality, s.number) = (p.generation_id, p.quality, 0)
WHERE p.generation_id = $1 AND p.stage = 0 AND p.status = 'in_progress'
ORDER BY p.id
"""
# By what each worker has made under its present lease: a night in which everything stood still says nothing
# about how fast it goes on. Workers that are at it side by side add up.
_SPEED = """
SELECT sum(ticks) / nullif(sum(seconds), 0) * greatest(count(*) FILTER (WHERE state = 'leased'), 1)
FROM (
  SELECT t.state,
    greatest(extract(epoch FROM coalesce(t.finished_at, app_now()) - t.leased_at)::float8 - $3, 0.1)
      AS seconds,
    (SELECT sum(s.duration_ticks) FROM segments s WHERE s.generation_id = $1 AND s.quality = $2
      AND s.task_id = t.id AND s.epoch = t.epoch)::float8 AS ticks
  FROM transcoding_tasks t
  WHERE t.generation_id = $1 AND $2 = ANY(t.renditions) AND t.state IN ('leased', 'done')
) AS each WHERE ticks > 0
"""
_PLACED = """
SELECT number, start_ticks, duration_ticks FROM segments WHERE generation_id = $1 AND quality = $2
"""
_OPEN = "UPDATE quality_progress SET opened_at = app_now() WHERE generation_id = $1 AND quality = ANY($2)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the admin wishes: ``publish_at`` is ``plan``, ``first_rendition`` or ``complete``; ``least_speed``
    is × real time.
    """

    publish_at: str
    least_speed: float
    with_dash: bool


async def terms_of(settings: Settings) -> Terms:
    """The terms as they are now."""
    return Terms(
        publish_at=await settings.get(known.PUBLISH_AT),
        least_speed=await settings.get(known.LEAST_SPEED),
        with_dash=await settings.get(known.ENABLE_DASH),
    )


async def begun(ctx: Rooms, tx: Transaction, *, generation_id: int, terms: Terms) -> None:
    """Some cells more are durable, and no rendition is complete by them: can it be played already?"""
    if terms.publish_at != "plan" or (await rows.generation(tx, generation_id)).state != "building":
        return
    generation = await _locked(tx, generation_id)
    if generation.state != "building" or await tx.fetchval(_IS_LIVE, generation.video_id):
        # What plays is complete or becomes so: an unfinished one does not take its place.
        return
    planned = await rows.planned(tx, generation_id)
    ripe = await _ripe(tx, generation_id, least_speed=terms.least_speed)
    if _covers(planned, [*_names(planned, "completed"), *(each.quality for each in ripe)]):
        await tx.execute(_OPEN, generation_id, [each.quality for each in ripe])
        await _go_live(ctx, tx, generation, terms=terms)


async def completed(ctx: Rooms, tx: Transaction, generation: Generation, *, terms: Terms) -> None:
    """A rendition is complete and folded. The caller holds the video and has read ``generation`` since.

    The manifests are written before the commit: when the rows say so, the files are there, and two renditions
    that end at once never overwrite each other's line.
    """
    if generation.state == "live":
        await tx.record(VideoUpdated(generation.video_id))
        await _write(ctx, tx, generation, terms=terms)
        return
    planned = await rows.planned(tx, generation.id)
    if _covers(planned, _names(planned, "completed")) and await _may_begin(
        tx, generation, planned, terms=terms
    ):
        await _go_live(ctx, tx, generation, terms=terms)
    elif terms.publish_at == "plan":
        await begun(ctx, tx, generation_id=generation.id, terms=terms)


async def lost(ctx: Rooms, tx: Transaction, generation_id: int, *, terms: Terms) -> None:
    """Renditions have failed for good: viewers are not offered them any more, nor a video that can't play.

    Where all others are complete, those were what the video waited for.
    """
    generation = await _locked(tx, generation_id)
    planned = await rows.planned(tx, generation_id)
    complete = _names(planned, "completed")
    if generation.state == "live":
        offered = [each.quality for each in await rows.opened(tx, generation_id)]
        if _covers(planned, [*complete, *offered]):
            await tx.record(VideoUpdated(generation.video_id))
            await _write(ctx, tx, generation, terms=terms)
        else:
            await generations.withdraw(tx, generation)
    elif (
        generation.state == "building"
        and _covers(planned, complete)
        and await _may_begin(tx, generation, planned, terms=terms)
    ):
        await _go_live(ctx, tx, generation, terms=terms)


async def withdraw_unfinished(tx: Transaction, generation_id: int) -> None:
    """Take a generation back of which nothing can be played to its end: it is to be made another way."""
    generation = await _locked(tx, generation_id)
    planned = await rows.planned(tx, generation_id)
    if generation.state == "live" and not _covers(planned, _names(planned, "completed")):
        await generations.withdraw(tx, generation)


async def _locked(tx: Transaction, generation_id: int) -> Generation:
    generation = await rows.generation(tx, generation_id)
    await videos.locked(tx, generation.video_id)
    # Read again under the lock: it may have gone live, or its folder may have been renamed meanwhile.
    return await rows.generation(tx, generation_id)


async def _ripe(tx: Transaction, generation_id: int, *, least_speed: float) -> list[Opened]:
    """The renditions in the making that can be offered: they begin, are where they must be, and are fast."""
    found = [rows.opened_of(row) for row in await tx.fetch(_BEGUN, generation_id)]
    if not found:
        return []
    info, grid = await rows.described(tx, generation_id)
    ripe = []
    for each in found:
        track = manifests.foreseen(each, info=info, grid=grid)
        ticks_per_second = await tx.fetchval(_SPEED, generation_id, each.quality, START_SECONDS) or 0.0
        placed = await tx.fetch(_PLACED, generation_id, each.quality)
        exact = all(tuple(row)[1:] == track.segments[row["number"]] for row in placed)
        if exact and ticks_per_second >= least_speed * track.timescale:
            ripe.append(each)
    return ripe


def _names(planned: Mapping[str, Planned], status: str) -> list[str]:
    return [name for name, each in planned.items() if each.status == status]


def _covers(planned: Mapping[str, Planned], names: Collection[str]) -> bool:
    """Pictures and sound, as far as the plan has any."""
    return {each.kind for each in planned.values()} == {planned[name].kind for name in names}


def _is_due(planned: Mapping[str, Planned], terms: Terms) -> bool:
    return terms.publish_at != "complete" or all(each.status in _OVER for each in planned.values())


async def _may_begin(
    tx: Transaction, generation: Generation, planned: Mapping[str, Planned], *, terms: Terms
) -> bool:
    """Whether what is complete is enough. What viewers have is replaced by all of the next one: of another
    source as much as can be made, of the same one nothing less than was meant.
    """
    if not await tx.fetchval(_IS_LIVE, generation.video_id):
        return _is_due(planned, terms)
    over = all(each.status in _OVER for each in planned.values())
    if await tx.fetchval(_IS_OTHER, generation.id):
        return over
    return over and not _names(planned, "failed")


async def _go_live(ctx: Rooms, tx: Transaction, generation: Generation, *, terms: Terms) -> None:
    generation = await generations.deliverable(tx, generation.id)
    info, _ = await rows.described(tx, generation.id)
    is_next = bool(await tx.fetchval(_IS_LIVE, generation.video_id))
    await generations.go_live(tx, generation, codec=await _codec_family(tx, generation.id, info))
    if is_next:
        await planning.describe(tx, generation.video_id, info)
    await replacements.took_over(tx, generation, info)
    if is_next:
        await remarks.tell(tx, generation.id)
        await tx.record(VideoUpdated(generation.video_id))
    await _write(ctx, tx, generation, terms=terms)


async def _write(ctx: Rooms, tx: Transaction, generation: Generation, *, terms: Terms) -> None:
    await videos.bump_manifest(tx, generation.video_id)
    await generations.write_manifests_in(
        tx, ctx.storage, video_id=generation.video_id, with_dash=terms.with_dash
    )


async def _codec_family(tx: Transaction, generation_id: int, info: MediaInfo) -> str:
    offered = {each.quality for each in await rows.qualities(tx, generation_id)}
    offered |= {each.quality for each in await rows.opened(tx, generation_id)}
    planned = (await rows.planned(tx, generation_id)).values()
    encoder = next(
        (
            each.spec.encoder
            for each in planned
            if each.quality in offered and isinstance(each.spec, VideoRendition)
        ),
        None,
    )
    if encoder is None:
        return ENCODED_SOUND
    return info.video.codec if encoder == COPY else ENCODERS[encoder].codec
