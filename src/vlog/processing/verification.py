"""Compares the storage with the rows, both ways: every file against its hash, every file against its row.

It reads, and deletes nothing. What looks wrong is looked at twice, against fresh rows: videos live on while
they are checked. Without its marker the storage is not checked at all: an unmounted disk is no loss of files.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from vlog.db.transaction import Transaction, transaction
from vlog.kit.clock import monotonic_seconds, now
from vlog.kit.errors import NotFound, Unavailable, VlogError
from vlog.media.presentation import PLAYLIST_NAME
from vlog.processing import checks, expected, findings, uploads
from vlog.processing.expected import Expected, Shelf
from vlog.processing.findings import Finding, Kind
from vlog.processing.one_by_one import concerns_one
from vlog.processing.rooms import Rooms
from vlog.settings.known import ENABLE_DASH
from vlog.storage import layout
from vlog.storage.base import Entry
from vlog.storage.layout import Key

_CHUNK_BYTES = 512 << 10
# Younger files may be on their way to their row.
YOUNG = timedelta(hours=24)
_PAGE = 500
# How often somebody who looks on is told how far it is.
TELL_SECONDS = 2.0

_VIDEOS = "SELECT id FROM videos WHERE id > $1 ORDER BY id LIMIT $2"
_TOTAL = """
SELECT coalesce(sum(source_size_bytes), 0)::bigint + (
  SELECT coalesce(sum(q.size_bytes), 0)::bigint FROM video_qualities q
  JOIN generations g ON g.id = q.generation_id AND g.state <> 'retired') FROM videos
"""
_BY_STORAGE_KEY = "SELECT EXISTS (SELECT FROM videos WHERE storage_key = $1)"


@dataclass(slots=True)
class Progress:
    """How far a check is; totals are estimates."""

    files: int = 0
    size_bytes: int = 0
    total_bytes: int = 0
    findings: int = 0


OnProgress = Callable[[Progress], None]


def _silent(_: Progress) -> None:
    """Nobody watches."""


class Verification:
    """One check. ``rate`` is bytes per second, 0 for as fast as it goes."""

    def __init__(self, ctx: Rooms, *, rate: int = 0, on_progress: OnProgress = _silent) -> None:
        self.progress = Progress()
        self._ctx = ctx
        self._rate = rate
        self._on_progress = on_progress
        self._began = self._told_at = monotonic_seconds()
        # 0: a check of single videos, of which no record is kept.
        self._check_id = 0

    async def everything(self) -> list[Finding]:
        """Check all videos and all folders, and record what is found.

        Raises ``Unavailable``, and ``Conflict`` (code ``check_stopped``) when somebody has stopped it.
        """
        total_bytes = self.progress.total_bytes = int(await self._ctx.db.fetchval(_TOTAL))
        self._check_id = await transaction(self._ctx.db, lambda tx: checks.begin(tx, total_bytes=total_bytes))
        try:
            await self._ctx.storage.check()
            found: list[Finding] = []
            async for video_id in self._video_ids():
                found += await self.video(video_id)
            found += await self._record([each async for each in self._strays()])
            await transaction(self._ctx.db, self._end)
        except VlogError as error:
            await self._fail(error.message)
            raise
        except asyncio.CancelledError:
            # Who looks on is told now, and not when the silence has lasted long enough.
            await self._fail("The process that made it was stopped.")
            raise
        return found

    async def video(self, video_id: int) -> list[Finding]:
        """Check one video, and record what is found; nothing for one that has been purged meanwhile."""
        try:
            shelf = await self._shelf(video_id)
            wrong = [each for each in shelf.files.values() if await self._kind(each) is not None]
            found = await self._confirmed(video_id, wrong)
        except NotFound:
            return []
        found += [Finding.unknown(key, video_id=video_id) async for key in self._unnamed(shelf)]
        return await self._record(found, of_video=video_id)

    async def again(self, video_id: int) -> list[Finding]:
        """Look again at those files of a video that were found wrong, and at no others."""
        known = await findings.of_video(self._ctx.db, video_id)
        try:
            shelf = await self._shelf(video_id)
        except NotFound:
            return []
        named = [shelf.files[Key(each.key)] for each in known if Key(each.key) in shelf.files]
        wrong = [each for each in named if await self._kind(each) is not None]
        found = await self._confirmed(video_id, wrong)
        wrong_keys = {each.key for each in found}
        sound = [each.key for each in known if each.kind != "unknown" and each.key not in wrong_keys]
        await transaction(self._ctx.db, lambda tx: findings.forget(tx, sound))
        return await self._record(found)

    async def _shelf(self, video_id: int) -> Shelf:
        with_dash = await self._ctx.settings.get(ENABLE_DASH)
        return await expected.of_video(self._ctx.db, video_id, with_dash=with_dash)

    async def _end(self, tx: Transaction) -> None:
        started_at = await self._touch(tx)
        await checks.end(tx, self._check_id)
        await findings.forget_unseen(tx, since=started_at)

    async def _touch(self, tx: Transaction) -> datetime:
        seen = self.progress
        return await checks.touch(
            tx, self._check_id, files=seen.files, size_bytes=seen.size_bytes, findings=seen.findings
        )

    async def _fail(self, reason: str) -> None:
        # Where the database is what has failed, its silence says the same.
        with suppress(VlogError):
            await transaction(self._ctx.db, lambda tx: checks.fail(tx, self._check_id, reason=reason))

    async def _confirmed(self, video_id: int, wrong: list[Expected]) -> list[Finding]:
        """What is still wrong by the rows of now."""
        if not wrong:
            return []
        again = await self._shelf(video_id)
        found = []
        for each in wrong:
            wanted = again.files.get(each.key)
            kind = None if wanted is None else await self._kind(wanted)
            if wanted is not None and kind is not None:
                found.append(Finding.of(wanted, kind, video_id=video_id))
        return found

    async def _kind(self, wanted: Expected) -> Kind | None:
        """What is wrong with a file, if anything."""
        self.progress.files += 1
        try:
            if wanted.sha256 is None:
                found = await self._ctx.storage.stat(wanted.key)
                return "damaged" if found.is_folder or not found.size_bytes else None
            size_bytes, sha256 = await self._digest(wanted.key)
        except NotFound:
            return "missing"
        except Unavailable as error:
            if not await concerns_one(self._ctx, error):
                raise
            return "damaged"
        matches = sha256 == wanted.sha256 and wanted.size_bytes in {None, size_bytes}
        return None if matches else "damaged"

    async def _digest(self, key: Key) -> tuple[int, bytes]:
        digest, offset = hashlib.sha256(), 0
        file = await self._ctx.storage.open(key)
        try:
            while data := await file.read(offset, _CHUNK_BYTES):
                # In a thread: viewers of the same process would feel each chunk.
                await asyncio.to_thread(digest.update, data)
                offset += len(data)
                await self._pace(len(data))
        finally:
            await file.close()
        return offset, digest.digest()

    async def _pace(self, size_bytes: int) -> None:
        self.progress.size_bytes += size_bytes
        await self._tell()
        if self._rate:
            ahead = self.progress.size_bytes / self._rate - (monotonic_seconds() - self._began)
            if ahead > 0:
                await asyncio.sleep(ahead)

    async def _tell(self) -> None:
        self._on_progress(self.progress)
        if self._check_id and monotonic_seconds() - self._told_at > TELL_SECONDS:
            self._told_at = monotonic_seconds()
            await transaction(self._ctx.db, self._touch)

    async def _video_ids(self) -> AsyncIterator[int]:
        after = 0
        while page := await self._ctx.db.fetch(_VIDEOS, after, _PAGE):
            for row in page:
                yield row["id"]
            after = page[-1]["id"]

    async def _unnamed(self, shelf: Shelf) -> AsyncIterator[Key]:
        """Old files in the video's generations, and folders of none."""
        for entry in await self._ctx.storage.list(shelf.root):
            if not entry.stat.is_folder or entry.key in shelf.resting:
                continue
            if entry.key not in shelf.folders:
                if not _is_young(entry):
                    yield entry.key
                continue
            for rendition in await self._ctx.storage.list(entry.key):
                for file in await self._ctx.storage.list(rendition.key):
                    if file.key not in shelf.files and not _may_be_there(file):
                        yield file.key

    async def _strays(self) -> AsyncIterator[Finding]:
        """Files and folders that belong to no video at all."""
        for folder in (layout.VIDEOS, layout.ARCHIVE):
            for entry in await self._ctx.storage.list(folder):
                known = await self._ctx.db.fetchval(_BY_STORAGE_KEY, entry.key.name)
                if not known and not _is_young(entry):
                    yield Finding.unknown(entry.key)
        async for key in uploads.leftovers(self._ctx, older_than=YOUNG):
            yield Finding.unknown(key)

    async def _record(self, found: list[Finding], *, of_video: int | None = None) -> list[Finding]:
        async def work(tx: Transaction) -> None:
            if of_video is not None:
                await findings.forget_others(tx, of_video, found)
            await findings.record(tx, found)

        await transaction(self._ctx.db, work)
        if found:
            self.progress.findings += len(found)
            await self._tell()
        return found


def _may_be_there(entry: Entry) -> bool:
    """Playlists of renditions in the making come and go with what is published of them."""
    return entry.key.name == PLAYLIST_NAME or _is_young(entry)


def _is_young(entry: Entry) -> bool:
    return now() - entry.stat.modified_at < YOUNG
