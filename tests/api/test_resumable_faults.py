"""Uploads while the ground fails: full disks, broken syncs, lost answers, deaths between two steps."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.support.databases import shift_clock
from tests.support.tus import TUS, assert_is_video, begin, metadata, offset_of, pieces, received, send, split
from vlog.context import Context
from vlog.db import transaction as transactions
from vlog.db.engine import Database
from vlog.kit.errors import Unavailable
from vlog.kit.sightings import Sightings
from vlog.processing import inflow, resumable, upload_completion, upload_files, uploads
from vlog.processing.resumable import ResumableUploads
from vlog.storage import layout
from vlog.storage.growing import LocalGrowing

MIB = 1 << 20
DATA = os.urandom(4 * MIB)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow, "BLOCK_BYTES", 64 << 10)
    monkeypatch.setattr(inflow, "SYNC_BYTES", 512 << 10)
    monkeypatch.setattr(inflow, "UNSYNCED_LIMIT_BYTES", MIB)


def fail_writes_behind(monkeypatch: pytest.MonkeyPatch, limit: int, number: int) -> None:
    """The disk takes nothing behind ``limit`` bytes of a file."""
    write = os.pwrite

    def limited(file: int, data: bytes, offset: int) -> int:
        if offset + len(data) > limit:
            raise OSError(number, os.strerror(number))
        return write(file, data, offset)

    monkeypatch.setattr(os, "pwrite", limited)


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (errno.ENOSPC, 507, "out_of_space"),
        (errno.EDQUOT, 507, "out_of_space"),
        (errno.EROFS, 503, "storage_read_only"),
        (errno.EIO, 503, "storage_unavailable"),
    ],
)
async def test_a_disk_that_takes_no_more(
    ctx: Context,
    admin: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    *,
    number: int,
    status: int,
    code: str,
) -> None:
    path = await begin(admin, len(DATA))
    with monkeypatch.context() as broken:
        fail_writes_behind(broken, int(len(DATA) * 0.9), number)
        answer = await send(admin, path, pieces(split(DATA)), offset=0)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    offset = await offset_of(admin, path)
    assert MIB <= offset <= len(DATA) * 0.9
    # What is not acknowledged is not left lying on the full disk.
    assert await received(ctx, path) == offset
    if status == 507:
        assert answer.json()["details"]["free_bytes"] > 0
        assert answer.json()["details"]["needed_bytes"] == len(DATA) - offset
    last = await send(admin, path, DATA[offset:], offset=offset)
    await assert_is_video(ctx, last, DATA)


async def test_other_uploads_are_unaffected(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = await begin(admin, len(DATA)), await begin(admin, 1000)
    fail_writes_behind(monkeypatch, MIB, errno.ENOSPC)
    assert (await send(admin, large, pieces(split(DATA)), offset=0)).status_code == 507
    await assert_is_video(ctx, await send(admin, small, DATA[:1000], offset=0), DATA[:1000])


async def test_after_a_failed_sync_nothing_behind_the_last_good_one_is_believed(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel forgets what it could not write and says so once: what lies there then is another file."""
    path, sync, calls = await begin(admin, len(DATA)), os.fdatasync, 0

    def third_fails(file: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            os.pwrite(file, bytes(1000), os.fstat(file).st_size - 2000)
            raise OSError(errno.EIO, "as the system says it")
        sync(file)

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", third_fails)
        answer = await send(admin, path, pieces(split(DATA)), offset=0)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert calls == 3
    offset = await offset_of(admin, path)
    assert 0 < offset < len(DATA)
    assert await received(ctx, path) == offset
    last = await send(admin, path, DATA[offset:], offset=offset)
    await assert_is_video(ctx, last, DATA)


async def test_an_acknowledgement_whose_answer_is_lost(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row has moved although the process was told that it had not: the bytes must be there."""
    path = await begin(admin, len(DATA))
    run, said = transactions.transaction, 0

    async def deaf(db: Database, work: Callable[[transactions.Transaction], Awaitable[Any]]) -> Any:
        nonlocal said
        said += 1
        result = await run(db, work)
        if said == 4:
            raise Unavailable("The database is not answering.", code="database_unavailable")
        return result

    with monkeypatch.context() as broken:
        broken.setattr(resumable, "transaction", deaf)
        answer = await send(admin, path, pieces(split(DATA)), offset=0)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    offset = await offset_of(admin, path)
    assert 0 < offset < len(DATA)
    assert await received(ctx, path) == offset
    await assert_is_video(ctx, await send(admin, path, DATA[offset:], offset=offset), DATA)


async def away(*_: object) -> None:
    raise Unavailable("Away at the worst moment.", code="storage_unavailable")


STEPS: list[tuple[object, str]] = [
    (upload_completion, "complete"),
    (LocalGrowing, "commit"),
    (upload_completion, "_accept"),
]


@pytest.mark.parametrize("by", ["question", "empty piece", "background"])
@pytest.mark.parametrize(("place", "step"), STEPS)
async def test_dying_between_the_last_byte_and_the_video(
    ctx: Context,
    admin: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    *,
    place: object,
    step: str,
    by: str,
) -> None:
    path = await begin(admin, 1000)
    with monkeypatch.context() as dying:

        async def stop(*_: object, **__: object) -> None:
            await away()

        dying.setattr(place, step, stop)
        assert (await send(admin, path, DATA[:1000], offset=0)).status_code == 503
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0
    # Another process, which remembers nothing.
    admin._transport.app.state.resumable = ResumableUploads(ctx)  # type: ignore[attr-defined]
    if by == "question":
        assert await offset_of(admin, path) == 1000
    elif by == "empty piece":
        assert (await send(admin, path, b"", offset=1000)).status_code == 204
    else:
        await shift_clock(ctx.db, "2 minutes")
        assert await upload_completion.sweep(ctx) == 1
        assert await upload_completion.sweep(ctx) == 0
    head = await admin.head(path, headers=TUS)
    await assert_is_video(ctx, head, DATA[:1000])
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 1


async def test_what_could_not_be_stored_does_not_begin(ctx: Context, admin: httpx.AsyncClient) -> None:
    marker = ctx.config.storage_path / ".vlog-root"
    marker.rename(marker.with_name("away"))
    said = TUS | {"Upload-Length": "4", "Upload-Metadata": metadata(title="x")}
    refused = await admin.post("/api/uploads", headers=said)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_not_mounted")
    assert await ctx.db.fetchval("SELECT count(*) FROM uploads") == 0
    marker.with_name("away").rename(marker)
    assert (await admin.post("/api/uploads", headers=said)).status_code == 201


async def test_one_that_a_bad_sector_keeps_does_not_keep_the_others(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [await begin(admin, 1000) for _ in range(2)]
    with monkeypatch.context() as dying:
        dying.setattr(LocalGrowing, "commit", away)
        for path in paths:
            await send(admin, path, DATA[:1000], offset=0)
    await shift_clock(ctx.db, "2 minutes")
    real, bad = os.fsync, ctx.config.storage_path / layout.partial_upload(paths[0].rpartition("/")[2])

    def fsync(file: int) -> None:
        if os.path.samestat(os.fstat(file), bad.stat()):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(file)

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fsync)
        assert await upload_completion.sweep(ctx) == 1
    await shift_clock(ctx.db, "4 minutes")
    assert await upload_completion.sweep(ctx) == 1
    for path in paths:
        await assert_is_video(ctx, await admin.head(path, headers=TUS), DATA[:1000])


async def test_one_that_somebody_is_at_does_not_keep_the_others_waiting(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_files, "LOCK_SECONDS", 0.1)
    with monkeypatch.context() as dying:
        dying.setattr(LocalGrowing, "commit", away)
        paths = [await begin(admin, 1000) for _ in range(2)]
        for path in paths:
            await send(admin, path, DATA[:1000], offset=0)
    await shift_clock(ctx.db, "2 minutes")
    busy = await ctx.storage.grow(layout.partial_upload(paths[0].rpartition("/")[2]))
    assert await upload_completion.sweep(ctx) == 1
    answer = await send(admin, paths[0], b"", offset=1000)
    assert (answer.status_code, answer.json()["code"]) == (503, "upload_busy")
    await busy.close()
    await shift_clock(ctx.db, "4 minutes")
    assert await upload_completion.sweep(ctx) == 1


async def test_bytes_that_the_storage_has_lost_are_asked_for_again(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    path = await begin(admin, len(DATA))
    await send(admin, path, DATA[: 2 * MIB], offset=0)
    file = ctx.config.storage_path / layout.partial_upload(path.rpartition("/")[2])
    for left in (MIB, 0):
        os.truncate(file, left)
        offset = await offset_of(admin, path)
        answer = await send(admin, path, DATA[offset:], offset=offset)
        assert (answer.status_code, answer.json()["details"]) == (409, {"offset_bytes": left})
        assert await offset_of(admin, path) == left
    await send(admin, path, DATA[:MIB], offset=0)
    file.unlink()
    assert (await send(admin, path, DATA[MIB:], offset=MIB)).json()["details"] == {"offset_bytes": 0}
    await assert_is_video(ctx, await send(admin, path, DATA, offset=0), DATA)


async def test_sweeping_leaves_alone_what_is_under_way(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 1000)
    await send(admin, path, DATA[:400], offset=0)
    folder = ctx.config.storage_path / "uploads"
    (folder / ("f" * 32 + ".part")).write_bytes(b"nobody knows me")
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    await shift_clock(ctx.db, "3 days")
    assert await uploads.sweep_leftovers(ctx, Sightings(0)) == 1
    assert await upload_completion.sweep(ctx) == 0
    await assert_is_video(ctx, await send(admin, path, DATA[400:1000], offset=400), DATA[:1000])


async def test_an_upload_whose_bytes_are_gone_at_the_end_says_so(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await begin(admin, 1000)
    with monkeypatch.context() as dying:
        dying.setattr(LocalGrowing, "commit", away)
        await send(admin, path, DATA[:1000], offset=0)
    (ctx.config.storage_path / layout.partial_upload(path.rpartition("/")[2])).unlink()
    answer = await send(admin, path, b"", offset=1000)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_lost")
    assert (await admin.get(path)).json()["state"] == "failed"
