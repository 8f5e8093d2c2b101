"""The end of a resumable upload, and what becomes of those that never end.

A complete upload is made a video by whoever meets it: the request that brought its last byte, a later
question, or the background process. Each step can be done twice: the file is renamed unless it has been, and
the row decides under its lock whether there is a video already.
"""

from __future__ import annotations

from dataclasses import replace

from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Invalid
from vlog.processing import idempotency, upload_files, upload_rows, uploads
from vlog.processing.inflow import Hashed, Inflow
from vlog.processing.one_by_one import for_each
from vlog.processing.rooms import Rooms
from vlog.processing.upload_rows import Upload
from vlog.processing.uploads import Received
from vlog.settings import known
from vlog.storage import layout
from vlog.storage.base import Growing

BATCH = 20
# How long one that has expired can still be asked about.
KEEP_EXPIRED_HOURS = 24
_NO_CATEGORY = frozenset({"unknown_category", "unknown_reference"})


async def complete(ctx: Rooms, upload_id: str, *, hashed: Hashed | None = None) -> Upload:
    """Make it a video; ``hashed`` is a beginning of its file whose hash is known.

    Raises ``Invalid`` (code ``checksum_mismatch``) when the bytes are not what was promised, ``NotFound``,
    ``Unavailable``.
    """
    upload = await upload_rows.get(ctx.db, upload_id)
    upload_files.refuse_ended(upload)
    if upload.state == "accepted":
        return upload
    try:
        sha256 = await _name(ctx, upload, hashed or Hashed())
        try:
            return await _accept(ctx, upload, sha256)
        except Invalid as error:
            if error.code not in _NO_CATEGORY:
                raise
            # Removed while the bytes came: the video is worth more than its place.
            video = replace(upload.video, category_id=None)
            return await _accept(ctx, replace(upload, video=video), sha256)
    except Invalid as error:
        code, message = error.code, error.message
        await transaction(
            ctx.db, lambda tx: upload_rows.mark_failed(tx, upload_id, code=code, message=message)
        )
        raise


async def _name(ctx: Rooms, upload: Upload, hashed: Hashed) -> bytes:
    """Check the bytes and give them their final name, durably; the value is their SHA-256."""
    file = await upload_files.hold(ctx, upload, create=False)
    if file is None:
        # The name has been given: by a process that died then, or by one that works beside us.
        named = await upload_rows.get(ctx.db, upload.id)
        if named.sha256 is None or not await ctx.storage.exists(layout.upload(upload.id)):
            raise Invalid("The storage has lost the bytes of this upload.", code="upload_lost")
        return named.sha256
    try:
        sha256 = upload.sha256 or await _hash(ctx, upload, file=file, hashed=hashed)
        if upload.promised_sha256 is not None and sha256 != upload.promised_sha256:
            raise Invalid(
                "The file that arrived is another than the one that was announced (SHA-256).",
                code="checksum_mismatch",
            )
        await file.commit(layout.upload(upload.id))
        return sha256
    finally:
        await file.close()


async def _hash(ctx: Rooms, upload: Upload, *, file: Growing, hashed: Hashed) -> bytes:
    inflow = Inflow(file, offset=upload.length_bytes, hashed=hashed)
    try:
        sha256 = await inflow.digest()
    finally:
        await inflow.abandon()
    await transaction(ctx.db, lambda tx: upload_rows.set_sha256(tx, upload.id, sha256))
    return sha256


async def _accept(ctx: Rooms, upload: Upload, sha256: bytes) -> Upload:
    max_attempts = await ctx.settings.get(known.MAX_RETRIES)
    key = layout.upload(upload.id)
    received = Received(key=key, size_bytes=upload.length_bytes, sha256=sha256)

    async def work(tx: Transaction) -> Upload:
        current = await upload_rows.locked(tx, upload.id)
        if current.state == "receiving":
            accepted = await uploads.make_video(
                tx, upload.video, received=received, max_attempts=max_attempts
            )
            await upload_rows.mark_accepted(tx, upload.id, video_id=accepted.video_id)
        return await upload_rows.get(tx, upload.id)

    ended = await transaction(ctx.db, work)
    upload_files.refuse_ended(ended)
    return ended


async def sweep(ctx: Rooms) -> int:
    """End what was left at its last step, give up what has expired, forget what is long over; how many."""
    unfinished = await upload_rows.unfinished(ctx.db, limit=BATCH)
    done = await for_each(ctx, unfinished, lambda upload_id: complete(ctx, upload_id), what="upload")
    done += await _expire(ctx)
    ended = await upload_rows.ended(ctx.db, limit=BATCH)
    done += await for_each(
        ctx, ended, lambda upload_id: _forget(ctx, upload_id, is_accepted=ended[upload_id]), what="upload"
    )
    await idempotency.prune(ctx)
    return done


async def _expire(ctx: Rooms) -> int:
    words = "It was not continued in time."
    expired = await transaction(
        ctx.db,
        lambda tx: upload_rows.expire(
            tx, code="upload_expired", message=words, keep_hours=KEEP_EXPIRED_HOURS
        ),
    )
    # Whoever still has one open, cut off from its row, writes into a file that has no name.
    return await for_each(ctx, expired, lambda upload_id: upload_files.remove(ctx, upload_id), what="upload")


async def _forget(ctx: Rooms, upload_id: str, *, is_accepted: bool) -> None:
    if not is_accepted:
        await upload_files.remove(ctx, upload_id)
    await transaction(ctx.db, lambda tx: upload_rows.remove(tx, upload_id))
