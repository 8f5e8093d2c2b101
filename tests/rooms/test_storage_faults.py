"""What a broken disk does to the storage: refusals with a reason, nothing half done, going on afterwards.

Faults that need a disk of their own (a mount) are skipped, in words, where mounts are not to be had.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import small_disk
from vlog.cli import folders
from vlog.config import Config
from vlog.kit.errors import Conflict, NotFound, OutOfSpace, Unavailable, VlogError
from vlog.kit.sightings import Sightings
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage

A, B = Key("videos/a/one.bin"), Key("videos/b/two.bin")


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[LocalStorage]:
    local = LocalStorage(tmp_path)
    await local.adopt("us", may_create=True)
    yield local
    await local.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", size="8m") as folder:
        yield folder


def failing(calls: int, number: int, real: Callable[..., object]) -> Callable[..., object]:
    """``real``, but its first ``calls`` calls fail with ``number``."""
    left = [calls]

    def call(*args: object, **options: object) -> object:
        if left[0]:
            left[0] -= 1
            raise OSError(number, os.strerror(number))
        return real(*args, **options)

    return call


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def code_of(question: object) -> str:
    with pytest.raises(VlogError) as caught:
        await question  # type: ignore[misc]
    return caught.value.code


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO])
async def test_a_dead_handle_is_replaced_once(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    await storage.put(A, b"0123456789")
    file = await storage.open(A)
    monkeypatch.setattr(os, "pread", failing(1, number, os.pread))
    assert await file.read(2, 3) == b"234"
    monkeypatch.setattr(os, "pread", failing(2, number, os.pread))
    assert await code_of(file.read(2, 3)) == "storage_unavailable"
    monkeypatch.undo()
    assert await file.read(2, 3) == b"234"
    await file.close()


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO])
async def test_looking_by_path_is_tried_again_once(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    await storage.put(A, b"1")
    monkeypatch.setattr(os, "stat", failing(1, number, os.stat))
    assert (await storage.stat(A)).size_bytes == 1
    monkeypatch.setattr(os, "stat", failing(2, number, os.stat))
    assert await code_of(storage.stat(A)) == "storage_unavailable"


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOSPC, errno.EDQUOT])
async def test_a_failed_fsync_is_never_taken_for_done(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The kernel reports a lost write once; asking again would be told that all is well."""
    growing = await storage.grow(Key("uploads/x.part"))
    await growing.write_at(0, b"bytes")
    monkeypatch.setattr(os, "fsync", failing(1, number, os.fsync))
    with pytest.raises((Unavailable, OutOfSpace)):
        await growing.commit(A)
    monkeypatch.undo()
    assert not await storage.exists(A)
    await growing.close()


async def test_a_full_disk_says_how_much_is_left_and_goes_on_when_there_is_room(disk: Path) -> None:
    storage = LocalStorage(disk)
    await storage.adopt("us", may_create=True)
    await storage.put(A, bytes(1 << 20))
    with pytest.raises(OutOfSpace) as caught:
        await storage.put_many([(B, bytes(20 << 20))])
    assert isinstance(caught.value.details["free_bytes"], int)
    assert await storage.read(A) == bytes(1 << 20)
    assert names(disk / ".staging") == []
    await storage.put(B, b"fits")
    await storage.close()


async def test_a_read_only_disk_is_read(disk: Path) -> None:
    storage = LocalStorage(disk)
    await storage.adopt("us", may_create=True)
    await storage.put(A, b"1")
    with small_disk.read_only(disk):
        assert await code_of(storage.put(B, b"2")) == "storage_read_only"
        assert await code_of(storage.check()) == "storage_read_only"
        assert await storage.read(A) == b"1"
    await storage.put(B, b"2")
    await storage.check()
    await storage.close()


async def test_a_disk_that_comes_and_goes(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    storage = LocalStorage(folder)
    with small_disk(folder) as _:
        await storage.adopt("us", may_create=True)
        await storage.put(A, b"1")
        with small_disk.hidden(folder):
            for question in (
                storage.read(A),
                storage.exists(A),
                storage.list(Key("videos")),
                storage.check(),
            ):
                assert await code_of(question) == "storage_not_mounted"
            for change in (storage.put(B, b"2"), storage.delete(A), storage.delete_folder(Key("videos"))):
                assert await code_of(change) == "storage_not_mounted"
            assert names(folder) == [], "nothing is written below the mount point"
        assert await storage.read(A) == b"1"
        await storage.put(B, b"2")
    await storage.close()


async def test_another_disk_in_its_place_is_not_written_to(storage: LocalStorage, tmp_path: Path) -> None:
    await storage.put(A, b"1")
    (tmp_path / ".vlog-root").write_text("them\n")
    assert await code_of(storage.put(B, b"2")) == "foreign_storage"
    assert await code_of(storage.check()) == "foreign_storage"
    assert await storage.read(A) == b"1"


async def test_a_fresh_disk_with_its_lost_and_found_is_bare(tmp_path: Path) -> None:
    (tmp_path / "root" / "lost+found").mkdir(parents=True)
    storage = LocalStorage(tmp_path / "root")
    assert await storage.adopt("us", may_create=True)
    await storage.close()


async def test_files_and_folders_move_to_another_disk(storage: LocalStorage, tmp_path: Path) -> None:
    await storage.put(Key("videos/v/deep/c"), b"1" * 3_000_000)
    await storage.put(Key("videos/v/d"), b"2")
    with small_disk(tmp_path / "archive", size="16m"):
        await storage.move(Key("videos/v"), Key("archive/v"))
        assert await storage.read(Key("archive/v/deep/c")) == b"1" * 3_000_000
        assert not await storage.exists(Key("videos/v"))
        await storage.move(Key("archive/v/d"), A)
        assert await storage.read(A) == b"2"
        with pytest.raises(Conflict):
            await storage.move(A, Key("archive/v/deep"))
        assert [name for name in names(tmp_path / "archive") if name.startswith(".")] == []


async def test_staged_bytes_are_placed_on_another_disk(storage: LocalStorage, tmp_path: Path) -> None:
    with small_disk(tmp_path / "videos"):
        await storage.put(A, b"put")
        (staged,) = await storage.stage([b"staged"])
        assert await storage.place([(staged, B)]) == []
        (other,) = await storage.stage([b"other"])
        assert await storage.place([(other, B)]) == [B]
        assert (await storage.read(A), await storage.read(B)) == (b"put", b"staged")
    await storage.discard([staged, other])


DIES_COPYING = """
import os, signal, sys
from pathlib import Path
from vlog.storage import across
from vlog.kit.sightings import Sightings
from vlog.storage.layout import Key
from vlog.storage.tree import Tree

across.os.fsync = lambda file: None if staging(file) else os.kill(os.getpid(), signal.SIGKILL)
def staging(file): return ".staging" in os.readlink(f"/proc/self/fd/{file}")
tree = Tree(Path(sys.argv[1]))
tree.owner = "us"
tree.move(Key("videos/v"), Key("archive/v"))
"""


async def test_what_a_death_between_two_disks_leaves_is_swept(storage: LocalStorage, tmp_path: Path) -> None:
    await storage.put(Key("videos/v/c"), b"1" * 100_000)
    with small_disk(tmp_path / "archive", size="16m"):
        command = [sys.executable, "-c", DIES_COPYING, str(tmp_path)]
        assert (await asyncio.to_thread(subprocess.run, command, check=False)).returncode == -signal.SIGKILL
        (left,) = names(tmp_path / "archive")
        assert left.startswith(".")
        (note,) = tmp_path.glob(".staging/*.copy")
        with note.open("r+") as working:
            fcntl.flock(working, fcntl.LOCK_EX)
            await storage.sweep(older_than_seconds=-60, seen=Sightings(0))
            assert names(tmp_path / "archive") == [left], "what is being made is nobody's leftover"
        assert await storage.sweep(older_than_seconds=-60, seen=Sightings(0)) == 1
        assert names(tmp_path / "archive") == names(tmp_path / ".staging") == []
        await storage.move(Key("videos/v"), Key("archive/v"))
        assert await storage.read(Key("archive/v/c")) == b"1" * 100_000
        assert names(tmp_path / ".staging") == []


async def test_a_disk_too_small_for_a_move_leaves_the_original(storage: LocalStorage, tmp_path: Path) -> None:
    await storage.put(Key("videos/v/c"), bytes(20 << 20))
    with small_disk(tmp_path / "archive"):
        with pytest.raises(OutOfSpace):
            await storage.move(Key("videos/v"), Key("archive/v"))
        assert names(tmp_path / "archive") == []
    assert len(await storage.read(Key("videos/v/c"))) == 20 << 20


async def test_files_that_may_not_be_used_are_no_riddle(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may open everything, so the system's refusal is played."""
    await storage.put(A, b"1")
    monkeypatch.setattr(os, "open", failing(100, errno.EACCES, os.open))
    with pytest.raises(Unavailable) as caught:
        await storage.read(A)
    assert caught.value.code == "storage_denied"
    assert "videos" not in caught.value.message


async def test_a_planted_folder_link_is_not_followed_by_a_move(storage: LocalStorage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "link").symlink_to(outside)
    with pytest.raises(NotFound):
        await storage.move(Key("videos/link"), Key("archive/link"))
    assert (tmp_path / "videos" / "link").is_symlink()


def test_vlog_starts_on_media_that_can_only_be_read(disk: Path, tmp_path: Path) -> None:
    """A disk that is read-only after a restart is no reason to take the site away."""
    config = Config(data_dir=tmp_path / "data", storage_path=disk)
    (disk / ".vlog-root").write_text("us\n")
    with small_disk.read_only(disk):
        (warning,) = folders.prepare(config, {"VLOG_STORAGE_PATH": str(disk)})
        assert "read-only" in warning or "full" in warning
        assert "videos play" in warning
