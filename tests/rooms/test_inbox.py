"""A file in the inbox becomes one video: not before it stands still, not twice, and never nothing."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support.inbox_elsewhere import FILM
from vlog.catalog import videos
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Unavailable
from vlog.kit.sightings import Sightings
from vlog.processing import inbox, uploads
from vlog.settings import store
from vlog.storage.inbox import InboxFolder
from vlog.storage.lanes import Lane
from vlog.storage.layout import Key

T = TypeVar("T")
_OLDER = "UPDATE inbox_files SET changed_at = changed_at - interval '1 hour'"


@pytest.fixture
async def folder(ctx: Context) -> AsyncIterator[InboxFolder]:
    opened = inbox.folder_of(ctx.storage)
    assert opened is not None
    await opened.prepare()
    yield opened
    opened.close()


async def settle(ctx: Context, folder: InboxFolder) -> None:
    """See what is there, let time pass, and look again."""
    await inbox.look(ctx, folder)
    await ctx.db.fetch(_OLDER)
    await inbox.look(ctx, folder)


async def of_files(ctx: Context) -> dict[str, tuple[str, str | None]]:
    return {file.name: (file.state, file.error_code) for file in await inbox.listed(ctx)}


async def sources(ctx: Context) -> list[tuple[str, bytes]]:
    """Title and bytes of every video, as the storage holds them."""
    rows = await ctx.db.fetch("SELECT title, source_key, source_sha256 FROM videos ORDER BY id")
    found = []
    for row in rows:
        data = await ctx.storage.read(Key(row["source_key"]))
        assert hashlib.sha256(data).digest() == row["source_sha256"]
        found.append((row["title"], data))
    return found


async def test_a_file_that_stands_still_becomes_a_video(ctx: Context, folder: InboxFolder) -> None:
    data = os.urandom(5_000_000)
    (folder.path / "My_holiday.2024.mp4").write_bytes(data)
    assert await inbox.look(ctx, folder) is True
    assert await of_files(ctx) == {"My_holiday.2024.mp4": ("waiting", None)}
    await ctx.db.fetch(_OLDER)
    assert await inbox.look(ctx, folder) is False
    assert await sources(ctx) == [("My holiday 2024", data)]
    (file,) = await inbox.listed(ctx)
    assert file.video_id is not None
    video = await videos.by_id(ctx.db, file.video_id)
    assert (file.state, file.title, file.slug) == ("accepted", video.title, "my-holiday-2024")
    assert video.source_filename == "My_holiday.2024.mp4"
    assert list(folder.path.iterdir()) == []
    tasks = await ctx.db.fetch("SELECT kind, state FROM transcoding_tasks")
    assert [tuple(row) for row in tasks] == [("inspect", "queued")]


async def test_a_growing_file_waits(ctx: Context, folder: InboxFolder) -> None:
    with (folder.path / "long.mkv").open("wb") as growing:
        for _ in range(3):
            growing.write(b"more")
            growing.flush()
            await inbox.look(ctx, folder)
            await ctx.db.fetch(_OLDER)
        # It grew after each look, so no time of standing still has been seen.
        growing.write(b"last")
        growing.flush()
        await inbox.look(ctx, folder)
        assert await sources(ctx) == []
    await settle(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"moremoremorelast"]


async def test_what_is_no_complete_plain_file_is_left_alone(
    ctx: Context, folder: InboxFolder, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"not yours")
    (folder.path / "link.mp4").symlink_to(secret)
    (folder.path / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder.path / "pipe.mp4")
    for name in (".hidden.mp4", "a.mp4.part", "b.crdownload", "c.TMP", "d.mp4~"):
        (folder.path / name).write_bytes(b"unfinished")
    (folder.path / "a" / "b").mkdir(parents=True)
    (folder.path / "a" / "b" / "deep.mp4").write_bytes(b"too deep")
    (folder.path / "a" / "Trip.mov").write_bytes(b"one folder deep")
    await settle(ctx, folder)
    assert await sources(ctx) == [("Trip", b"one folder deep")]
    assert set(await of_files(ctx)) == {"a/Trip.mov"}
    assert secret.read_bytes() == b"not yours"
    assert len(list(folder.path.iterdir())) == 9


async def test_failures_stay_visible_and_are_tried_again_when_the_file_changes(
    ctx: Context, folder: InboxFolder
) -> None:
    await transaction(ctx.db, lambda tx: store.put(tx, "storage.max_upload_size_mb", 1, actor="test"))
    ctx.settings.forget()
    (folder.path / "empty.mp4").touch()
    (folder.path / "huge.mp4").write_bytes(bytes(2 << 20))
    os.close(os.open(os.fsencode(folder.path) + b"/caf\xe9.mp4", os.O_CREAT | os.O_WRONLY))
    await settle(ctx, folder)
    assert await of_files(ctx) == {
        "empty.mp4": ("failed", "empty_upload"),
        "huge.mp4": ("failed", "upload_too_large"),
        "caf\\xe9.mp4": ("failed", "inbox_bad_name"),
    }
    assert all(file.error_message for file in await inbox.listed(ctx))
    assert len(list(folder.path.iterdir())) == 3
    (folder.path / "empty.mp4").write_bytes(b"no longer")
    (folder.path / "huge.mp4").unlink()
    await settle(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"no longer"]
    assert "huge.mp4" not in await of_files(ctx)


async def test_a_name_whose_escapes_fill_the_row_keeps_no_other_waiting(
    ctx: Context, folder: InboxFolder
) -> None:
    name = os.fsdecode(b"\xe9" * 250)
    (folder.path / name).mkdir()
    (folder.path / name / name).touch()
    (folder.path / "good.mp4").write_bytes(b"good")
    await settle(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"good"]
    assert ("failed", "inbox_bad_name") in (await of_files(ctx)).values()


async def test_a_bad_sector_keeps_no_other_file_waiting(
    ctx: Context, folder: InboxFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "bad.mp4").write_bytes(b"bad for now")
    (folder.path / "good.mp4").write_bytes(b"good")
    inode = (folder.path / "bad.mp4").stat().st_ino
    for broken, expected in (("fsync", "failed"), ("pread", "taking")):
        with monkeypatch.context() as patch:
            patch.setattr(os, broken, broken_for(inode, getattr(os, broken)))
            await settle(ctx, folder)
        assert await of_files(ctx) == {
            "bad.mp4": (expected, "storage_unavailable"),
            "good.mp4": ("accepted", None),
        }
    assert all(file.error_message for file in await inbox.listed(ctx) if file.name == "bad.mp4")
    await settle(ctx, folder)
    assert await of_files(ctx) == {"bad.mp4": ("accepted", None), "good.mp4": ("accepted", None)}
    assert {data for _, data in await sources(ctx)} == {b"good", b"bad for now"}


def broken_for(inode: int, real: Callable[..., T]) -> Callable[..., T]:
    """``real``, which fails for one file."""

    def call(file: int, *args: object) -> T:
        if os.fstat(file).st_ino == inode:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(file, *args)

    return call


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_says_so_and_is_taken_once_it_may(
    ctx: Context, folder: InboxFolder
) -> None:
    file = folder.path / "private.mp4"
    file.write_bytes(b"mine")
    file.chmod(0)
    await settle(ctx, folder)
    assert (await of_files(ctx))["private.mp4"] == ("failed", "inbox_unreadable")
    file.chmod(0o600)
    await settle(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"mine"]


async def test_the_same_name_again_is_another_video(ctx: Context, folder: InboxFolder) -> None:
    for data in (b"first", b"second", b"second"):
        (folder.path / "clip.mp4").write_bytes(data)
        await settle(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"first", b"second", b"second"]


async def test_a_file_with_a_second_name_is_copied_so_that_nobody_can_change_the_source(
    ctx: Context, folder: InboxFolder, tmp_path: Path
) -> None:
    other = tmp_path / "library.mp4"
    other.write_bytes(b"original")
    os.link(other, folder.path / "library.mp4")
    await settle(ctx, folder)
    other.write_bytes(b"changed later")
    assert await sources(ctx) == [("library", b"original")]
    assert list(folder.path.iterdir()) == []


async def test_a_file_on_another_disk_is_copied_and_then_removed(ctx: Context, folder: InboxFolder) -> None:
    """The inbox may be a mount of its own: a rename then answers EXDEV."""
    here = Path(__file__).parents[2]
    command = [
        sys.executable,
        "-m",
        "tests.support.inbox_elsewhere",
        ctx.db.dsn,
        str(ctx.config.storage_path),
    ]
    process = await asyncio.create_subprocess_exec(
        "unshare", "-rm", *command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    assert await sources(ctx) == [("film", FILM)]
    assert await of_files(ctx) == {"film.mp4": ("accepted", None)}


async def test_nothing_is_touched_while_the_disk_is_not_mounted(ctx: Context, folder: InboxFolder) -> None:
    (folder.path / "clip.mp4").write_bytes(b"data")
    await inbox.look(ctx, folder)
    await ctx.db.fetch(_OLDER)
    marker = ctx.config.storage_path / ".vlog-root"
    marker.rename(marker.with_name("away"))
    with pytest.raises(Unavailable):
        await inbox.look(ctx, folder)
    assert (await of_files(ctx))["clip.mp4"] == ("waiting", None)
    marker.with_name("away").rename(marker)
    await inbox.look(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"data"]


async def test_a_file_being_taken_is_no_leftover_however_old_it_is(ctx: Context, folder: InboxFolder) -> None:
    file = folder.path / "old.mp4"
    file.write_bytes(b"from last century")
    os.utime(file, (0, 0))
    await inbox.look(ctx, folder)
    await ctx.db.fetch(_OLDER)
    # Die as soon as the file has been moved: what lies in `uploads` belongs to the row.
    for at in range(1, 30):
        with suppress(Crash):
            await crashing_look(ctx, at=at, after=True)
        if not file.exists():
            break
    assert await sources(ctx) == []
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 0
    await inbox.look(ctx, folder)
    assert [data for _, data in await sources(ctx)] == [b"from last century"]
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 0


@pytest.mark.parametrize("is_linked", [False, True], ids=["moved", "copied"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_operation_a_file_is_neither_lost_nor_made_twice(
    ctx: Context, folder: InboxFolder, tmp_path: Path, is_linked: bool, after: bool
) -> None:
    wanted = []
    for at in range(1, 100):
        name, data = f"clip {at}.mp4", b"%d" % at * 1000
        original = (tmp_path if is_linked else folder.path) / name
        original.write_bytes(data)
        if is_linked:
            os.link(original, folder.path / name)
        wanted.append((f"clip {at}", data))
        await inbox.look(ctx, folder)
        await ctx.db.fetch(_OLDER)
        died = False
        try:
            await crashing_look(ctx, at=at, after=after)
        except Crash:
            died = True
        await settle(ctx, folder)
        assert await sources(ctx) == wanted
        assert list(folder.path.iterdir()) == []
        if not died:
            break
    assert 5 < at < 99


class Crash(BaseException):
    """The process is gone: nothing that would tidy up does."""


class Dying:
    """Runs file operations until one of them, before or after which the process dies."""

    def __init__(self, *, at: int, after: bool) -> None:
        self._run = Lane.run
        self._at = at
        self._after = after
        self._count = 0

    async def run(self, lane: Lane, work: Callable[[], T], **options: Any) -> T:
        self._count += 1
        if self._count > self._at or (self._count == self._at and not self._after):
            raise Crash
        result: T = await self._run(lane, work, **options)
        if self._count == self._at:
            raise Crash
        return result


async def crashing_look(ctx: Context, *, at: int, after: bool) -> None:
    """One look by a process that dies at its ``at``-th file operation."""
    folder = inbox.folder_of(ctx.storage)
    assert folder is not None
    dying = Dying(at=at, after=after)

    async def run(lane: Lane, work: Callable[[], T], **options: Any) -> T:
        return await dying.run(lane, work, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lane, "run", run)
        try:
            await inbox.look(ctx, folder)
        finally:
            folder.close()
