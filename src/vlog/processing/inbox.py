"""How files that people put into the inbox become videos: each exactly once, whenever this process dies.

Every step can be repeated. A row names ``uploads/{upload_id}`` before the file is moved there, in one rename;
what lies there belongs to the row. The video and the row's end are one transaction. What can't be moved (it
lies on another disk, or has a second name) is copied, and removed once its copy is a video: under the name of
an accepted row lies another file, unless it is just the one that was copied.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping

from vlog.catalog.text import title_of_file
from vlog.catalog.videos import NewVideo
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Invalid, NotFound, OutOfSpace, TooLarge, VlogError
from vlog.processing import inbox_rows, uploads
from vlog.processing.inbox_rows import InboxFile, InboxRow
from vlog.processing.one_by_one import concerns_one
from vlog.processing.rooms import Rooms
from vlog.processing.uploads import Accepted, Received
from vlog.settings import known
from vlog.storage import layout
from vlog.storage.base import Storage, StoredFile
from vlog.storage.inbox import FoundFile, InboxFolder, Taken
from vlog.telemetry.logs import get_logger

_BLOCK_BYTES = 4 << 20
_READINGS = 3

_log = get_logger(__name__)


def folder_of(storage: Storage) -> InboxFolder | None:
    """The inbox of a storage in a folder; a storage without folders has none."""
    path = storage.local_path(layout.INBOX)
    return InboxFolder(path.parents[len(layout.INBOX.parts) - 1]) if path is not None else None


async def listed(ctx: Rooms, *, limit: int = 200) -> list[InboxFile]:
    """What is known of the inbox: failures first, then what is under way, then what became a video."""
    return await inbox_rows.listed(ctx.db, limit=limit)


async def look(ctx: Rooms, folder: InboxFolder) -> bool:
    """Compare the inbox with its rows and do what can be done; whether something waits to settle.

    Raises ``Unavailable`` when storage or database are away: the next look goes on where this one stopped.
    """
    for row in await _rows(ctx):
        if row.state == "taking":
            await _go_on(ctx, folder, row)
    found = {file.name: file for file in await folder.scan()}
    rows = {row.seen.name: row for row in await _rows(ctx)}
    await _note(ctx, folder, found=found, rows=rows)
    for name, row in rows.items():
        if row.wants_a_try and found.get(name) == row.seen:
            await _begin(ctx, folder, row.seen)
    return any(row.state in ("waiting", "taking") for row in await _rows(ctx))


async def _rows(ctx: Rooms) -> list[InboxRow]:
    return await inbox_rows.every(ctx.db, settle_seconds=await ctx.settings.get(known.INBOX_SETTLE_SECONDS))


async def _note(
    ctx: Rooms, folder: InboxFolder, *, found: Mapping[str, FoundFile], rows: Mapping[str, InboxRow]
) -> None:
    """Bring the rows to what lies in the folder."""
    seen = []
    for name, file in found.items():
        row = rows.get(name)
        if row is None:
            seen.append(file)
        elif row.state == "accepted":
            if row.is_copy and _is_same(row.seen, file):
                await _remove_copied(ctx, folder, file)
            else:
                seen.append(file)
        elif row.state != "taking" and not _is_same(row.seen, file):
            seen.append(file)
    await inbox_rows.note(ctx.db, seen=seen, gone=rows.keys() - found.keys())
    for file in seen:
        if not file.is_nameable:
            error = Invalid("The file's name is no UTF-8: rename it.", code="inbox_bad_name")
            await _fail(ctx, file, error)


def _is_same(one: FoundFile, other: FoundFile) -> bool:
    return (one.size_bytes, one.modified_ns) == (other.size_bytes, other.modified_ns)


async def _begin(ctx: Rooms, folder: InboxFolder, seen: FoundFile) -> None:
    """Take a settled file, or say why not."""
    try:
        await _judge(ctx, seen)
    except (Invalid, TooLarge) as error:
        await _fail(ctx, seen, error)
        return
    upload_id = secrets.token_hex(16)
    if await inbox_rows.begin(ctx.db, seen, upload_id=upload_id):
        row = InboxRow(seen, "taking", upload_id, is_copy=False, is_settled=True, is_due_again=False)
        await _go_on(ctx, folder, row)


async def _judge(ctx: Rooms, seen: FoundFile) -> None:
    limit_mb = await ctx.settings.get(known.MAX_UPLOAD_MB)
    if seen.size_bytes == 0:
        raise Invalid("The file is empty.", code="empty_upload")
    if seen.size_bytes > limit_mb << 20:
        raise TooLarge(
            f"The file is larger than {limit_mb} MiB (setting {known.MAX_UPLOAD_MB.key}).",
            code="upload_too_large",
        )


async def _go_on(ctx: Rooms, folder: InboxFolder, row: InboxRow) -> None:
    """Bring a file that is being taken as far as it gets, from wherever a crash has left it."""
    assert row.upload_id is not None  # noqa: S101 - a constraint of the table
    key = layout.upload(row.upload_id)
    try:
        received = await _bring_in(ctx, folder, row=row, key=key) or await _hashed(ctx.storage, key)
        accepted = await _accept(ctx, row, received)
    except NotFound:
        # It changed or went before it was taken, or somebody removed it afterwards: look again.
        await inbox_rows.put_back(ctx.db, row.upload_id)
    except VlogError as error:
        await _give_way(ctx, folder, row=row, error=error)
    else:
        _log.info("inbox file accepted", file=row.seen.name, video=accepted.video_id)
        if received.key != key:
            await _remove_copied(ctx, folder, row.seen)


async def _give_way(ctx: Rooms, folder: InboxFolder, *, row: InboxRow, error: VlogError) -> None:
    """Say what keeps a file from becoming a video, so that others need not wait for it.

    Only a file that still lies in the inbox fails: what was moved stays the row's until it is a video.
    Raises ``Unavailable`` when it is not this file's trouble.
    """
    if not await concerns_one(ctx, error):
        raise error
    # A conflict is another process's work on the same file, or its writer's.
    if not isinstance(error, Conflict) and await folder.is_unchanged(row.seen):
        await _fail(ctx, row.seen, error)
        return
    assert row.upload_id is not None  # noqa: S101 - a constraint of the table
    _log.warning("inbox file put off", file=row.seen.name, code=error.code, reason=error.message)
    await inbox_rows.remark(ctx.db, row.upload_id, code=error.code, words=error.message)


async def _bring_in(ctx: Rooms, folder: InboxFolder, *, row: InboxRow, key: layout.Key) -> Received | None:
    """Have the file below ``uploads``: what was copied and hashed, or ``None`` when ``key`` is its place."""
    assert row.upload_id is not None  # noqa: S101 - a constraint of the table
    if not row.is_copy:
        if await ctx.storage.exists(key):
            return None
        if await folder.take(row.seen, row.upload_id) is not Taken.MUST_BE_COPIED:
            return None
        await inbox_rows.will_copy(ctx.db, row.upload_id)
    try:
        original = await folder.open(row.seen)
    except NotFound:
        return None
    try:
        async with uploads.receive(ctx, expected_bytes=row.seen.size_bytes) as receiver:
            async for block in _blocks(original):
                await receiver.write(block)
            received = await receiver.complete()
    finally:
        await original.close()
    if await folder.is_unchanged(row.seen):
        return received
    await ctx.storage.delete(received.key)
    return None


async def _accept(ctx: Rooms, row: InboxRow, received: Received) -> Accepted:
    """Create the video and end the row, together; ``Conflict`` when another process has done it."""
    assert row.upload_id is not None  # noqa: S101 - a constraint of the table
    upload_id = row.upload_id
    max_attempts = await ctx.settings.get(known.MAX_RETRIES)
    publish = await ctx.settings.get(known.INBOX_PUBLISH)
    filename = row.seen.name.rpartition("/")[2]
    new = NewVideo(title=title_of_file(filename), publish_when_ready=publish, source_filename=filename)

    async def work(tx: Transaction) -> Accepted:
        if not await inbox_rows.lock(tx, upload_id):
            raise Conflict("Another process has taken this file.", code="inbox_taken")
        accepted = await uploads.make_video(tx, new, received=received, max_attempts=max_attempts)
        await inbox_rows.accept(tx, upload_id, video_id=accepted.video_id)
        return accepted

    return await transaction(ctx.db, work)


async def _remove_copied(ctx: Rooms, folder: InboxFolder, seen: FoundFile) -> None:
    await folder.remove(seen)
    await inbox_rows.removed(ctx.db, seen.name)


async def _hashed(storage: Storage, key: layout.Key) -> Received:
    """Read the whole file. Whoever still holds it open may write on: then read it again.

    Raises ``NotFound``, and ``Conflict`` (code ``inbox_still_changing``) when it does not come to rest.
    """
    for _ in range(_READINGS):
        before = await storage.stat(key)
        digest = hashlib.sha256()
        file = await storage.open(key)
        try:
            async for block in _blocks(file):
                digest.update(block)
        finally:
            await file.close()
        if await storage.stat(key) == before:
            return Received(key=key, size_bytes=before.size_bytes, sha256=digest.digest())
    raise Conflict("The file is still being written to.", code="inbox_still_changing")


async def _blocks(file: StoredFile) -> AsyncIterator[bytes]:
    offset = 0
    while block := await file.read(offset, _BLOCK_BYTES):
        offset += len(block)
        yield block


async def _fail(ctx: Rooms, seen: FoundFile, error: VlogError) -> None:
    words = error.message
    if isinstance(error, OutOfSpace) and "free_bytes" in error.details:
        free, needed = (int(str(error.details[name])) for name in ("free_bytes", "needed_bytes"))
        words = f"{words} It needs {_megabytes(needed)}, and {_megabytes(free)} are free."
    _log.warning("inbox file failed", file=seen.name, code=error.code, reason=words)
    await inbox_rows.fail(ctx.db, seen.name, code=error.code, words=words)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:,.0f} MB".replace(",", " ")
