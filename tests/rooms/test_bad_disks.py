"""A disk (FUSE) that breaks under the storage and under serving processes: ESTALE, hangs, power cuts."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.api import SECRET, make_ready, media_files
from tests.support.bad_disk import BadDisk, bad_disk
from tests.support.serving import serving
from tests.support.uploaded import upload, video_of
from vlog.context import Context
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import VlogError
from vlog.storage import layout
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage

A, B = Key("videos/a/one.bin"), Key("videos/b/two.bin")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[BadDisk]:
    """Where the fixture ``ctx`` has its storage: ask for this one first."""
    with bad_disk(tmp_path / "storage") as made:
        yield made


@pytest.fixture
async def storage(disk: BadDisk) -> AsyncIterator[LocalStorage]:
    local = LocalStorage(disk.folder)
    assert await local.adopt("us", may_create=True)
    yield local
    await local.close()


async def code_of(question: object) -> str:
    with pytest.raises(VlogError) as caught:
        await question  # type: ignore[misc]
    return caught.value.code


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO])
async def test_handles_that_stay_dead_are_said(disk: BadDisk, storage: LocalStorage, number: int) -> None:
    await storage.put(A, b"bytes")
    file = await storage.open(A)
    disk.fail(read=number)
    assert await code_of(file.read(0, 5)) == "storage_unavailable"
    disk.heal()
    assert await file.read(0, 5) == b"bytes"
    await file.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"write": errno.ENOSPC}, "out_of_space"),
        ({"write": errno.EDQUOT}, "out_of_space"),
        ({"write": errno.EIO}, "storage_unavailable"),
        ({"fsync": errno.EIO}, "storage_unavailable"),
        ({"fsyncdir": errno.EIO}, "storage_unavailable"),
        ({"create": errno.EROFS}, "storage_read_only"),
        ({"create": errno.EACCES}, "storage_denied"),
        ({"link": errno.EIO, "rename": errno.EIO}, "storage_unavailable"),
    ],
)
async def test_a_write_that_fails_leaves_the_file_that_was_there(
    disk: BadDisk, storage: LocalStorage, fault: dict[str, int], code: str
) -> None:
    await storage.put(A, b"before")
    disk.fail(**fault)
    assert await code_of(storage.put(B, b"after")) == code
    if "fsyncdir" not in fault:
        assert await code_of(storage.put(A, b"after")) == code
        disk.heal()
        assert await storage.read(A) == b"before"
    disk.heal()
    await storage.put(A, b"after")
    assert await storage.read(A) == b"after"


async def test_a_slow_disk_works(disk: BadDisk, storage: LocalStorage) -> None:
    disk.fail(delay_seconds=0.1)
    await asyncio.gather(*(storage.put(Key(f"uploads/n{n}"), b"x") for n in range(3)))
    assert await storage.read(Key("uploads/n1")) == b"x"
    disk.heal()


async def test_what_was_said_to_be_stored_outlives_a_power_cut(disk: BadDisk, storage: LocalStorage) -> None:
    dice = random.Random(23)
    wanted: dict[Key, bytes] = {}
    for number in range(5):
        data = dice.randbytes(dice.randint(1, 200_000))
        key = Key(f"videos/v{number}/deep/f{number}")
        match number % 4:
            case 0:
                await storage.put(key, data)
            case 1:
                (staged,) = await storage.stage([data])
                assert await storage.place([(staged, key)]) == []
            case 2:
                part = Key(f"uploads/p{number}.part")
                growing = await storage.grow(part)
                await growing.write_at(0, data)
                await growing.commit(key)
                await growing.close()
            case _:
                await storage.put(Key(f"archive/f{number}/deep/f{number}"), data)
                await storage.move(Key(f"archive/f{number}"), Key(f"videos/v{number}"))
        wanted[key] = data
        # What nobody has promised may go, and does no harm.
        unsynced = await storage.grow(Key(f"uploads/unsynced{number}.part"))
        await unsynced.write_at(0, bytes(1000))
        await unsynced.close()
        disk.lose_power()
        assert {key: await storage.read(key) for key in wanted} == wanted
        assert (await storage.stat(Key(f"uploads/unsynced{number}.part"))).size_bytes == 0


async def test_an_accepted_upload_outlives_a_power_cut(disk: BadDisk, ctx: Context) -> None:
    data = random.Random(5).randbytes(3_000_000)
    accepted = await upload(ctx, data=data)
    disk.lose_power()
    video = await video_of(ctx, accepted.video_id)
    assert await ctx.storage.read(Key(str(video.source_key))) == data
    assert video.source_sha256 == hashlib.sha256(data).digest()


def threads_of(process_id: int) -> int:
    return len(os.listdir(f"/proc/{process_id}/task"))  # noqa: PTH208


@pytest.mark.timeout(180)
async def test_a_hung_disk_stops_nothing_but_media(disk: BadDisk, ctx: Context) -> None:
    """The whole serving process: pages, admin and health go on, media are refused, and all comes back."""
    video = await make_ready(ctx)
    master, segment = media_files(video)[0], media_files(video)[4]
    limits = httpx.Limits(max_connections=200)
    async with serving(ctx) as running, httpx.AsyncClient(timeout=60, limits=limits) as client:
        assert (await client.get(running.url(0) + segment)).status_code == 200
        disk.hang()
        began = monotonic_seconds()
        asked = [running.url(0) + segment + f"?{number}" for number in range(60)]
        media = [asyncio.create_task(client.get(address)) for address in asked]
        health = await client.get(running.url(0) + "/health")
        while health.json()["checks"]["storage"] != "failing":
            await asyncio.sleep(0.2)
            health = await client.get(running.url(0) + "/health")
        # Ten seconds are promised; a machine under test may be slow.
        assert monotonic_seconds() - began < 25
        assert (health.status_code, health.json()["status"]) == (503, "degraded")
        assert (await client.get(running.url(0) + "/")).status_code == 200
        listed = await client.get(f"{running.url(1)}/api/videos", headers={"X-Admin-Secret": SECRET})
        assert listed.status_code == 200
        reason = await client.get(f"{running.url(1)}/api/health", headers={"X-Admin-Secret": SECRET})
        assert reason.json()["storage"]["code"] in {"storage_hung", "unavailable"}
        answers = await asyncio.gather(*media)
        assert {answer.status_code for answer in answers} <= {200, 503}
        refused = await client.get(running.url(0) + master)
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_hung")
        assert int(refused.headers["retry-after"]) > 0
        before = threads_of(running.process.pid)
        for _ in range(50):
            await client.get(running.url(0) + master)
        assert threads_of(running.process.pid) <= before, "a hung disk takes no more threads"
        disk.go_on()
        async with asyncio.timeout(30):
            while (await client.get(running.url(0) + "/health")).json()["status"] != "healthy":
                await asyncio.sleep(0.1)
        assert (await client.get(running.url(0) + segment)).status_code == 200


async def taken(coming: AsyncIterator[bytes]) -> int:
    return sum([len(piece) async for piece in coming])


@pytest.mark.timeout(180)
async def test_a_film_on_its_way_is_cut_and_events_go_on_while_the_disk_hangs(
    disk: BadDisk, ctx: Context
) -> None:
    """Who was being sent a file is not left waiting for ever; streams that need no disk hear their heart."""
    video = await make_ready(ctx)
    segment = media_files(video)[4]
    (stored,) = [each for each in disk.folder.rglob("*.m4s") if each.name == segment.rpartition("/")[2]][:1]
    stored.write_bytes(random.Random(3).randbytes(24 << 20))
    secret = {"X-Admin-Secret": SECRET}
    async with serving(ctx) as running, httpx.AsyncClient(timeout=60) as client:
        async with client.stream("GET", running.url(0) + segment) as film:
            assert (film.status_code, film.headers["content-length"]) == (200, str(24 << 20))
            coming = film.aiter_raw(64 << 10)
            assert await anext(coming)
            disk.hang()
            with pytest.raises(httpx.RemoteProtocolError):
                await asyncio.wait_for(taken(coming), 60)
        events = f"{running.url(1)}/api/events/progress"
        async with asyncio.timeout(60), client.stream("GET", events, headers=secret) as stream:
            assert await anext(stream.aiter_raw())
        disk.go_on()
        async with asyncio.timeout(60):
            while (again := await client.get(running.url(0) + segment)).status_code != 200:
                await asyncio.sleep(0.1)
        assert len(again.content) == 24 << 20


@pytest.mark.timeout(120)
async def test_a_disk_that_can_only_be_read_still_plays(disk: BadDisk, ctx: Context) -> None:
    video = await make_ready(ctx)
    async with serving(ctx) as running, httpx.AsyncClient(timeout=30) as client:
        disk.fail(create=errno.EROFS, write=errno.EROFS, mkdir=errno.EROFS)
        for address in media_files(video):
            assert (await client.get(running.url(0) + address)).status_code == 200
        sent = await client.post(
            f"{running.url(1)}/api/videos",
            headers={"X-Admin-Secret": SECRET},
            data={"title": "No"},
            files={"file": ("a.mp4", b"bytes")},
        )
        assert (sent.status_code, sent.json()["code"]) == (503, "storage_read_only")
        disk.heal()
        sent = await client.post(
            f"{running.url(1)}/api/videos",
            headers={"X-Admin-Secret": SECRET},
            data={"title": "Yes"},
            files={"file": ("a.mp4", b"bytes")},
        )
        assert sent.status_code in {200, 201, 202}
    assert await ctx.storage.exists(layout.UPLOADS)
