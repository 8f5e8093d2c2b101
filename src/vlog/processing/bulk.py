"""One deed done to many videos in one transaction: who is refused stops no other.

All rows are held first, in the order of their ids, so two such deeds on the same videos wait for each other
and never in a circle. Each video's part stands or falls by itself (a savepoint); what has to follow in the
storage follows after the commit, and what a crash cuts short there is finished by the chores.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from vlog.catalog import fields, playlist_items, playlists, publishing, tags, videos
from vlog.catalog.videos import VideoChanges
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.events.audit import Action
from vlog.kit.errors import Conflict, Invalid, NotFound, VlogError
from vlog.processing import generations, removal, retranscoding
from vlog.processing.one_by_one import for_each
from vlog.processing.retranscoding import Wish
from vlog.processing.rooms import Rooms
from vlog.settings import known

MAX_VIDEOS = 500

# What concerns one video; anything else concerns them all.
REFUSALS = (Conflict, Invalid, NotFound)
Deed = Callable[[Transaction, int], Awaitable[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one video; ``error`` says why it was left as it was."""

    video_id: int
    error: VlogError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A deed, the name by which it is written down, and what is worth knowing of it."""

    action: Action
    deed: Deed
    details: Mapping[str, object]


async def delete(ctx: Rooms, video_ids: Sequence[int]) -> list[Outcome]:
    """Put videos into the archive."""
    found = await _each(ctx, video_ids, _task("videos.deleted", removal.archive_in))
    await for_each(ctx, _done(found), lambda video_id: removal.settle(ctx, video_id), what="removal")
    return found


async def purge(ctx: Rooms, video_ids: Sequence[int]) -> list[Outcome]:
    """Remove videos in the archive for good."""
    task = _task("videos.purged", lambda tx, video_id: removal.purge_in(ctx, tx, video_id))
    found = await _each(ctx, video_ids, task)
    await for_each(ctx, _done(found), lambda video_id: removal.forget_bytes(ctx, video_id), what="purge")
    return found


async def restore(ctx: Rooms, video_ids: Sequence[int]) -> list[Outcome]:
    """Take videos out of the archive, each as public as it was."""
    task = _task("videos.restored", lambda tx, video_id: removal.restore_in(ctx, tx, video_id))
    found = await _each(ctx, video_ids, task)
    await for_each(
        ctx, _done(found), lambda video_id: generations.write_manifests(ctx, video_id), what="manifest"
    )
    return found


async def publish(ctx: Rooms, video_ids: Sequence[int]) -> list[Outcome]:
    """Let visitors see videos: now, or as soon as each is ready."""
    return await _each(ctx, video_ids, _task("videos.published", publishing.publish))


async def unpublish(ctx: Rooms, video_ids: Sequence[int]) -> list[Outcome]:
    """Hide videos from visitors; the addresses of their media die with this."""

    async def hide(tx: Transaction, video_id: int) -> None:
        videos.refuse_deleted(await videos.locked(tx, video_id))
        await publishing.unpublish(tx, video_id)
        await generations.rotate_token(tx, video_id)

    found = await _each(ctx, video_ids, _task("videos.unpublished", hide))
    await _settle(ctx, found)
    return found


async def edit(ctx: Rooms, video_ids: Sequence[int], changes: VideoChanges) -> list[Outcome]:
    """Change the same in many videos; who becomes private gets new addresses."""

    async def change(tx: Transaction, video_id: int) -> None:
        before = await videos.locked(tx, video_id)
        after = await videos.edit(tx, video_id, changes)
        if before.visibility != "private" and after.visibility == "private":
            await generations.rotate_token(tx, video_id)

    found = await _each(ctx, video_ids, _task("videos.edited", change, **changes))
    if changes.get("visibility") == "private":
        await _settle(ctx, found)
    return found


async def retag(
    ctx: Rooms, video_ids: Sequence[int], *, add: Sequence[int], remove: Sequence[int]
) -> list[Outcome]:
    """Give tags to videos and take others from them; the rest of their tags stays."""

    async def change(tx: Transaction, video_id: int) -> None:
        video = await videos.locked(tx, video_id)
        present = {tag["id"] for tag in msgspec.json.decode(video.tags)}
        await videos.edit(tx, video_id, {"tag_ids": sorted((present | set(add)) - set(remove))})

    names = {tag_id: (await tags.by_id(ctx.db, tag_id)).name for tag_id in {*add, *remove}}
    said = {"add": [names[each] for each in add], "remove": [names[each] for each in remove]}
    return await _each(ctx, video_ids, _task("videos.tagged", change, **said))


async def retranscode(ctx: Rooms, video_ids: Sequence[int], wish: Wish) -> list[Outcome]:
    """Make the renditions of videos anew; what plays goes on playing."""
    attempts = await ctx.settings.get(known.MAX_RETRIES)

    async def begin(tx: Transaction, video_id: int) -> None:
        await retranscoding.begin(tx, video_id, wish=wish, max_attempts=attempts)

    return await _each(
        ctx, video_ids, _task("videos.retranscoded", begin, qualities=", ".join(wish.qualities or ("all",)))
    )


async def answer(ctx: Rooms, video_ids: Sequence[int], values: Mapping[int, object]) -> list[Outcome]:
    """Set the same values of custom fields; ``None`` clears one."""
    task = _task("videos.fields", lambda tx, video_id: fields.answer(tx, video_id, values))
    return await _each(ctx, video_ids, task)


async def add_to_playlist(ctx: Rooms, video_ids: Sequence[int], playlist_id: int) -> list[Outcome]:
    """Put videos at the end of a playlist, in their order; those in it stay where they are.

    Raises ``NotFound`` (code ``unknown_playlist``), ``Conflict`` (code ``playlist_full``).
    """
    wanted = list(dict.fromkeys(video_ids))

    async def work(tx: Transaction) -> list[Outcome]:
        playlist = await playlists.locked(tx, playlist_id)
        rows = await tx.fetch(
            "SELECT id FROM videos WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY id FOR KEY SHARE",
            sorted(wanted),
        )
        present = {row["id"] for row in rows}
        added = await playlist_items.add(tx, playlist_id, [each for each in wanted if each in present])
        if added:
            await audit.note(tx, "videos.listed", (None, _count(len(added))), playlist=playlist.title)
            await tx.hint("library", subject="playlist", subject_id=playlist_id, change="playlist.items")
        missing = NotFound("There is no such video outside the archive.", code="unknown_video")
        return [Outcome(video_id=each, error=None if each in present else missing) for each in wanted]

    return await transaction(ctx.db, work)


async def _each(ctx: Rooms, video_ids: Sequence[int], task: Task) -> list[Outcome]:
    wanted = list(dict.fromkeys(video_ids))

    async def work(tx: Transaction) -> list[Outcome]:
        await removal.hold(tx, wanted)
        outcomes = [await _one(tx, video_id, task.deed) for video_id in wanted]
        if done := _done(outcomes):
            failed = len(outcomes) - len(done)
            await audit.note(tx, task.action, (None, _count(len(done))), failed=failed, **task.details)
        return outcomes

    return await transaction(ctx.db, work)


async def _one(tx: Transaction, video_id: int, deed: Deed) -> Outcome:
    try:
        async with tx.savepoint():
            await deed(tx, video_id)
    except REFUSALS as error:
        return Outcome(video_id=video_id, error=error)
    return Outcome(video_id=video_id)


async def _settle(ctx: Rooms, found: Sequence[Outcome]) -> None:
    await for_each(ctx, _done(found), lambda video_id: generations.settle(ctx, video_id), what="folder")


def _task(action: Action, deed: Deed, **details: object) -> Task:
    return Task(action=action, deed=deed, details=details)


def _done(outcomes: Sequence[Outcome]) -> list[int]:
    return [outcome.video_id for outcome in outcomes if outcome.error is None]


def _count(number: int) -> str:
    return f"{number} video" if number == 1 else f"{number} videos"
