"""Encodes a video anew by the settings of now, beside what plays, which is replaced when all is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlog.catalog import videos
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, Invalid
from vlog.media.planner import plan
from vlog.processing import generations, planning, replacements, rows, superseding
from vlog.processing.rooms import Rooms
from vlog.settings import known
from vlog.settings.store import Settings
from vlog.storage.layout import Key

PRIORITIES = {"high": 0, "normal": 1, "low": 2}

_NEWEST = """
SELECT id FROM generations WHERE video_id = $1 ORDER BY state = 'live' DESC, id DESC LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What the video shall consist of afterwards: these picture sizes, or all that the settings ask for."""

    qualities: tuple[str, ...] | None = None
    priority: int = 1


async def available(reader: Reader, video_id: int, *, settings: Settings) -> list[str]:
    """The picture sizes that could be made of the source now; empty before it was looked at."""
    generation_id = await reader.fetchval(_NEWEST, video_id)
    if generation_id is None:
        return []
    info, grid = await rows.described(reader, generation_id)
    policy = await planning.policy_of(settings)
    names = [each.name for each in plan(info, grid, policy).video]
    names += [each.name for each in plan(info, grid, replace(policy, remux=False)).video]
    return list(dict.fromkeys(names))


async def existing(reader: Reader, video_id: int) -> list[str]:
    """Those that viewers have, tallest first."""
    return [each.quality for each in await generations.qualities(reader, video_id) if each.kind == "video"]


async def retranscode(ctx: Rooms, video_id: int, wish: Wish) -> None:
    """Begin; what plays goes on playing.

    Raises ``NotFound``, ``Invalid`` (code ``unknown_quality``), ``Conflict`` (codes ``video_deleted``,
    ``source_missing``, ``already_underway``).
    """
    video = await videos.by_id(ctx.db, video_id)
    videos.refuse_deleted(video)
    if video.source_key is None or not await ctx.storage.exists(Key(video.source_key)):
        raise _source_missing()
    max_attempts = await ctx.settings.get(known.MAX_RETRIES)
    known_names = await available(ctx.db, video_id, settings=ctx.settings)
    _refuse_unknown(wish.qualities, known_names)
    await transaction(ctx.db, lambda tx: begin(tx, video_id, wish=wish, max_attempts=max_attempts))


async def begin(tx: Transaction, video_id: int, *, wish: Wish, max_attempts: int) -> None:
    """The same inside a transaction, for many videos at once. Sizes that a source does not give are left
    out; a source that is gone shows when a worker asks for it.
    """
    video = await videos.locked(tx, video_id)
    videos.refuse_deleted(video)
    if video.source_key is None:
        raise _source_missing()
    busy = await superseding.active(tx, video_id)
    if busy is not None or await replacements.is_open(tx, video_id):
        raise Conflict(
            "This video is being made already; wait until that has ended.", code="already_underway"
        )
    await superseding.begin(
        tx, video_id, max_attempts=max_attempts, priority=wish.priority, qualities=wish.qualities
    )
    await audit.note(
        tx, "video.retranscoded", (video_id, video.title), qualities=list(wish.qualities or ("all",))
    )


def _refuse_unknown(wanted: Sequence[str] | None, names: Sequence[str]) -> None:
    unknown = [name for name in wanted or () if name not in names]
    if unknown and names:
        raise Invalid(
            f"This source does not give {', '.join(unknown)}; it gives {', '.join(names)}.",
            code="unknown_quality",
            field="qualities",
        )


def _source_missing() -> Conflict:
    return Conflict("The source of this video is no longer here.", code="source_missing")
