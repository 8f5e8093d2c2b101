"""What every storage promises of files that grow; each implementation is a parameter of the fixture."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vlog.kit.errors import Conflict, NotFound, OutOfSpace, Unavailable
from vlog.storage.base import Storage
from vlog.storage.lanes import Pace
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage

A = Key("videos/a/one.bin")
PART = Key("uploads/a.part")


async def test_a_large_file_shows_under_its_key_only_when_complete(storage: Storage) -> None:
    growing = await storage.grow(PART)
    await growing.write_at(0, b"hello ")
    await growing.write_at(6, b"world")
    assert not await storage.exists(A)
    await growing.commit(A)
    await growing.close()
    assert await storage.read(A) == b"hello world"
    assert not await storage.exists(PART)


async def test_a_large_file_grows_over_several_visits(storage: Storage) -> None:
    first = await storage.grow(PART)
    assert first.size_bytes == 0
    await first.write_at(0, b"hello lost!")
    await first.sync()
    await first.close()
    again = await storage.grow(PART, create=False)
    assert again.size_bytes == 11
    await again.truncate(6)
    await again.write_at(6, b"world")
    assert await again.read_at(0, 5) == b"hello"
    assert await again.read_at(6, 100) == b"world"
    assert await again.read_at(11, 1) == b""
    await again.commit(A)
    await again.close()
    await again.close()
    assert await storage.read(A) == b"hello world"


async def test_truncating_never_lengthens(storage: Storage) -> None:
    growing = await storage.grow(PART)
    await growing.write_at(0, b"123")
    await growing.truncate(100)
    assert await growing.read_at(0, 100) == b"123"
    await growing.close()


async def test_one_visitor_at_a_time(storage: Storage) -> None:
    growing = await storage.grow(PART)
    for create in (True, False):
        with pytest.raises(Conflict) as caught:
            await storage.grow(PART, create=create)
        assert caught.value.code == "file_in_use"
    await growing.close()
    await (await storage.grow(PART)).close()


async def test_a_growing_file_that_is_not_there(storage: Storage) -> None:
    with pytest.raises(NotFound):
        await storage.grow(PART, create=False)
    assert await storage.list(Key("uploads")) == []


async def test_completing_never_replaces(storage: Storage) -> None:
    await storage.put(A, b"there first")
    growing = await storage.grow(PART)
    await growing.write_at(0, b"too late")
    with pytest.raises(Conflict):
        await growing.commit(A)
    await growing.close()
    assert await storage.read(A) == b"there first"
    assert await storage.read(PART) == b"too late"


async def test_what_was_let_go_takes_nothing_more(storage: Storage) -> None:
    growing = await storage.grow(PART)
    await growing.close()
    for late in (growing.write_at(0, b"x"), growing.sync(), growing.truncate(0), growing.commit(A)):
        with pytest.raises(Unavailable):
            await late


# ------------------------------------------------------------ what only a folder can suffer


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[tuple[LocalStorage, Path]]:
    local = LocalStorage(tmp_path / "root", pace=Pace(answer=1))
    await local.adopt("us", may_create=True)
    yield local, tmp_path / "root"
    await local.close()


async def test_a_late_thread_keeps_its_file_and_its_lock(
    folder: tuple[LocalStorage, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A descriptor that is closed under a thread may be another file's by the time it writes."""
    storage, root = folder
    hang, write = threading.Event(), os.pwrite

    def slow(file: int, data: bytes, offset: int) -> int:
        hang.wait(20)
        return write(file, data, offset)

    growing = await storage.grow(PART)
    monkeypatch.setattr(os, "pwrite", slow)
    with pytest.raises(Unavailable, match="not answering"):
        await growing.write_at(0, b"late")
    await growing.close()
    with pytest.raises(Conflict):
        await storage.grow(PART)
    other = os.open(root / "other", os.O_CREAT | os.O_RDWR)
    hang.set()
    monkeypatch.undo()
    async with asyncio.timeout(10):
        while (root / PART).read_bytes() != b"late":
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await (await storage.grow(PART)).close()
    assert os.fstat(other).st_size == 0
    os.close(other)


async def test_a_failed_sync_is_said_once_and_never_tried_again(
    folder: tuple[LocalStorage, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, _ = folder
    for number, kind in ((5, Unavailable), (28, OutOfSpace), (122, OutOfSpace), (116, Unavailable)):
        asked: list[int] = []

        def fails(file: int, number: int = number, asked: list[int] = asked) -> None:
            asked.append(file)
            raise OSError(number, "as the system says it")

        growing = await storage.grow(PART)
        monkeypatch.setattr(os, "fdatasync", fails)
        with pytest.raises(kind):
            await growing.sync()
        assert len(asked) == 1
        monkeypatch.undo()
        await growing.close()
