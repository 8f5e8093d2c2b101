"""Uploads that are cut, doubled, stalled and begun again: what is durable counts, and one request wins."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message

from tests.support.api import change, http_scope
from tests.support.tus import (
    OCTETS,
    TUS,
    Hold,
    announce,
    assert_is_video,
    begin,
    checksum,
    metadata,
    offset_of,
    pieces,
    received,
    send,
    split,
)
from vlog.api import bodies
from vlog.context import Context
from vlog.processing import inflow, resumable, upload_files
from vlog.processing.resumable import ResumableUploads
from vlog.settings.store import put

MIB = 1 << 20
DATA = os.urandom(5 * MIB + 17)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledge often, so that a few megabytes have many steps; have patience with busy machines."""
    monkeypatch.setattr(resumable, "LOOK_SECONDS", 30.0)
    monkeypatch.setattr(upload_files, "LOCK_SECONDS", 30.0)
    monkeypatch.setattr(inflow, "BLOCK_BYTES", 64 << 10)
    monkeypatch.setattr(inflow, "SYNC_BYTES", 256 << 10)
    monkeypatch.setattr(inflow, "UNSYNCED_LIMIT_BYTES", 512 << 10)


async def leave(client: httpx.AsyncClient, path: str, data: bytes, *, offset: int, announced: int) -> None:
    """Send ``data`` of a longer body, and close the connection."""
    app = client._transport.app  # type: ignore[attr-defined]
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": True} for part in split(data)
    ]
    messages.append({"type": "http.disconnect"})
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0)
        return messages.pop(0)

    async def send_(message: Message) -> None:
        sent.append(message)

    said = TUS | OCTETS | {"Upload-Offset": str(offset), "Content-Length": str(announced)}
    raw = [(name.lower().encode(), value.encode()) for name, value in {**client.headers, **said}.items()]
    await app(http_scope("PATCH", path, headers=raw), receive, send_)
    assert sent == []


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
async def test_a_client_that_leaves_goes_on_where_it_was(
    ctx: Context, admin: httpx.AsyncClient, share: float
) -> None:
    path = await begin(admin, len(DATA))
    cut = int(len(DATA) * share)
    # Its length is a lie: the connection closes before that.
    await leave(admin, path, DATA[:cut], offset=0, announced=len(DATA))
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 0
    # Nothing that has come is sent twice.
    assert await offset_of(admin, path) == await received(ctx, path) == cut
    last = await send(admin, path, DATA[cut:], offset=cut)
    await assert_is_video(ctx, last, DATA)


async def test_a_question_cuts_a_request_that_hangs(ctx: Context, admin: httpx.AsyncClient) -> None:
    path, hold = await begin(admin, len(DATA)), Hold()
    stale = asyncio.create_task(send(admin, path, pieces(split(DATA[: 2 * MIB]), hold=hold), offset=0))
    await asyncio.wait_for(hold.reached.wait(), 20)
    async with asyncio.timeout(10):
        assert await offset_of(admin, path) == 2 * MIB
        answer = await stale
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_taken")
    last = await send(admin, path, DATA[2 * MIB :], offset=2 * MIB)
    await assert_is_video(ctx, last, DATA)


async def test_another_process_s_question_cuts_it_too(ctx: Context, admin: httpx.AsyncClient) -> None:
    """The other process knows nothing of the request; the row tells."""
    path, hold = await begin(admin, len(DATA)), Hold()
    stale = asyncio.create_task(send(admin, path, pieces(split(DATA[: 2 * MIB]), hold=hold), offset=0))
    await asyncio.wait_for(hold.reached.wait(), 20)
    upload = await ResumableUploads(ctx).look(path.rpartition("/")[2])
    async with asyncio.timeout(20):
        answer = await stale
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_taken")
    assert await offset_of(admin, path) == upload.offset_bytes
    last = await send(admin, path, DATA[upload.offset_bytes :], offset=upload.offset_bytes)
    await assert_is_video(ctx, last, DATA)


@pytest.mark.parametrize("size", [100, 700_000])
async def test_of_two_pieces_at_one_offset_one_wins(
    ctx: Context, admin: httpx.AsyncClient, size: int
) -> None:
    for _ in range(10):
        path = await begin(admin, size + 1)
        ours, theirs = os.urandom(size), os.urandom(size)
        answers = await asyncio.gather(
            *(send(admin, path, pieces(split(data)), offset=0) for data in (ours, theirs))
        )
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [204, 409]
        winner = (ours, theirs)[statuses.index(204)]
        assert await offset_of(admin, path) == size
        await assert_is_video(ctx, await send(admin, path, b"!", offset=size), winner + b"!")


async def test_the_last_piece_sent_twice_at_once_makes_one_video(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    path = await begin(admin, 1000)
    await send(admin, path, DATA[:500], offset=0)
    answers = await asyncio.gather(*(send(admin, path, DATA[500:1000], offset=500) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 7
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 1
    await assert_is_video(ctx, await send(admin, path, b"", offset=1000), DATA[:1000])


async def test_a_client_that_hardly_sends_is_cut(ctx: Context, admin: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: put(tx, "storage.upload_idle_seconds", 1, actor="test"))
    path = await begin(admin, 1000)

    async def drops() -> AsyncIterator[bytes]:
        for number in range(1000):
            yield DATA[number : number + 1]
            await asyncio.sleep(0.1)

    async with asyncio.timeout(30):
        answer = await send(admin, path, drops(), offset=0)
    assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")
    offset = await offset_of(admin, path)
    assert 0 < offset < 1000
    await assert_is_video(ctx, await send(admin, path, DATA[offset:1000], offset=offset), DATA[:1000])


async def test_the_setting_alone_says_how_long_a_client_may_pause(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)
    path, hold = await begin(admin, 1000), Hold()
    sending = asyncio.create_task(send(admin, path, pieces([DATA[:600]], hold=hold), offset=0))
    await asyncio.wait_for(hold.reached.wait(), 20)
    finished, _ = await asyncio.wait({sending}, timeout=0.5)
    assert not finished, "what other requests may not do, an upload may for the time of its setting"
    hold.released.set()
    assert (await sending).headers["upload-offset"] == "600"


async def test_a_slow_client_s_bytes_are_acknowledged_as_they_come(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    path, hold = await begin(admin, 1000), Hold()
    sending = asyncio.create_task(send(admin, path, pieces([DATA[:600]], hold=hold), offset=0))
    async with asyncio.timeout(20):
        while (await admin.get(path)).json()["offset_bytes"] < 600:
            await asyncio.sleep(0.05)
    hold.released.set()
    assert (await sending).headers["upload-offset"] == "600"


async def test_cancelling_cuts_a_request_that_is_sending(ctx: Context, admin: httpx.AsyncClient) -> None:
    path, hold = await begin(admin, len(DATA)), Hold()
    sending = asyncio.create_task(send(admin, path, pieces(split(DATA[:MIB]), hold=hold), offset=0))
    await asyncio.wait_for(hold.reached.wait(), 20)
    assert (await admin.delete(path, headers=TUS)).status_code == 204
    async with asyncio.timeout(10):
        assert (await sending).status_code == 404
    assert await received(ctx, path) is None


async def test_a_judged_piece_that_breaks_off_does_not_count(ctx: Context, admin: httpx.AsyncClient) -> None:
    path, hold = await begin(admin, len(DATA)), Hold()
    await send(admin, path, DATA[:MIB], offset=0)
    judged = send(
        admin,
        path,
        pieces(split(DATA[MIB : 3 * MIB]), hold=hold),
        offset=MIB,
        headers=checksum(DATA[MIB : 4 * MIB]),
    )
    broken = asyncio.create_task(judged)
    await asyncio.wait_for(hold.reached.wait(), 20)
    assert await offset_of(admin, path) == MIB
    assert (await broken).status_code == 409
    assert await received(ctx, path) == MIB
    await assert_is_video(ctx, await send(admin, path, DATA[MIB:], offset=MIB), DATA)


async def test_every_byte_counts_however_the_process_remembers(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    """The hash goes on in memory, follows from the disk after a restart, or is somewhere in between."""
    app = admin._transport.app.state  # type: ignore[attr-defined]
    path, offset = await begin(admin, len(DATA)), 0
    answer = httpx.Response(0)
    for number, part in enumerate(split(DATA, 700_000)):
        if number in {3, 6}:
            app.resumable = ResumableUploads(ctx)
        answer = await send(admin, path, part, offset=offset)
        offset += len(part)
        assert answer.headers["upload-offset"] == str(offset)
    await assert_is_video(ctx, answer, DATA)
    path = await begin(admin, len(DATA))
    await send(admin, path, DATA[:-1], offset=0)
    app.resumable = ResumableUploads(ctx)
    await assert_is_video(ctx, await send(admin, path, DATA[-1:], offset=len(DATA) - 1), DATA)


# ---------------------------------------------------------------- one effect


async def test_the_same_creation_twice_is_one_upload(ctx: Context, admin: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "0d3b4bf2-7f1c"}
    first = await announce(admin, 1000, headers=key, title="Once")
    await send(admin, first.headers["location"], DATA[:300], offset=0)
    again = await announce(admin, 1000, headers=key, title="Once")
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert again.headers["upload-offset"] == "300"
    at_once = await asyncio.gather(
        *(announce(admin, 50, headers={"Idempotency-Key": "at-once"}) for _ in range(10))
    )
    assert len({answer.headers["location"] for answer in at_once}) == 1
    assert await ctx.db.fetchval("SELECT count(*) FROM uploads") == 2
    for changed in (announce(admin, 1001, headers=key, title="Once"), announce(admin, 1000, headers=key)):
        answer = await changed
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


async def test_the_same_creation_with_its_bytes_twice_is_one_video(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    said = {"Upload-Length": "4", "Upload-Metadata": metadata(title="t"), "Idempotency-Key": "k"}
    answers = [await admin.post("/api/uploads", content=b"data", headers=TUS | OCTETS | said) for _ in "12"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].headers["vlog-video-id"] == answers[1].headers["vlog-video-id"]
    assert answers[0].json() == answers[1].json()
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 1


async def test_the_same_form_twice_is_one_video(ctx: Context, admin: httpx.AsyncClient) -> None:
    async def form(title: str, data: bytes = b"data") -> httpx.Response:
        files = {"file": ("clip.mp4", data)}
        key = {"Idempotency-Key": "form"}
        return await admin.post("/api/videos", data={"title": title}, files=files, headers=key)

    first, second = await asyncio.gather(form("Once"), form("Once"))
    third = await form("Once")
    assert {answer.status_code for answer in (first, second, third)} == {201}
    assert first.json() == second.json() == third.json()
    assert await ctx.db.fetchval("SELECT count(*) FROM videos") == 1
    assert len(list((ctx.config.storage_path / "uploads").iterdir())) == 1
    for other in (await form("Other"), await form("Once", b"other")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(list((ctx.config.storage_path / "uploads").iterdir())) == 1
