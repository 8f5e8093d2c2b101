"""Generations: which one viewers see, where its files lie, and how its address dies when it must.

Locks are taken in one order everywhere: task, job, rendition, video, generation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vlog.catalog import videos
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Conflict, Unavailable
from vlog.media.chapters import Mark
from vlog.processing import manifests, rows
from vlog.processing.one_by_one import for_each
from vlog.processing.planning import new_token
from vlog.processing.rooms import Rooms
from vlog.processing.rows import FROM_GENERATIONS, GENERATION, Generation, Quality, generation_of
from vlog.settings import known
from vlog.storage import layout
from vlog.storage.base import Storage

_SERVED = f"""
SELECT {GENERATION} FROM {FROM_GENERATIONS}
WHERE v.storage_key = $1 AND g.state IN ('live', 'retired') ORDER BY g.state
"""
_UNFINISHED = """
SELECT quality, segments_total FROM quality_progress
WHERE generation_id = $1 AND opened_at IS NOT NULL AND status IN ('pending', 'in_progress')
"""
# Without the index of segments, which is most of what a rendition's row holds.
_SHOWN = """
SELECT q.quality, q.width, q.height, q.peak_bit_rate
FROM generations g JOIN video_qualities q ON q.generation_id = g.id
WHERE g.video_id = $1 AND g.state = 'live' AND q.kind = 'video' ORDER BY q.height DESC, q.id
"""
_LIVE_OF = f"""
SELECT {GENERATION} FROM {FROM_GENERATIONS} WHERE g.video_id = $1 AND g.state = 'live' FOR UPDATE OF g
"""
_MOVED = f"""
SELECT {GENERATION} FROM {FROM_GENERATIONS}
WHERE g.video_id = $1 AND g.previous_token IS NOT NULL FOR UPDATE OF g
"""
# Whoever delivers into a generation holds its task: with these locked, nobody does.
_STILL = """
SELECT id FROM transcoding_tasks
WHERE state = 'leased' AND generation_id IN (SELECT id FROM generations WHERE video_id = $1)
ORDER BY id FOR UPDATE
"""
_STALE = """
SELECT id FROM videos WHERE manifest_written <> manifest_revision AND deleted_at IS NULL ORDER BY id LIMIT $1
"""
_UNSETTLED = "SELECT DISTINCT video_id FROM generations WHERE previous_token IS NOT NULL LIMIT $1"
_WRITTEN = "UPDATE videos SET manifest_written = manifest_revision WHERE id = $1"
_RETIRE = "UPDATE generations SET state = 'retired', retired_at = app_now() WHERE id = $1"
_EXPIRED = f"""
SELECT {GENERATION} FROM {FROM_GENERATIONS}
WHERE g.state = 'retired' AND g.retired_at < app_now() - make_interval(mins => $1)
  AND g.previous_token IS NULL AND v.deleted_at IS NULL
ORDER BY g.retired_at LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A rendition of which viewers may ask for segments ``0 … cells - 1`` before they are there."""

    generation_id: int
    cells: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveGeneration:
    """What may be had by a video's media addresses; whether the video may be seen is asked elsewhere.

    ``token`` stands in the manifests. ``folders`` maps every token that may be asked for, also those of
    replaced generations that somebody may still be watching, to the name of its folder. ``unfinished`` are
    the renditions below ``token`` that are still being made.
    """

    video_id: int
    token: str
    previous_token: str | None
    folders: dict[str, tuple[str, ...]]
    unfinished: dict[str, Unfinished]


async def live(reader: Reader, storage_key: str) -> LiveGeneration | None:
    """The generation that viewers of this video get, or ``None`` while there is none.

    A folder has two names in the moment in which it is renamed: the first one that exists counts.
    """
    found = [generation_of(row) for row in await reader.fetch(_SERVED, storage_key)]
    if not found or found[0].state != "live":
        return None
    current = found[0]
    return LiveGeneration(
        video_id=current.video_id,
        token=current.token,
        previous_token=current.previous_token,
        folders={each.token: tuple(filter(None, (each.token, each.previous_token))) for each in found},
        unfinished={
            row["quality"]: Unfinished(current.id, row["segments_total"])
            for row in await reader.fetch(_UNFINISHED, current.id)
        },
    )


async def qualities(reader: Reader, video_id: int) -> list[Quality]:
    """The complete renditions of the live generation, tallest first."""
    live_id = await reader.fetchval(
        "SELECT id FROM generations WHERE video_id = $1 AND state = 'live'", video_id
    )
    return [] if live_id is None else await rows.qualities(reader, live_id)


async def source_chapters(reader: Reader, video_id: int) -> tuple[Mark, ...]:
    """The chapters that the source of what plays brought; none if nobody had asked for them then."""
    live_id = await reader.fetchval(
        "SELECT id FROM generations WHERE video_id = $1 AND state = 'live'", video_id
    )
    return () if live_id is None else (await rows.described(reader, live_id))[0].chapters


class ShownQuality(NamedTuple):
    """What viewers are told of a picture size: pixels and peak bits per second."""

    quality: str
    width: int
    height: int
    peak_bit_rate: int


async def shown_qualities(reader: Reader, video_id: int) -> list[ShownQuality]:
    """The picture sizes that can be played, tallest first."""
    return list(map(ShownQuality._make, await reader.fetch(_SHOWN, video_id)))


async def deliverable(tx: Transaction, generation_id: int) -> Generation:
    """The generation, for putting a file into it. The caller holds one of its tasks.

    Raises ``Unavailable`` while its folder waits to be renamed, ``Conflict`` when it has been replaced.
    """
    found = await rows.generation(tx, generation_id)
    if found.previous_token is not None:
        raise Unavailable("This video is being moved.", code="generation_moving")
    if found.state == "retired":
        raise Conflict("This generation has been replaced.", code="generation_retired")
    return found


async def go_live(tx: Transaction, generation: Generation, *, codec: str) -> None:
    """Let viewers have this generation, and retire the one they had. The caller holds the video."""
    before = await tx.fetchrow(_LIVE_OF, generation.video_id)
    if before is not None:
        await tx.execute(_RETIRE, before["id"])
    await tx.execute(
        "UPDATE generations SET state = 'live', live_at = app_now() WHERE id = $1", generation.id
    )
    await videos.mark_ready(tx, generation.video_id, codec=codec)


async def withdraw(tx: Transaction, generation: Generation) -> None:
    """Take a generation back that can't be played to its end after all. The caller holds the video.

    It is being built again: what is durable of it counts when it is tried once more.
    """
    await tx.execute("UPDATE quality_progress SET opened_at = NULL WHERE generation_id = $1", generation.id)
    await tx.execute("UPDATE generations SET state = 'building', live_at = NULL WHERE id = $1", generation.id)
    await videos.mark_withdrawn(tx, generation.video_id)


async def retire(tx: Transaction, generation_id: int) -> None:
    """Give a generation up that is still being built; its files go with the sweep."""
    await tx.execute(f"{_RETIRE} AND state = 'building'", generation_id)


async def rotate_token(tx: Transaction, video_id: int) -> None:
    """Give what viewers had a new address: the old one is dead when this commits.

    ``settle`` renames the folders afterwards; until then they are found under ``previous_token``.
    """
    shown = await tx.fetch(
        "SELECT id FROM generations WHERE video_id = $1 AND state <> 'building' ORDER BY id FOR UPDATE",
        video_id,
    )
    for row in shown:
        await tx.execute(
            "UPDATE generations SET previous_token = coalesce(previous_token, token), token = $2"
            " WHERE id = $1",
            row["id"],
            new_token(),
        )
    await videos.bump_manifest(tx, video_id)


async def settle(ctx: Rooms, video_id: int) -> None:
    """Rename the folders whose token has changed, and write the manifests that name them. Safe to repeat."""

    async def work(tx: Transaction) -> None:
        await tx.fetch(_STILL, video_id)
        await videos.locked(tx, video_id)
        for row in await tx.fetch(_MOVED, video_id):
            await _rename(ctx.storage, generation_of(row))
            crash_point(CrashPoint.GENERATION_RENAMED)
            await tx.execute("UPDATE generations SET previous_token = NULL WHERE id = $1", row["id"])

    await transaction(ctx.db, work)
    await write_manifests(ctx, video_id)


async def _rename(storage: Storage, generation: Generation) -> None:
    if generation.previous_token is None:
        return
    for folder in (layout.video(generation.storage_key), layout.archived(generation.storage_key)):
        # Not there: renamed already by an attempt whose commit failed, or nothing was ever put.
        if await storage.exists(folder.child(generation.previous_token)):
            await storage.move(folder.child(generation.previous_token), folder.child(generation.token))


async def write_manifests(ctx: Rooms, video_id: int) -> None:
    """Write all playlists and the DASH manifest of the live generation. Safe to repeat."""
    with_dash = await ctx.settings.get(known.ENABLE_DASH)

    async def work(tx: Transaction) -> None:
        video = await videos.locked(tx, video_id)
        if video.deleted_at is None:
            await write_manifests_in(tx, ctx.storage, video_id=video_id, with_dash=with_dash)

    await transaction(ctx.db, work)


async def write_manifests_in(tx: Transaction, storage: Storage, *, video_id: int, with_dash: bool) -> None:
    """The same inside a transaction that holds the video: what it lists is what this transaction sees."""
    row = await tx.fetchrow(_LIVE_OF, video_id)
    if row is not None:
        generation = generation_of(row)
        if generation.previous_token is not None:
            raise Unavailable("This video is being moved.", code="generation_moving")
        made = await rows.qualities(tx, generation.id)
        opened = await rows.opened(tx, generation.id)
        info, grid = await rows.described(tx, generation.id)
        presentation = manifests.present(made, opened, token=generation.token, info=info, grid=grid)
        await manifests.write(storage, generation, presentation=presentation, with_dash=with_dash)
    await tx.execute(_WRITTEN, video_id)


async def stale_manifests(reader: Reader, *, limit: int) -> list[int]:
    """Videos whose manifests on disk are older than their rows."""
    return [row["id"] for row in await reader.fetch(_STALE, limit)]


async def unsettled(reader: Reader, *, limit: int) -> list[int]:
    """Videos of which a folder still waits to be renamed."""
    return [row["video_id"] for row in await reader.fetch(_UNSETTLED, limit)]


async def sweep_retired(ctx: Rooms, *, limit: int = 20) -> int:
    """Remove generations that nobody can be watching any more: first their files, then their rows."""
    grace_minutes = await ctx.settings.get(known.RETIRED_GRACE_MINUTES)
    expired = [generation_of(row) for row in await ctx.db.fetch(_EXPIRED, grace_minutes, limit)]
    return await for_each(ctx, expired, lambda generation: _sweep(ctx, generation), what="generation")


async def _sweep(ctx: Rooms, generation: Generation) -> None:
    await ctx.storage.delete_folder(layout.generation(generation.storage_key, generation.token))

    async def work(tx: Transaction) -> None:
        await tx.execute("DELETE FROM generations WHERE id = $1 AND state = 'retired'", generation.id)

    await transaction(ctx.db, work)
