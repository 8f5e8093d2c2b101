"""Uploads that survive everything: begun once, continued from the last durable byte, made a video at the end.

Three rules make an acknowledged byte safe. The offset in the row moves only after ``fdatasync`` of the bytes
before it. Only one request writes: the row's epoch tells the database who it is, the file's lock tells the
disk. And whoever begins to write first cuts the file back to the row's offset, since what lies behind may be
half written. Who comes later wins: a client that asks anew has lost its old connection, whatever ours looks
like (tusd does the same).
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Protocol

from vlog.catalog.taxonomy import require_category
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import (
    Conflict,
    Damaged,
    Invalid,
    OutOfSpace,
    TooLarge,
    TooMany,
    Unavailable,
    VlogError,
)
from vlog.processing import idempotency, replacements, upload_completion, upload_files, upload_rows, uploads
from vlog.processing.idempotency import Once
from vlog.processing.inflow import Hashed, Inflow
from vlog.processing.rooms import Rooms
from vlog.processing.upload_rows import Announced, Outstanding, Upload
from vlog.processing.upload_visits import Visit, taken
from vlog.settings import known
from vlog.storage.base import Growing

# HEAD waits this long for what is under way, so that its answer is the best one there is.
LOOK_SECONDS = 1.0
REMEMBERED_HASHES = 256
_BUSY_RETRY_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """What a client says that a piece of its upload comes to; ``algorithm`` is a name of ``hashlib``."""

    algorithm: str
    digest: bytes


class Body(Protocol):
    """Bytes on their way from a client."""

    async def read_into(self, room: memoryview) -> int:
        """Put what has come into ``room``, waiting until there is anything; how much, 0 at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A piece of an upload as it comes: from ``offset``, ``length_bytes`` long if the client has said so."""

    offset: int
    body: Body
    length_bytes: int | None = None
    checksum: Checksum | None = None


class ResumableUploads:
    """The uploads as one process serves them; others may serve the same ones at the same time."""

    def __init__(self, ctx: Rooms) -> None:
        self._ctx = ctx
        self._visits: dict[str, Visit] = {}
        # Hashes of beginnings that are durable, so that the next piece goes on where the last one ended.
        self._hashes: OrderedDict[str, Hashed] = OrderedDict()
        self._endings: dict[str, asyncio.Task[Upload]] = {}

    async def create(self, announced: Announced, *, idempotency_key: str | None = None) -> Upload:
        """Begin an upload, and keep space for it.

        Raises ``Invalid`` (``empty_upload``, ``unknown_category``, ``idempotency_mismatch``), ``TooLarge``,
        ``TooMany`` (code ``too_many_uploads``), ``OutOfSpace``, and ``Unavailable`` of a storage.
        """
        settings, once = self._ctx.settings, None
        if announced.length_bytes == 0:
            raise Invalid("The file is empty.", code="empty_upload")
        limit_bytes = await settings.get(known.MAX_UPLOAD_MB) << 20
        if announced.length_bytes > limit_bytes:
            raise uploads.too_large(limit_bytes)
        quota_bytes = await settings.get(known.OPEN_UPLOADS_QUOTA_MB) << 20
        most_open = await settings.get(known.MAX_OPEN_UPLOADS)
        expiry_hours = await settings.get(known.UPLOAD_EXPIRY_HOURS)
        # What could not be stored had better not begin.
        await self._ctx.storage.check()
        free_bytes = (await self._ctx.storage.free()).free_bytes
        if idempotency_key is not None:
            once = Once(scope="uploads", key=idempotency_key, request=announced)
        else:
            # A flood is refused here, before anybody waits for a turn.
            open_now = await upload_rows.outstanding(self._ctx.db, announced.owner)
            _refuse_more(open_now, announced.length_bytes, most_open=most_open, quota_bytes=quota_bytes)

        async def begin(tx: Transaction) -> str:
            await require_category(tx, announced.video.category_id)
            if announced.video.replaces is not None:
                await replacements.require_replaceable(tx, announced.video.replaces)
            await upload_rows.take_turns(tx)
            found = await upload_rows.outstanding(tx, announced.owner)
            _refuse_more(found, announced.length_bytes, most_open=most_open, quota_bytes=quota_bytes)
            uploads.refuse_without_space(
                free_bytes, expected_bytes=announced.length_bytes, missing_bytes=found.missing_bytes
            )
            upload_id = secrets.token_hex(16)
            await upload_rows.insert(tx, upload_id, announced=announced, expiry_hours=expiry_hours)
            return upload_id

        async def work(tx: Transaction) -> Upload:
            upload_id, _ = await idempotency.run(tx, once, work=lambda: begin(tx), kind=str)
            return await upload_rows.get(tx, upload_id)

        return await transaction(self._ctx.db, work)

    async def look(self, upload_id: str) -> Upload:
        """How far an upload is, for somebody who means to go on with it: whoever is writing is cut.

        Raises ``NotFound``, ``Gone`` (code ``upload_expired``), or why the upload has failed.
        """
        visit = self._visits.get(upload_id)
        if visit is not None:
            visit.cut(taken())
            with suppress(TimeoutError):
                # What it has received already need not be sent again.
                await asyncio.wait_for(visit.over.wait(), LOOK_SECONDS)
        await transaction(self._ctx.db, lambda tx: upload_rows.displace(tx, upload_id))
        upload = await upload_rows.get(self._ctx.db, upload_id)
        upload_files.refuse_ended(upload)
        if upload.state == "receiving" and upload.is_complete:
            with suppress(TimeoutError):
                upload = await asyncio.wait_for(self.finish(upload_id), LOOK_SECONDS)
        return upload

    async def receive(self, upload_id: str, stretch: Stretch) -> Upload:
        """Take a piece; when it brings the last byte, the upload is a video on return.

        Raises ``Conflict`` (``wrong_offset`` with ``offset_bytes``; ``upload_taken``), ``Damaged`` (code
        ``checksum_mismatch``), ``Invalid`` (the same code: the whole file is another than promised;
        ``request_too_slow``), ``TooLarge``, ``OutOfSpace``, ``Unavailable``, and what ``look`` raises.
        """
        upload = await transaction(
            self._ctx.db, lambda tx: upload_rows.claim(tx, upload_id, offset=stretch.offset)
        )
        if upload is None:
            upload = await upload_rows.get(self._ctx.db, upload_id)
            upload_files.refuse_ended(upload)
            if upload.offset_bytes != stretch.offset:
                raise wrong_offset(upload.offset_bytes)
        if stretch.length_bytes is not None:
            _refuse_beyond(upload, stretch.offset + stretch.length_bytes)
        if not upload.is_complete:
            upload = await self._visit(upload, stretch)
        return upload if not upload.is_complete else await self.finish(upload_id)

    async def terminate(self, upload_id: str) -> None:
        """Forget an upload and its bytes; a video that came of it stays. Raises ``NotFound``."""
        state = await transaction(self._ctx.db, lambda tx: upload_rows.remove(tx, upload_id))
        visit = self._visits.get(upload_id)
        if visit is not None:
            visit.cut(upload_rows.upload_not_found())
            with suppress(TimeoutError):
                await asyncio.wait_for(visit.over.wait(), LOOK_SECONDS)
        if state != "accepted":
            await upload_files.remove(self._ctx, upload_id)

    async def finish(self, upload_id: str) -> Upload:
        """Make a complete upload a video. It goes on when the caller leaves, and is done once however often
        it is asked for.
        """
        task = self._endings.get(upload_id)
        if task is None:
            hashed = self._hashes.pop(upload_id, None)
            task = asyncio.create_task(upload_completion.complete(self._ctx, upload_id, hashed=hashed))
            self._endings[upload_id] = task
            task.add_done_callback(lambda done: self._ended(upload_id, done))
        return await asyncio.shield(task)

    def _ended(self, upload_id: str, task: asyncio.Task[Upload]) -> None:
        del self._endings[upload_id]
        if not task.cancelled():
            # Looked at, so that nobody complains about an error whose caller has left.
            task.exception()

    async def _visit(self, upload: Upload, stretch: Stretch) -> Upload:
        displaced, visit = self._visits.get(upload.id), Visit(upload.epoch)
        if displaced is not None:
            if displaced.epoch > upload.epoch:
                # Its claim came later, its turn here sooner.
                raise taken()
            displaced.cut(taken())
        self._visits[upload.id] = visit
        try:
            file = await self._hold(upload)
            try:
                await self._take(upload, visit, file=file, stretch=stretch)
            finally:
                await file.close()
        except OutOfSpace as error:
            raise await self._with_figures(error, upload) from error
        finally:
            visit.over.set()
            if self._visits.get(upload.id) is visit:
                del self._visits[upload.id]
        return await upload_rows.get(self._ctx.db, upload.id)

    async def _hold(self, upload: Upload) -> Growing:
        """Open the file, alone, and cut it back to what is known to be durable."""
        file = await upload_files.hold(self._ctx, upload, create=upload.offset_bytes == 0)
        async with AsyncExitStack() as refused:
            if file is not None:
                refused.push_async_callback(file.close)
            if not await upload_rows.is_held(self._ctx.db, upload):
                # While this waited for the lock somebody else went on; cutting back would take their bytes.
                raise taken()
            if file is None or file.size_bytes < upload.offset_bytes:
                offset = file.size_bytes if file is not None else 0
                await transaction(self._ctx.db, lambda tx: upload_rows.rewind(tx, upload, offset=offset))
                raise wrong_offset(offset)
            await file.truncate(upload.offset_bytes)
            refused.pop_all()
        return file

    async def _take(self, upload: Upload, visit: Visit, *, file: Growing, stretch: Stretch) -> None:
        expiry_hours = await self._ctx.settings.get(known.UPLOAD_EXPIRY_HOURS)

        async def acknowledge(offset: int, hashed: Hashed) -> None:
            is_whole = offset == upload.length_bytes and hashed.position == offset
            sha256 = hashed.state.digest() if is_whole else None
            if not await transaction(
                self._ctx.db,
                lambda tx: upload_rows.advance(
                    tx, upload, offset=offset, sha256=sha256, expiry_hours=expiry_hours
                ),
            ):
                raise taken()
            self._remember(upload.id, hashed)

        is_judged = stretch.checksum is not None
        inflow = Inflow(
            file,
            offset=upload.offset_bytes,
            hashed=self._known_hash(upload),
            # A piece with a checksum counts as a whole, or not at all.
            on_durable=None if is_judged else acknowledge,
        )
        try:
            async with AsyncExitStack() as cut_short:
                cut_short.push_async_callback(
                    self._keep_what_is_good, upload, inflow, is_judged=is_judged, file=file
                )
                await self._pump(upload, visit, inflow=inflow, stretch=stretch)
                await inflow.flush()
                if is_judged and inflow.received > upload.offset_bytes:
                    await acknowledge(inflow.received, inflow.hashed)
                cut_short.pop_all()
        except (OutOfSpace, Unavailable):
            # Memory may differ from the disk by now: the next hash is taken from the disk.
            self._hashes.pop(upload.id, None)
            raise
        finally:
            await inflow.abandon()
        if inflow.hashed.position <= inflow.received:
            self._remember(upload.id, inflow.hashed)

    async def _pump(self, upload: Upload, visit: Visit, *, inflow: Inflow, stretch: Stretch) -> None:
        """Move the body into the file until one of them ends."""
        idle_seconds = await self._ctx.settings.get(known.UPLOAD_IDLE_SECONDS)
        judged = hashlib.new(stretch.checksum.algorithm) if stretch.checksum else None

        async def is_held() -> bool:
            return await upload_rows.is_held(self._ctx.db, upload)

        async with (
            visit.interruptible(),
            visit.watched(inflow, idle_seconds=idle_seconds, is_held=is_held),
        ):
            while True:
                visit.is_writing = True
                room = await inflow.room()
                visit.is_writing = False
                count = await stretch.body.read_into(room)
                if not count:
                    break
                _refuse_beyond(upload, inflow.received + count)
                if judged is not None:
                    judged.update(room[:count])
                inflow.took(count)
        if judged is not None and stretch.checksum is not None and judged.digest() != stretch.checksum.digest:
            raise Damaged

    async def _keep_what_is_good(
        self, upload: Upload, inflow: Inflow, *, is_judged: bool, file: Growing
    ) -> None:
        """The body has ended early: what has come and is in order need not be sent again."""
        good = upload.offset_bytes
        with suppress(VlogError):
            if not is_judged:
                await inflow.flush()
        await inflow.abandon()
        if not is_judged:
            # Durable, if not acknowledged: the answer of the database may have been lost on its way.
            good = inflow.synced
        with suppress(VlogError):
            await file.truncate(good)

    def _known_hash(self, upload: Upload) -> Hashed:
        hashed = self._hashes.get(upload.id, Hashed())
        return hashed if hashed.position <= upload.offset_bytes else Hashed()

    def _remember(self, upload_id: str, hashed: Hashed) -> None:
        self._hashes[upload_id] = hashed
        self._hashes.move_to_end(upload_id)
        if len(self._hashes) > REMEMBERED_HASHES:
            self._hashes.popitem(last=False)

    async def _with_figures(self, error: OutOfSpace, upload: Upload) -> OutOfSpace:
        with suppress(VlogError):
            free_bytes = (await self._ctx.storage.free()).free_bytes
            current = await upload_rows.get(self._ctx.db, upload.id)
            return OutOfSpace(
                error.message,
                free_bytes=free_bytes,
                needed_bytes=current.length_bytes - current.offset_bytes,
            )
        return error


def wrong_offset(offset: int) -> Conflict:
    """What to say of a piece that does not begin where the last one ended."""
    return Conflict(f"The upload goes on at byte {offset}.", code="wrong_offset", offset_bytes=offset)


def _refuse_beyond(upload: Upload, end: int) -> None:
    if end > upload.length_bytes:
        raise TooLarge(
            "There are more bytes than the upload was announced with.",
            code="upload_too_large",
            limit_bytes=upload.length_bytes,
        )


def _refuse_more(found: Outstanding, length_bytes: int, *, most_open: int, quota_bytes: int) -> None:
    if found.open_count >= most_open:
        raise TooMany(
            f"There are {found.open_count} open uploads already: end or cancel some first.",
            code="too_many_uploads",
            retry_after_seconds=_BUSY_RETRY_SECONDS,
        )
    if found.open_bytes + length_bytes > quota_bytes:
        raise TooMany(
            "The open uploads have more bytes together than allowed: end or cancel some first.",
            code="too_many_uploads",
            retry_after_seconds=_BUSY_RETRY_SECONDS,
            open_bytes=found.open_bytes,
            limit_bytes=quota_bytes,
        )
