"""How a source comes in: received once, straight to its final place, and made known in one transaction.

The order makes an acknowledged upload safe and a row without its file impossible: the bytes grow under
``uploads/{id}.part``, are fsynced and renamed to ``uploads/{id}``; then one transaction creates video, job
and first task, naming that file; then the answer goes out. A crash in between leaves a file without a row,
which ``sweep_leftovers`` removes a day later. The id is random: no source can guess the name of another.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from vlog.catalog import videos
from vlog.catalog.videos import NewVideo
from vlog.db.transaction import Transaction, transaction
from vlog.events import audit
from vlog.events.types import VideoUploaded
from vlog.kit.clock import now
from vlog.kit.crash import CrashPoint, crash_point
from vlog.kit.errors import Invalid, OutOfSpace, TooLarge, Unavailable, VlogError
from vlog.kit.sightings import Sightings
from vlog.processing import idempotency, planning, replacements, rows, upload_rows
from vlog.processing.idempotency import Once
from vlog.processing.inflow import Inflow
from vlog.processing.one_by_one import for_each
from vlog.processing.replacements import Source
from vlog.processing.rooms import Rooms
from vlog.settings import known
from vlog.storage import layout
from vlog.storage.base import Growing
from vlog.storage.layout import Key

# What must be left for the database, logs and everything else on the same disk.
RESERVED_BYTES = 256 << 20
LEFTOVER_AGE = timedelta(hours=24)

# A file that was taken out of the inbox keeps its age; until its video names it, the inbox's row does.
_UNNEEDED = """
SELECT file.key FROM unnest($1::text[], $2::text[]) AS file (key, upload_id)
WHERE NOT EXISTS (SELECT FROM videos WHERE source_key = file.key)
  AND NOT EXISTS (SELECT FROM replacements r WHERE r.source_key = file.key AND
    (r.state IN ('waiting', 'making') OR r.stale_key IS NOT NULL))
  AND NOT EXISTS (SELECT FROM replacements r WHERE r.stale_key = file.key)
  AND NOT EXISTS (SELECT FROM uploads WHERE id = file.upload_id)
  AND NOT EXISTS (SELECT FROM inbox_files WHERE state = 'taking' AND inbox_files.upload_id = file.upload_id)
"""
_AT_ONCE = 500
_JOB = "INSERT INTO transcoding_jobs (video_id, max_attempts) VALUES ($1, $2) RETURNING id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A source whose bytes are durable, and which no video names yet."""

    key: Key
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The video that was made of it."""

    video_id: int
    slug: str


class Receiver:
    """Takes the bytes of one source in order."""

    def __init__(self, file: Growing, *, key: Key, limit_bytes: int) -> None:
        self.inflow = Inflow(file)
        self._file = file
        self._key = key
        self._limit_bytes = limit_bytes

    async def write(self, chunk: bytes) -> None:
        """Append; raises ``TooLarge`` (code ``upload_too_large``), ``OutOfSpace``, ``Unavailable``."""
        if self.inflow.received + len(chunk) > self._limit_bytes:
            raise too_large(self._limit_bytes)
        await self.inflow.write(chunk)

    async def complete(self) -> Received:
        """All bytes are here: make them durable. Raises ``Invalid`` (code ``empty_upload``) for none."""
        size_bytes = self.inflow.received
        if size_bytes == 0:
            raise Invalid("The file is empty.", code="empty_upload")
        await self.inflow.flush()
        sha256 = await self.inflow.digest()
        await self._file.commit(self._key)
        return Received(key=self._key, size_bytes=size_bytes, sha256=sha256)


@asynccontextmanager
async def receive(
    ctx: Rooms, *, limit_bytes: int | None = None, expected_bytes: int | None = None
) -> AsyncIterator[Receiver]:
    """Begin to receive a source; leaving the block before ``complete`` removes what has come so far.

    ``limit_bytes`` is the setting's when not given; ``expected_bytes`` is what the client announces. Raises
    ``TooLarge``, and ``OutOfSpace`` when it would not fit.
    """
    limit = limit_bytes or await ctx.settings.get(known.MAX_UPLOAD_MB) << 20
    if expected_bytes is not None:
        await refuse_what_does_not_fit(ctx, expected_bytes, limit_bytes=limit)
    upload_id = secrets.token_hex(16)
    growing = layout.partial_upload(upload_id)
    file = await ctx.storage.grow(growing)
    crash_point(CrashPoint.UPLOAD_CREATED)
    receiver = Receiver(file, key=layout.upload(upload_id), limit_bytes=limit)
    try:
        yield receiver
    finally:
        await receiver.inflow.abandon()
        await file.close()
        with suppress(Unavailable):
            await ctx.storage.delete(growing)


def too_large(limit_bytes: int) -> TooLarge:
    """What to say of a source that is longer than the setting allows."""
    return TooLarge(
        f"The file is larger than {limit_bytes >> 20} MiB.", code="upload_too_large", limit_bytes=limit_bytes
    )


async def refuse_what_does_not_fit(ctx: Rooms, expected_bytes: int, *, limit_bytes: int) -> None:
    """Raise ``TooLarge`` or ``OutOfSpace`` for a source that had better not begin."""
    if expected_bytes > limit_bytes:
        raise too_large(limit_bytes)
    free_bytes = (await ctx.storage.free()).free_bytes
    missing_bytes = (await upload_rows.outstanding(ctx.db)).missing_bytes
    refuse_without_space(free_bytes, expected_bytes=expected_bytes, missing_bytes=missing_bytes)


def refuse_without_space(free_bytes: int | None, *, expected_bytes: int, missing_bytes: int) -> None:
    """Raise ``OutOfSpace`` unless a file fits beside ``missing_bytes`` that are promised to others."""
    needed_bytes = expected_bytes + missing_bytes + RESERVED_BYTES
    if free_bytes is not None and free_bytes < needed_bytes:
        raise OutOfSpace(
            "The storage has not enough space for this file.",
            free_bytes=free_bytes,
            needed_bytes=needed_bytes,
            reserved_bytes=missing_bytes + RESERVED_BYTES,
        )


async def accept(
    ctx: Rooms, new: NewVideo, *, received: Received, idempotency_key: str | None = None
) -> Accepted:
    """Make a received source a video with its job; when this returns, nothing can lose it.

    With an ``idempotency_key`` that brought the same video before, that one is the answer. Raises ``Invalid``
    for a bad title, description or category, and for a key of another request; the source is removed then.
    """
    max_attempts = await ctx.settings.get(known.MAX_RETRIES)
    once = None
    if idempotency_key is not None:
        request = {"video": new, "sha256": received.sha256.hex(), "size_bytes": received.size_bytes}
        once = Once(scope="videos", key=idempotency_key, request=request)

    async def work(tx: Transaction) -> tuple[Accepted, bool]:
        return await idempotency.run(
            tx,
            once,
            work=lambda: make_video(tx, new, received=received, max_attempts=max_attempts),
            kind=Accepted,
        )

    try:
        accepted, is_known = await transaction(ctx.db, work)
    except Unavailable:
        # The commit may have happened although its answer was lost: the sweep will know.
        raise
    except VlogError:
        await ctx.storage.delete(received.key)
        raise
    if is_known:
        await ctx.storage.delete(received.key)
    crash_point(CrashPoint.UPLOAD_ACCEPTED)
    return accepted


async def make_video(tx: Transaction, new: NewVideo, *, received: Received, max_attempts: int) -> Accepted:
    """Write the rows of a received source: video, job, first task and event; or what makes it the source of a
    video that there is. Raises ``Invalid``.
    """
    if new.replaces is not None:
        source = Source(key=received.key, size_bytes=received.size_bytes, sha256=received.sha256)
        slug = await replacements.accept(tx, new, source=source, max_attempts=max_attempts)
        return Accepted(video_id=new.replaces, slug=slug)
    video = await videos.create(tx, new)
    await videos.set_source(
        tx, video.id, source_key=received.key, size_bytes=received.size_bytes, sha256=received.sha256
    )
    job_id = await tx.fetchval(_JOB, video.id, max_attempts)
    await planning.add_inspection(tx, await rows.job(tx, job_id))
    await tx.record(VideoUploaded(video.id))
    await audit.note(tx, "video.uploaded", (video.id, video.title), filename=video.source_filename)
    return Accepted(video_id=video.id, slug=video.slug)


async def sweep_leftovers(ctx: Rooms, seen: Sightings) -> int:
    """Remove files in ``uploads`` that are a day old and that nothing needs; returns how many.

    ``seen`` remembers earlier rounds: a source has no row for a moment, and its date may be wrong.
    """
    settled = seen.settled([key async for key in leftovers(ctx, older_than=LEFTOVER_AGE)])

    async def remove(key: str) -> None:
        crash_point(CrashPoint.SWEEP_REMOVES)
        await ctx.storage.delete(Key(key))

    return await for_each(ctx, settled, remove, what="leftover")


async def leftovers(ctx: Rooms, *, older_than: timedelta) -> AsyncIterator[Key]:
    """Files in ``uploads`` that no video, no upload and nothing in the inbox needs."""
    limit = now() - older_than
    entries = await ctx.storage.list(layout.UPLOADS)
    old = [each.key for each in entries if not each.stat.is_folder and each.stat.modified_at < limit]
    # Every source lies here, so there are as many as videos.
    for first in range(0, len(old), _AT_ONCE):
        keys = old[first : first + _AT_ONCE]
        upload_ids = [key.name.partition(".")[0] for key in keys]
        for row in await ctx.db.fetch(_UNNEEDED, keys, upload_ids):
            yield Key(row["key"])
