"""Resumable uploads as clients meet them: the protocol, its refusals, and what they leave behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest

from tests.support.api import change
from tests.support.databases import shift_clock
from tests.support.tus import (
    OCTETS,
    TUS,
    announce,
    assert_is_video,
    begin,
    checksum,
    metadata,
    offset_of,
    received,
    send,
)
from vlog.catalog import taxonomy
from vlog.context import Context
from vlog.processing import upload_completion, uploads
from vlog.settings.store import put
from vlog.storage import layout

DATA = os.urandom(3_000_000)


async def files(ctx: Context) -> list[str]:
    return [entry.key.name for entry in await ctx.storage.list(layout.UPLOADS)]


async def count_videos(ctx: Context) -> int:
    return int(await ctx.db.fetchval("SELECT count(*) FROM videos"))


async def test_the_server_says_what_it_can(admin: httpx.AsyncClient) -> None:
    answer = await admin.options("/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    extensions = "creation,creation-with-upload,checksum,expiration,termination"
    assert answer.headers["tus-extension"] == extensions
    assert answer.headers["tus-max-size"] == str(102_400 << 20)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"


async def test_an_upload_in_pieces_becomes_a_video(ctx: Context, admin: httpx.AsyncClient) -> None:
    category = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    created = await announce(
        admin,
        len(DATA),
        title=" Café ",
        description="One\r\ntwo",
        category_id=str(category.id),
        publish="false",
        filename="C:\\clips\\Ü clip.mp4",
    )
    path = created.headers["location"]
    assert created.status_code == 201
    assert path == f"/api/uploads/{created.json()['id']}"
    assert created.headers["tus-resumable"] == "1.0.0"
    assert "GMT" in created.headers["upload-expires"]
    assert await offset_of(admin, path) == 0
    # Announcing takes no space.
    assert await received(ctx, path) is None
    first = await send(admin, path, DATA[:1_000_000], offset=0)
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1000000")
    assert "vlog-video-id" not in first.headers
    assert await count_videos(ctx) == 0
    assert (await admin.get(path)).json()["offset_bytes"] == 1_000_000
    last = await send(admin, path, DATA[1_000_000:], offset=1_000_000)
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(DATA)))
    video = await assert_is_video(ctx, last, DATA)
    assert (video.title, video.description, video.category_id) == ("Café", "One\ntwo", category.id)
    assert (video.publish_when_ready, video.source_filename) == (False, "Ü clip.mp4")
    assert await files(ctx) == [path.rpartition("/")[2]]
    assert await ctx.db.fetchval("SELECT event_type FROM outbox") == "video.uploaded"


async def test_what_has_ended_can_be_asked_about(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 4)
    done = await send(admin, path, b"data", offset=0)
    head = await admin.head(path, headers=TUS)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("4", "4")
    assert head.headers["vlog-video-id"] == done.headers["vlog-video-id"]
    # The answer to the last piece was lost: the client sends it, or nothing, again.
    again = await send(admin, path, b"", offset=4)
    assert (again.status_code, again.headers["vlog-video-slug"]) == (204, "clip")
    repeated = await send(admin, path, b"data", offset=0)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "wrong_offset")
    (listed,) = (await admin.get("/api/uploads")).json()["uploads"]
    assert (listed["state"], listed["slug"], listed["offset_bytes"]) == ("accepted", "clip", 4)
    assert listed == (await admin.get(path)).json()
    await shift_clock(ctx.db, "2 days")
    assert (await admin.get("/api/uploads")).json() == {"uploads": []}


async def test_the_first_bytes_may_come_with_the_creation(ctx: Context, admin: httpx.AsyncClient) -> None:
    said = {"Upload-Length": str(len(DATA)), "Upload-Metadata": metadata(filename="a_b c.mov")}
    part = await admin.post("/api/uploads", content=DATA[:5], headers=TUS | OCTETS | said)
    assert (part.status_code, part.headers["upload-offset"]) == (201, "5")
    last = await send(admin, part.headers["location"], DATA[5:], offset=5)
    assert (await assert_is_video(ctx, last, DATA)).title == "a b c"
    whole = await admin.post("/api/uploads", content=DATA, headers=TUS | OCTETS | said)
    assert whole.status_code == 201
    await assert_is_video(ctx, whole, DATA)
    foreign = await admin.post("/api/uploads", content=b"x", headers=TUS | said)
    assert (foreign.status_code, foreign.json()["code"]) == (415, "unsupported_media_type")


async def test_metadata_comes_back_as_it_was_given(admin: httpx.AsyncClient) -> None:
    said = "filename Y2xpcC5tcDQ=,filetype dmlkZW8vbXA0,empty"
    created = await admin.post("/api/uploads", headers=TUS | {"Upload-Length": "4", "Upload-Metadata": said})
    head = await admin.head(created.headers["location"], headers=TUS)
    assert head.headers["upload-metadata"] == said
    assert head.headers["upload-length"] == "4"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 400, "bad_tus_header"),
        ({"Upload-Length": "-1"}, 400, "bad_tus_header"),
        ({"Upload-Length": "1e3"}, 400, "bad_tus_header"),
        ({"Upload-Length": "٣"}, 400, "bad_tus_header"),
        ({"Upload-Length": "9" * 19}, 413, "upload_too_large"),
        ({"Upload-Length": "9" * 6000}, 413, "upload_too_large"),
        ({"Upload-Defer-Length": "1"}, 400, "bad_tus_header"),
        ({"Upload-Length": "0"}, 400, "empty_upload"),
        ({"Upload-Length": str(100 << 40)}, 413, "upload_too_large"),
        ({"Upload-Metadata": "filename"}, 422, "missing_title"),
        ({"Upload-Metadata": ""}, 422, "missing_title"),
        ({"Upload-Metadata": "title !!"}, 400, "bad_tus_header"),
        ({"Upload-Metadata": "title YQ==,title YQ=="}, 400, "bad_tus_header"),
        ({"Upload-Metadata": "title /w=="}, 400, "bad_tus_header"),
        ({"Upload-Metadata": "tïtle YQ=="}, 400, "bad_tus_header"),
        ({"Upload-Metadata": metadata(title="a\x00b")}, 422, "invalid_title"),
        ({"Upload-Metadata": metadata(title="x" * 256)}, 422, "invalid_title"),
        ({"Upload-Metadata": metadata(title="x", description="x" * 5001)}, 422, "invalid_description"),
        ({"Upload-Metadata": metadata(title="x", category_id="4711")}, 422, "unknown_category"),
        ({"Upload-Metadata": metadata(title="x", category_id="٣")}, 422, "unknown_category"),
        ({"Upload-Metadata": metadata(title="x", category_id="9" * 18)}, 422, "unknown_category"),
        ({"Upload-Metadata": metadata(title="x", publish="perhaps")}, 422, "invalid_publish"),
        ({"Upload-Metadata": metadata(title="x", sha256="abc")}, 422, "invalid_sha256"),
        ({"Idempotency-Key": "with space"}, 400, "bad_idempotency_key"),
        ({"Tus-Resumable": "0.2.2"}, 412, "unsupported_tus_version"),
    ],
)
async def test_announcements_that_are_refused(
    ctx: Context, admin: httpx.AsyncClient, said: dict[str, str], status: int, code: str
) -> None:
    good = TUS | {"Upload-Length": "4", "Upload-Metadata": metadata(title="x")}
    if not {"Upload-Length", "Upload-Defer-Length"}.isdisjoint(said) or not said:
        del good["Upload-Length"]
    raw = [(name.encode(), value.encode()) for name, value in (good | said).items()]
    answer = await admin.post("/api/uploads", headers=httpx.Headers(raw))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert ("tus-version" in answer.headers) == (status == 412)
    assert await ctx.db.fetchval("SELECT count(*) FROM uploads") == 0


async def test_pieces_that_are_refused_change_nothing(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 100)
    await send(admin, path, DATA[:50], offset=0)
    for offset in (0, 49, 51, 100, 101):
        answer = await send(admin, path, DATA[:10], offset=offset)
        body = answer.json()
        assert (answer.status_code, body["code"], body["details"]) == (
            409,
            "wrong_offset",
            {"offset_bytes": 50},
        )
        assert answer.headers["upload-offset"] == "50"
    for headers, status, code in (
        ({"Content-Type": "video/mp4"}, 415, "unsupported_media_type"),
        ({"Upload-Offset": "x"}, 400, "bad_tus_header"),
        ({"Upload-Checksum": "md5 YQ=="}, 400, "unsupported_checksum"),
        ({"Upload-Checksum": "sha256 !"}, 400, "bad_tus_header"),
        ({"Tus-Resumable": "2.0.0"}, 412, "unsupported_tus_version"),
    ):
        answer = await send(admin, path, DATA[50:100], offset=50, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await offset_of(admin, path) == 50
    assert await received(ctx, path) == 50
    for nowhere in ("/api/uploads/" + "0" * 32, "/api/uploads/x", "/api/uploads/" + "A" * 32):
        for method in ("HEAD", "PATCH", "DELETE", "GET"):
            headers = TUS | OCTETS | {"Upload-Offset": "0"}
            assert (await admin.request(method, nowhere, headers=headers)).status_code == 404


async def test_more_bytes_than_announced(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 100)
    answer = await send(admin, path, DATA[:101], offset=0)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert await offset_of(admin, path) == 0

    async def without_length() -> AsyncIterator[bytes]:
        yield DATA[:60]
        yield DATA[60:120]

    answer = await send(admin, path, without_length(), offset=0)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    # What fitted is kept.
    assert await offset_of(admin, path) == await received(ctx, path) == 60
    last = await send(admin, path, DATA[60:100], offset=60)
    await assert_is_video(ctx, last, DATA[:100])


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
async def test_a_piece_with_a_checksum(ctx: Context, admin: httpx.AsyncClient, algorithm: str) -> None:
    path = await begin(admin, len(DATA))
    good = await send(admin, path, DATA[:2_000_000], offset=0, headers=checksum(DATA[:2_000_000], algorithm))
    assert good.status_code == 204
    damaged = DATA[2_000_000:-1] + bytes([DATA[-1] ^ 1])
    bad = await send(admin, path, damaged, offset=2_000_000, headers=checksum(DATA[2_000_000:], algorithm))
    assert (bad.status_code, bad.json()["code"]) == (460, "checksum_mismatch")
    assert bad.json()["title"] == "Checksum Mismatch"
    assert await offset_of(admin, path) == await received(ctx, path) == 2_000_000
    assert await count_videos(ctx) == 0
    rest = DATA[2_000_000:]
    last = await send(admin, path, rest, offset=2_000_000, headers=checksum(rest, algorithm))
    await assert_is_video(ctx, last, DATA)


async def test_a_promise_about_the_whole_file(ctx: Context, admin: httpx.AsyncClient) -> None:
    kept = await begin(admin, len(DATA), sha256=sha256(DATA).hexdigest().upper())
    await assert_is_video(ctx, await send(admin, kept, DATA, offset=0), DATA)
    broken = await begin(admin, len(DATA), sha256="0" * 64)
    await send(admin, broken, DATA[:100], offset=0)
    answer = await send(admin, broken, DATA[100:], offset=100)
    assert (answer.status_code, answer.json()["code"]) == (422, "checksum_mismatch")
    assert await count_videos(ctx) == 1
    view = (await admin.get(broken)).json()
    assert (view["state"], view["error_code"], view["video_id"]) == ("failed", "checksum_mismatch", None)
    assert "SHA-256" in view["error_message"]
    # Kept aside, for whoever wants to know why, until it expires.
    assert await received(ctx, broken) == len(DATA)
    for again in (await send(admin, broken, b"", offset=len(DATA)), await admin.head(broken, headers=TUS)):
        assert again.status_code == 422
    await shift_clock(ctx.db, "8 days")
    assert await upload_completion.sweep(ctx) == 2
    assert await received(ctx, broken) is None
    assert (await admin.get(broken)).status_code == 404
    assert len(await files(ctx)) == 1


async def test_cancelling(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 100)
    await send(admin, path, DATA[:50], offset=0)
    assert (await admin.delete(path, headers=TUS)).status_code == 204
    assert await files(ctx) == []
    for answer in (
        await admin.head(path, headers=TUS),
        await send(admin, path, b"", offset=50),
        await admin.delete(path, headers=TUS),
    ):
        assert answer.status_code == 404
    # One that has become a video is only taken off the list.
    path = await begin(admin, 4)
    done = await send(admin, path, b"data", offset=0)
    assert (await admin.delete(path, headers=TUS)).status_code == 204
    await assert_is_video(ctx, done, b"data")


async def test_methods_that_a_proxy_does_not_know(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 4)
    said = TUS | OCTETS | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    done = await admin.post(path, content=b"data", headers=said)
    assert done.status_code == 204
    await assert_is_video(ctx, done, b"data")
    assert (await admin.post(path, headers=TUS)).status_code == 400
    forget = TUS | {"X-HTTP-Method-Override": "DELETE"}
    assert (await admin.post(path, headers=forget)).status_code == 204
    assert (await admin.get(path)).status_code == 404


async def test_an_upload_that_nobody_goes_on_with(ctx: Context, admin: httpx.AsyncClient) -> None:
    path = await begin(admin, 100)
    await send(admin, path, DATA[:50], offset=0)
    await shift_clock(ctx.db, "167 hours")
    assert await upload_completion.sweep(ctx) == 0
    assert (await send(admin, path, DATA[50:60], offset=50)).status_code == 204
    await shift_clock(ctx.db, "336 hours")
    for answer in (await send(admin, path, DATA[60:], offset=60), await admin.head(path, headers=TUS)):
        assert answer.status_code == 410
    assert await files(ctx) == [path.rpartition("/")[2] + ".part"]
    assert await upload_completion.sweep(ctx) == 1
    assert await files(ctx) == []
    assert (await send(admin, path, DATA[60:], offset=60)).json()["code"] == "upload_expired"
    assert (await admin.get(path)).json()["error_code"] == "upload_expired"
    await shift_clock(ctx.db, "361 hours")
    assert await upload_completion.sweep(ctx) == 1
    assert (await admin.head(path, headers=TUS)).status_code == 404


async def test_a_category_that_goes_away_meanwhile(ctx: Context, admin: httpx.AsyncClient) -> None:
    category = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    path = await begin(admin, 4, category_id=str(category.id))
    assert (await admin.delete(f"/api/categories/{category.id}")).status_code == 204
    done = await send(admin, path, b"data", offset=0)
    assert (await assert_is_video(ctx, done, b"data")).category_id is None


async def test_the_same_file_twice_makes_two_videos_that_share_nothing(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    first, second = [await send(admin, await begin(admin, 4), b"same", offset=0) for _ in range(2)]
    assert first.headers["vlog-video-id"] != second.headers["vlog-video-id"]
    number = first.headers["vlog-video-id"]
    assert (await admin.delete(f"/api/videos/{number}")).is_success
    assert (await admin.delete(f"/api/videos/{number}", params={"permanent": True})).is_success
    await assert_is_video(ctx, second, b"same")


# ---------------------------------------------------------------- limits


async def test_a_hundred_gigabytes_are_refused_before_they_take_any_space(
    ctx: Context, admin: httpx.AsyncClient
) -> None:
    await change(ctx.db, lambda tx: put(tx, "storage.max_upload_size_mb", 10 << 10, actor="test"))
    answer = await announce(admin, 100 << 30)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert answer.json()["details"] == {"limit_bytes": 10 << 30}
    assert await files(ctx) == []


async def test_space_is_kept_for_what_was_announced(
    ctx: Context, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_bytes = (await ctx.storage.free()).free_bytes
    assert free_bytes is not None
    gigabyte = 1 << 30
    # Leaves room for one gigabyte and a half, give or take what others write meanwhile.
    monkeypatch.setattr(uploads, "RESERVED_BYTES", free_bytes - 3 * gigabyte // 2)
    first = await begin(admin, gigabyte)
    answer = await announce(admin, gigabyte)
    assert (answer.status_code, answer.json()["code"]) == (507, "out_of_space")
    details = answer.json()["details"]
    assert details["needed_bytes"] > details["free_bytes"] > 0
    form = {"Content-Length": str(gigabyte), "Content-Type": "multipart/form-data; boundary=XX"}
    assert (await admin.post("/api/videos", content=b"", headers=form)).status_code == 507
    await admin.delete(first, headers=TUS)
    assert (await announce(admin, gigabyte)).status_code == 201


async def test_one_person_s_open_uploads_are_counted(ctx: Context, admin: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: put(tx, "storage.max_open_uploads", 5, actor="test"))
    answers = await asyncio.gather(*(announce(admin, 10) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 25
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "too_many_uploads"
    assert int(refused.headers["retry-after"]) > 0
    done = next(answer for answer in answers if answer.status_code == 201)
    await send(admin, done.headers["location"], bytes(10), offset=0)
    assert (await announce(admin, 10)).status_code == 201


async def test_one_person_s_open_uploads_are_weighed(ctx: Context, admin: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: put(tx, "storage.open_uploads_quota_mb", 10, actor="test"))
    assert (await announce(admin, 8 << 20)).status_code == 201
    answer = await announce(admin, 3 << 20)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_uploads")
    assert answer.json()["details"]["limit_bytes"] == 10 << 20
    assert (await announce(admin, 2 << 20)).status_code == 201
