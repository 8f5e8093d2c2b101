"""Small pictures that workers deliver: what stands for a video, what one may choose from, its preview.

As with segments (``delivery``): bytes are durable before anything is locked, and the task's row, which proves
the lease, is locked before anything is named. Files are replaced in place, and the row that changes their
addresses follows when the task ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from vlog.catalog import videos
from vlog.db.transaction import Transaction, transaction
from vlog.jobs import queue
from vlog.jobs.queue import Task
from vlog.kit.errors import Invalid, TooLarge
from vlog.media import preview_command, stills
from vlog.processing import pictures, rows
from vlog.processing.delivery import staged
from vlog.processing.rooms import Rooms
from vlog.processing.rows import Generation
from vlog.storage import layout
from vlog.storage.base import Staged
from vlog.wire.work import Frame, Lease, Picture, Progress

MAX_PICTURE_BYTES = 4 << 20
MAX_PICTURES = 24
MAX_FRAME_BYTES = 512 << 10

_KEEP_NAMES = """
UPDATE videos SET retired_pictures = ARRAY(
  SELECT name FROM unnest(retired_pictures) AS name WHERE name <> ALL($2::text[])) WHERE id = $1
"""
_ADD_FRAME = """
INSERT INTO thumbnail_frames (video_id, position, at_seconds, width, height, jpeg)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def put_thumbnail(ctx: Rooms, lease: Lease, *, given: Sequence[Picture]) -> None:
    """Store all sizes of the picture, the main one also as ``thumbnail.jpg``.

    Nothing is stored of one that nobody wants any more. Raises ``LeaseLost``, ``TooLarge``, ``Invalid``
    (codes ``bad_picture``, ``wrong_task``).
    """
    main = _main_picture(given)

    async def work(tx: Transaction, blobs: Sequence[Staged]) -> None:
        task, generation = await _held(tx, lease, "thumbnail", "picture")
        # Held against the sweep of earlier pictures' files.
        await videos.locked(tx, generation.video_id)
        if await pictures.is_wanted(tx, task):
            key, names = generation.storage_key, [picture.file.name for picture in given]
            files = [layout.thumbnail(key), *(layout.thumbnail_file(key, each.file) for each in given)]
            await tx.execute(_KEEP_NAMES, generation.video_id, names)
            await ctx.storage.place(list(zip(blobs, files, strict=True)), replace=True)
        await queue.renew(tx, lease, Progress())

    await staged(ctx, [main.data, *(picture.data for picture in given)], work=work)


async def put_frames(ctx: Rooms, lease: Lease, *, frames: Sequence[Frame]) -> None:
    """Keep pictures to choose from, in the place of earlier ones.

    Raises ``LeaseLost``, ``TooLarge``, ``Invalid`` (codes ``bad_picture``, ``wrong_task``).
    """
    if not 0 < len(frames) <= pictures.FRAMES:
        raise Invalid(f"Send 1 to {pictures.FRAMES} pictures.", code="bad_picture")
    for frame in frames:
        if len(frame.data) > MAX_FRAME_BYTES:
            raise TooLarge("A picture to choose from is never this large.")
        if not frame.data.startswith(b"\xff\xd8\xff"):
            raise Invalid("A picture is not what it is said to be.", code="bad_picture")

    async def work(tx: Transaction) -> None:
        task, generation = await _held(tx, lease, "frames")
        _, grid = await rows.described(tx, generation.id)
        await videos.locked(tx, generation.video_id)
        await tx.execute("DELETE FROM thumbnail_frames WHERE video_id = $1", generation.video_id)
        for position, frame in enumerate(frames):
            at_seconds = max(float(frame.at_seconds - grid.start_seconds), 0.0)
            await tx.execute(
                _ADD_FRAME, generation.video_id, position, at_seconds, frame.width, frame.height, frame.data
            )
        await queue.renew(tx, task.lease, Progress())

    await transaction(ctx.db, work)


async def put_preview(ctx: Rooms, lease: Lease, *, data: bytes) -> None:
    """Store the preview. Raises ``LeaseLost``, ``TooLarge``, ``Invalid`` (as the others)."""
    if len(data) > preview_command.MAX_BYTES:
        raise TooLarge("A preview is never this large.")
    # ISO/IEC 14496-12 §4.3: the file type comes first.
    if data[4:8] != b"ftyp":
        raise Invalid("The preview is no MP4.", code="bad_picture")

    async def work(tx: Transaction, given: Sequence[Staged]) -> None:
        task, generation = await _held(tx, lease, "preview")
        await ctx.storage.place([(given[0], layout.preview(generation.storage_key))], replace=True)
        await queue.renew(tx, task.lease, Progress())

    await staged(ctx, [data], work=work)


async def _held(tx: Transaction, lease: Lease, *kinds: str) -> tuple[Task, Generation]:
    task = await queue.hold(tx, lease)
    if task.kind not in kinds or task.generation_id is None:
        raise Invalid("This task does not make that.", code="wrong_task")
    return task, await rows.generation(tx, task.generation_id)


def _main_picture(given: Sequence[Picture]) -> Picture:
    """The one that everybody can be shown, when all are what they should be."""
    names = {picture.file.name for picture in given}
    if not 0 < len(given) == len(names) <= MAX_PICTURES:
        raise Invalid(f"Send 1 to {MAX_PICTURES} different pictures.", code="bad_picture")
    for picture in given:
        if len(picture.data) > MAX_PICTURE_BYTES:
            raise TooLarge("A thumbnail is never this large.")
        if not stills.is_sound(picture.file, picture.data):
            raise Invalid("A picture is not what it is said to be.", code="bad_picture")
    main = stills.main_file([picture.file for picture in given])
    if main is None:
        raise Invalid("There is no JPEG among the pictures.", code="bad_picture")
    return next(picture for picture in given if picture.file == main)
