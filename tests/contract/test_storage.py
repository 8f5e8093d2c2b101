"""What every storage promises; each implementation is a parameter of the fixture."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vlog.kit.errors import Conflict, Invalid, NotFound, OutOfSpace, Unavailable
from vlog.kit.sightings import Sightings
from vlog.storage.base import Storage
from vlog.storage.faults import mapped
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage

A = Key("videos/a/one.bin")
B = Key("videos/b/two.bin")
PART = Key("uploads/a.part")


async def test_what_is_put_can_be_read(storage: Storage) -> None:
    await storage.put(A, b"first")
    assert await storage.read(A) == b"first"
    found = await storage.stat(A)
    assert (found.size_bytes, found.is_folder) == (5, False)


async def test_put_replaces(storage: Storage) -> None:
    await storage.put(A, b"first and long")
    await storage.put(A, b"second")
    assert await storage.read(A) == b"second"


async def test_put_many_puts_all(storage: Storage) -> None:
    items = [(Key(f"videos/many/{n}"), b"%d" % n) for n in range(100)]
    await storage.put_many(items)
    assert [await storage.read(key) for key, _ in items] == [data for _, data in items]
    await storage.put_many([])


async def test_missing_things_are_not_found(storage: Storage) -> None:
    for question in (storage.read(A), storage.stat(A), storage.open(A), storage.move(A, B)):
        with pytest.raises(NotFound):
            await question
    assert not await storage.exists(A)
    assert await storage.list(Key("videos/a")) == []


async def test_removing_what_is_not_there_is_fine(storage: Storage) -> None:
    await storage.delete(A)
    await storage.delete_folder(Key("videos/a"))


async def test_staged_bytes_have_no_key(storage: Storage) -> None:
    staged = await storage.stage([b"x", b"y"])
    assert await storage.list(Key("videos")) == []
    assert await storage.place([(staged[0], A), (staged[1], B)]) == []
    assert (await storage.read(A), await storage.read(B)) == (b"x", b"y")


async def test_placing_never_replaces_unless_told(storage: Storage) -> None:
    await storage.put(A, b"there first")
    (other,) = await storage.stage([b"too late"])
    assert await storage.place([(other, A)]) == [A]
    assert await storage.read(A) == b"there first"
    assert await storage.place([(other, A)], replace=True) == []
    assert await storage.read(A) == b"too late"


async def test_placing_the_same_bytes_again_changes_nothing(storage: Storage) -> None:
    await storage.put(A, b"same")
    (again,) = await storage.stage([b"same"])
    assert await storage.place([(again, A)]) == []
    assert await storage.read(A) == b"same"


async def test_many_placing_the_same_key_leave_one_whole_file(storage: Storage) -> None:
    blobs = [bytes([n]) * 200_000 for n in range(8)]
    staged = await storage.stage(blobs)
    answers = await asyncio.gather(*(storage.place([(each, A)]) for each in staged))
    assert sorted(map(len, answers)) == [0] + [1] * 7
    assert await storage.read(A) in blobs


async def test_discarded_bytes_are_gone(storage: Storage) -> None:
    staged = await storage.stage([b"x"])
    await storage.discard(staged)
    await storage.discard(staged)
    with pytest.raises(NotFound):
        await storage.place([(staged[0], A)])


async def test_sweep_takes_only_old_staged_bytes(storage: Storage) -> None:
    staged = await storage.stage([b"x", b"y"])
    assert await storage.sweep(older_than_seconds=3600, seen=Sightings(0)) == 0
    assert await storage.sweep(older_than_seconds=-1, seen=Sightings(3600)) == 0
    assert await storage.sweep(older_than_seconds=-1, seen=Sightings(0)) == 2
    with pytest.raises(NotFound):
        await storage.place([(staged[0], A)])


async def test_reading_in_parts(storage: Storage) -> None:
    await storage.put(A, bytes(range(100)))
    file = await storage.open(A)
    assert file.size_bytes == 100
    assert await file.read(10, 5) == bytes(range(10, 15))
    assert await file.read(98, 50) == bytes([98, 99])
    assert await file.read(100, 1) == b""
    await storage.delete(A)
    assert await file.read(0, 2) == bytes([0, 1])
    await file.close()


async def test_listing_tells_names_sizes_and_kinds(storage: Storage) -> None:
    await storage.put(Key("videos/v/b"), b"22")
    await storage.put(Key("videos/v/a"), b"1")
    await storage.put(Key("videos/v/deep/c"), b"333")
    entries = await storage.list(Key("videos/v"))
    assert [(entry.key, entry.stat.size_bytes, entry.stat.is_folder) for entry in entries] == [
        ("videos/v/a", 1, False),
        ("videos/v/b", 2, False),
        ("videos/v/deep", 0, True),
    ]


async def test_folders_move_whole(storage: Storage) -> None:
    await storage.put(Key("videos/v/deep/c"), b"1")
    await storage.move(Key("videos/v"), Key("archive/v"))
    assert await storage.read(Key("archive/v/deep/c")) == b"1"
    assert not await storage.exists(Key("videos/v"))


async def test_moving_never_replaces(storage: Storage) -> None:
    await storage.put(A, b"a")
    await storage.put(B, b"b")
    with pytest.raises(Conflict):
        await storage.move(A, B)
    assert (await storage.read(A), await storage.read(B)) == (b"a", b"b")


async def test_delete_folder_takes_all_below(storage: Storage) -> None:
    await storage.put(Key("videos/v/deep/c"), b"1")
    await storage.put(A, b"stays")
    await storage.delete_folder(Key("videos/v"))
    assert [entry.key.name for entry in await storage.list(Key("videos"))] == ["a"]


async def test_free_space_is_told(storage: Storage) -> None:
    space = await storage.free()
    assert space.free_bytes is None or space.free_bytes > 0


UNSAFE = [
    r"",
    r"/",
    r"/etc",
    r"..",
    r"a/../b",
    r"a//b",
    r"a/",
    r".vlog-root",
    r"a/.b",
    r"a\b",
    r"%2e%2e",
    r"a b",
    r"ü",
    r"a/b/c/d/e/f/g/h/i",
]


@pytest.mark.parametrize("text", [*UNSAFE, "a\0b", "a\n", "a" * 201])
def test_keys_that_could_leave_the_root_do_not_exist(text: str) -> None:
    with pytest.raises(Invalid):
        Key(text)


# ------------------------------------------------------------ what only a folder can suffer


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[tuple[LocalStorage, Path]]:
    local = LocalStorage(tmp_path / "root")
    await local.adopt("us", may_create=True)
    yield local, tmp_path / "root"
    await local.close()


async def test_planted_links_are_not_followed(folder: tuple[LocalStorage, Path], tmp_path: Path) -> None:
    storage, root = folder
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "videos").mkdir()
    (root / "videos" / "link").symlink_to(outside)
    (root / "videos" / "file").symlink_to(outside / "secret")
    through = Key("videos/link/secret")
    for question in (storage.read(through), storage.stat(through), storage.put(through, b"x")):
        with pytest.raises(NotFound):
            await question
    with pytest.raises(NotFound):
        await storage.read(Key("videos/file"))
    assert await storage.list(Key("videos")) == []
    await storage.delete(through)
    await storage.delete_folder(Key("videos/link"))
    assert (outside / "secret").read_bytes() == b"secret"


async def test_links_inside_a_deleted_folder_are_not_followed(
    folder: tuple[LocalStorage, Path], tmp_path: Path
) -> None:
    storage, root = folder
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    await storage.put(Key("videos/v/c"), b"1")
    (root / "videos/v/link").symlink_to(outside)
    await storage.delete_folder(Key("videos/v"))
    assert (outside / "kept").exists()
    assert not (root / "videos/v").exists()


async def test_put_over_a_planted_link_replaces_the_link(
    folder: tuple[LocalStorage, Path], tmp_path: Path
) -> None:
    storage, root = folder
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    (root / "videos/v").mkdir(parents=True)
    (root / "videos/v/c").symlink_to(target)
    await storage.put(Key("videos/v/c"), b"new")
    assert target.read_bytes() == b"mine"
    assert await storage.read(Key("videos/v/c")) == b"new"


async def test_without_its_marker_nothing_is_written(folder: tuple[LocalStorage, Path]) -> None:
    storage, root = folder
    await storage.put(A, b"1")
    (root / ".vlog-root").unlink()
    for change in (
        storage.put(A, b"2"),
        storage.stage([b"2"]),
        storage.grow(PART),
        storage.move(A, B),
        storage.delete(A),
        storage.delete_folder(Key("videos")),
    ):
        with pytest.raises(Unavailable, match="mounted") as caught:
            await change
        assert caught.value.code == "storage_not_mounted"
    assert await storage.read(A) == b"1"


async def test_a_bare_folder_is_not_adopted_by_an_installation_with_videos(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "unmounted")
    assert not await storage.adopt("us", may_create=False)
    (tmp_path / "unmounted").mkdir()
    assert not await storage.adopt("us", may_create=False)
    assert list((tmp_path / "unmounted").iterdir()) == []
    await storage.close()


async def test_a_folder_with_foreign_content_is_not_adopted(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").write_bytes(b"x")
    storage = LocalStorage(tmp_path)
    assert not await storage.adopt("us", may_create=True)
    await storage.close()


async def test_another_installations_folder_is_refused(folder: tuple[LocalStorage, Path]) -> None:
    storage, root = folder
    assert await storage.adopt("us", may_create=False)
    other = LocalStorage(root)
    with pytest.raises(Conflict) as caught:
        await other.adopt("them", may_create=True)
    assert caught.value.code == "foreign_storage"
    await other.close()


async def test_a_missing_root_is_unavailable(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "nowhere")
    with pytest.raises(Unavailable) as caught:
        await storage.read(A)
    assert caught.value.code == "storage_not_mounted"
    await storage.close()


async def test_a_planted_pipe_holds_nobody_up(folder: tuple[LocalStorage, Path]) -> None:
    storage, root = folder
    (root / "videos").mkdir()
    os.mkfifo(root / "videos/pipe")
    async with asyncio.timeout(5):
        with pytest.raises(NotFound):
            await storage.read(Key("videos/pipe"))


async def test_bytes_that_do_not_fit_leave_nothing_staged(folder: tuple[LocalStorage, Path]) -> None:
    """A limit on the size of files stands in for a full disk: the write fails half way."""
    storage, root = folder
    await storage.put(A, b"1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(Unavailable, match="File too large"):
            await storage.put_many([(A, b"2"), (B, bytes(10_000))])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((root / ".staging").iterdir()) == []
    assert await storage.read(A) == b"1"


def test_errors_are_told_apart() -> None:
    for number, kind in ((28, OutOfSpace), (122, OutOfSpace), (30, Unavailable), (5, Unavailable)):
        with pytest.raises(kind), mapped():
            raise OSError(number, "as the system says it")
