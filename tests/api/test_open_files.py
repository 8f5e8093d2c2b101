"""Files that are kept open between requests: opened once, never stale for long, always let go."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vlog.api import open_files
from vlog.api.open_files import SMALL_BYTES, OpenFiles
from vlog.kit.errors import NotFound
from vlog.storage.handles import LocalFile
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage

SEGMENT = Key("videos/a/0f/360p/segment_0.m4s")
PLAYLIST = Key("videos/a/master.m3u8")


class CountingStorage(LocalStorage):
    """Counts how often a file was opened, and what is open now."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[LocalFile] = []

    async def open(self, key: Key) -> LocalFile:
        file = await super().open(key)
        self.opened.append(file)
        return file

    def still_open(self) -> int:
        """How many of them have a descriptor."""
        return sum(_is_open(file) for file in self.opened)


def _is_open(file: LocalFile) -> bool:
    try:
        return os.fstat(file.fileno()).st_size >= 0
    except (ValueError, OSError):
        return False


@pytest.fixture
async def storage(tmp_path: Path) -> CountingStorage:
    found = CountingStorage(tmp_path / "storage")
    await found.adopt("test", may_create=True)
    await found.put(SEGMENT, b"x" * (SMALL_BYTES + 1))
    await found.put(PLAYLIST, b"#EXTM3U\n")
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_many_who_ask_at_once_open_once(storage: CountingStorage) -> None:
    files = OpenFiles(storage)
    found = await asyncio.gather(
        *(files.acquire(SEGMENT, life_seconds=5, as_bytes=False) for _ in range(100))
    )
    assert len(storage.opened) == 1
    assert len({id(each) for each in found}) == 1
    for each in found:
        files.release(each)
    assert storage.still_open() == 1


async def test_whoever_leaves_while_it_is_opened_hurts_nobody(storage: CountingStorage) -> None:
    files = OpenFiles(storage)
    leaving = asyncio.create_task(files.acquire(SEGMENT, life_seconds=5, as_bytes=False))
    staying = asyncio.create_task(files.acquire(SEGMENT, life_seconds=5, as_bytes=False))
    await asyncio.sleep(0)
    leaving.cancel()
    found = await staying
    assert found.users == 1
    assert len(storage.opened) == 1


async def test_a_file_is_let_go_when_its_time_is_over_and_nobody_reads_it(storage: CountingStorage) -> None:
    files = OpenFiles(storage)
    held = await files.acquire(SEGMENT, life_seconds=0.05, as_bytes=False)
    await asyncio.sleep(0.1)
    # Its time is over, but it is being sent.
    assert storage.still_open() == 1
    other = await files.acquire(SEGMENT, life_seconds=0.05, as_bytes=False)
    assert other is not held
    files.release(held)
    files.release(other)
    await until(lambda: storage.still_open() == 0)
    assert len(storage.opened) == 2


async def test_small_files_hold_no_descriptor_and_are_right_again_soon(storage: CountingStorage) -> None:
    files = OpenFiles(storage)
    first = await files.acquire(PLAYLIST, life_seconds=0.05, as_bytes=True)
    files.release(first)
    assert (first.content, first.descriptor) == (b"#EXTM3U\n", None)
    await until(lambda: storage.still_open() == 0)
    await storage.put(PLAYLIST, b"#EXTM3U\n#x")
    await asyncio.sleep(0.1)
    second = await files.acquire(PLAYLIST, life_seconds=0.05, as_bytes=True)
    assert (second.content, second.size_bytes) == (b"#EXTM3U\n#x", 10)
    assert second.tag != first.tag


async def test_the_oldest_goes_when_there_are_too_many(storage: CountingStorage) -> None:
    files = OpenFiles(storage, max_files=3)
    keys = [Key(f"videos/a/0f/360p/segment_{number}.m4s") for number in range(10)]
    for key in keys:
        await storage.put(key, b"x" * (SMALL_BYTES + 1))
        files.release(await files.acquire(key, life_seconds=30, as_bytes=False))
    await until(lambda: storage.still_open() == 3)


async def test_bytes_in_memory_are_bounded(storage: CountingStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "MAX_KEPT_BYTES", 250_000)
    files = OpenFiles(storage)
    for number in range(20):
        key = Key(f"videos/a{number}/master.m3u8")
        await storage.put(key, b"x" * 100_000)
        files.release(await files.acquire(key, life_seconds=30, as_bytes=True))
    assert files._kept_bytes <= 250_000
    assert len(files._kept) == 2


async def test_what_is_not_there_is_asked_for_again(storage: CountingStorage) -> None:
    files = OpenFiles(storage)
    key = Key("videos/a/0f/360p/segment_7.m4s")
    for _ in range(2):
        with pytest.raises(NotFound):
            await files.acquire(key, life_seconds=30, as_bytes=False)
    await storage.put(key, b"late")
    assert (await files.acquire(key, life_seconds=30, as_bytes=False)).content == b"late"
