"""Every stored file against its hash and its row, both ways; damaged ones are made again from the source."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.deliveries import EVERYTHING, deliver, inspect, work_off
from tests.support.uploaded import (
    assert_all_is_there,
    claimed,
    master,
    source_values,
    upload,
    variants,
    video_of,
)
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Conflict, Unavailable
from vlog.processing import checks, findings, generations, removal, requests
from vlog.processing.findings import Finding
from vlog.processing.repair import repair
from vlog.processing.verification import Verification
from vlog.wire.work import Failure, Made
from vlog.workers.background import verify_storage
from vlog.workers.local_client import LocalClient

DAYS = 86_400


async def made(ctx: Context, *, remux: bool = False, title: str = "A video") -> int:
    """A ready video with all its renditions."""
    accepted = await upload(ctx, title)
    info, grid = source_values(remux=remux)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    return accepted.video_id


async def check(ctx: Context) -> list[tuple[str, str]]:
    """What a check of everything finds: kind and the last two names of the key."""
    found = await Verification(ctx).everything()
    assert await findings.count(ctx.db) == len(found)
    return sorted((each.kind, "/".join(each.key.split("/")[-2:])) for each in found)


def media(ctx: Context, name: str) -> Path:
    (path,) = ctx.config.storage_path.glob(f"videos/*/{name}")
    return path


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def age(path: Path) -> None:
    os.utime(path, (time.time() - 2 * DAYS,) * 2)


async def test_what_was_just_made_is_sound(ctx: Context) -> None:
    await made(ctx)
    await made(ctx, remux=True, title="Another")
    assert await check(ctx) == []
    last = await checks.last(ctx.db)
    assert last is not None
    assert (last.findings, last.files > 100) == (0, True)


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [(flip_a_bit, "damaged"), (Path.unlink, "missing"), (lambda path: path.write_bytes(b""), "damaged")],
)
async def test_what_is_damaged_or_gone_is_found_and_forgotten_when_mended(
    ctx: Context, break_it: Callable[[Path], object], kind: str
) -> None:
    video_id = await made(ctx)
    names = ["*/480p/segment_3.m4s", "*/audio/init.mp4", "master.m3u8"]
    before = {name: media(ctx, name).read_bytes() for name in names}
    paths = {name: media(ctx, name) for name in names}
    for path in paths.values():
        break_it(path)
    # Of a manifest only its presence is known.
    manifest_kind = "" if break_it is flip_a_bit else kind
    expected = [
        (kind, "480p/segment_3.m4s"),
        (manifest_kind, "a-video/master.m3u8"),
        (kind, "audio/init.mp4"),
    ]
    assert await check(ctx) == sorted(each for each in expected if each[0])
    listed = await findings.listed(ctx.db)
    assert {each.video_id for each in listed} == {video_id}
    assert all("--repair" in each.advice for each in listed)
    for name, path in paths.items():
        path.write_bytes(before[name])
    assert await check(ctx) == []


async def test_a_lost_source_is_found(ctx: Context) -> None:
    video_id = await made(ctx)
    video = await video_of(ctx, video_id)
    source = ctx.config.storage_path / str(video.source_key)
    source.write_bytes(b"other")
    assert await check(ctx) == [("damaged", str(video.source_key))]
    source.unlink()
    assert await check(ctx) == [("missing", str(video.source_key))]
    (found,) = await findings.listed(ctx.db)
    assert "backup" in found.advice
    assert await repair(ctx, video_id, found=[found]) == []


async def test_a_file_that_can_t_be_read_is_a_finding_and_not_the_end_of_the_check(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(ctx)
    path = media(ctx, "*/480p/segment_3.m4s")
    inode = path.stat().st_ino

    def pread(file: int, length: int, offset: int) -> bytes:
        if os.fstat(file).st_ino == inode:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(file, length, offset)

    real = os.pread
    monkeypatch.setattr(os, "pread", pread)
    assert await check(ctx) == [("damaged", "480p/segment_3.m4s")]
    (first,) = await findings.listed(ctx.db)
    assert await check(ctx) == [("damaged", "480p/segment_3.m4s")]
    (again,) = await findings.listed(ctx.db)
    assert again.found_at == first.found_at, "when it was met first is worth knowing"


async def test_what_the_inbox_is_being_relieved_of_is_no_finding(ctx: Context) -> None:
    await made(ctx)
    taken = ctx.config.storage_path / "uploads" / ("e" * 32)
    taken.write_bytes(b"an old film")
    age(taken)
    row = """
    INSERT INTO inbox_files (name, state, size_bytes, modified_ns, upload_id)
    VALUES ('film.mp4', 'taking', 1, 1, $1)
    """
    await transaction(ctx.db, lambda tx: tx.execute(row, taken.name))
    assert await check(ctx) == []


async def test_files_that_no_row_names_are_told_and_left_alone(ctx: Context) -> None:
    await made(ctx)
    root = ctx.config.storage_path
    strays = [
        media(ctx, "*/480p") / "segment_999.m4s",
        root / "uploads" / ("f" * 32),
        root / "videos" / "lost",
    ]
    strays[0].write_bytes(b"x")
    strays[1].write_bytes(b"x")
    strays[2].mkdir()
    assert await check(ctx) == [], "what is young may be on its way to its row"
    for path in strays:
        age(path)
    wanted = [("unknown", f"{path.parent.name}/{path.name}") for path in strays]
    assert await check(ctx) == sorted(wanted)
    assert all(path.exists() for path in strays)


async def test_videos_that_move_while_they_are_checked_are_no_findings(ctx: Context) -> None:
    video_id = await made(ctx)
    await removal.archive(ctx, video_id)
    assert await check(ctx) == []
    await removal.restore(ctx, video_id)
    assert await check(ctx) == []
    await removal.archive(ctx, video_id)
    await removal.purge(ctx, video_id)
    assert await Verification(ctx).video(video_id) == []
    assert await check(ctx) == []


async def test_an_unmounted_storage_is_not_a_loss_of_all_files(ctx: Context) -> None:
    await made(ctx)
    (ctx.config.storage_path / ".vlog-root").unlink()
    with pytest.raises(Unavailable):
        await Verification(ctx).everything()
    assert await findings.count(ctx.db) == 0


async def mended(ctx: Context, video_id: int) -> list[Finding]:
    found = await Verification(ctx).video(video_id)
    assert found
    return await repair(ctx, video_id, found=found)


async def test_damaged_segments_are_made_again(ctx: Context) -> None:
    video_id = await made(ctx)
    names = ["*/480p/segment_3.m4s", "*/480p/segment_4.m4s", "*/480p/segment_8.m4s", "*/audio/segment_2.m4s"]
    before = {name: media(ctx, name).read_bytes() for name in names}
    for name in names[:3]:
        flip_a_bit(media(ctx, name))
    first = await mended(ctx, video_id)
    assert len(first) == 3
    assert "480p" not in variants(await master(ctx)), "nobody is sent to it meanwhile"
    ranges = await ctx.db.fetch(
        "SELECT first_cell, end_cell FROM transcoding_tasks WHERE state = 'queued' ORDER BY first_cell"
    )
    assert [tuple(row) for row in ranges] == [(3, 5), (8, 9)]
    with pytest.raises(Conflict, match="worked on"):
        await repair(ctx, video_id, found=first)
    info, grid = source_values(remux=False)
    await work_off(LocalClient(ctx), info=info, grid=grid)
    assert "480p" in variants(await master(ctx))
    assert await check(ctx) == []
    media(ctx, names[3]).unlink()
    await mended(ctx, video_id)
    assert "audio" in variants(await master(ctx)), "without it nothing would play"
    await work_off(LocalClient(ctx), info=info, grid=grid)
    assert await check(ctx) == []
    assert {name: media(ctx, name).read_bytes() for name in names} == before
    await assert_all_is_there(ctx)
    assert (await video_of(ctx, video_id)).status == "ready"
    assert [job["state"] for job in await ctx.db.fetch("SELECT state FROM transcoding_jobs")] == ["done"] * 3


async def test_damage_in_what_was_never_shown_leaves_what_plays_alone(ctx: Context) -> None:
    video_id = await made(ctx)
    live = await ctx.db.fetchval("SELECT id FROM generations WHERE state = 'live'")
    other = await ctx.db.fetchval(
        "INSERT INTO generations (video_id, token, info, grid)"
        " SELECT video_id, 'other', info, grid FROM generations RETURNING id"
    )
    wrong = Finding(
        key="videos/a-video/other/480p/segment_3.m4s",
        kind="missing",
        part="segment",
        video_id=video_id,
        generation_id=other,
        quality="480p",
        number=3,
    )
    assert await repair(ctx, video_id, found=[wrong]) == [wrong]
    assert "480p" in {each.quality for each in await generations.qualities(ctx.db, video_id)}
    assert await ctx.db.fetchval("SELECT count(*) FROM transcoding_tasks WHERE state = 'queued'") == 0
    assert await ctx.db.fetchval("SELECT id FROM generations WHERE state = 'live'") == live


async def test_damage_in_an_attempt_that_failed_is_made_again_with_the_next(ctx: Context) -> None:
    video_id = (await upload(ctx)).video_id
    client = LocalClient(ctx)
    info, grid = source_values(remux=False)
    await inspect(client, info=info, grid=grid)
    spoilt = await claimed(client)
    await deliver(client, spoilt, grid=grid)
    await client.finish(spoilt.lease, Made(), ())
    while (offer := await client.claim(EVERYTHING)) is not None:
        await client.fail(offer.lease, Failure(code="x", message="x", retryable=False), ())
    assert (await video_of(ctx, video_id)).status == "failed"
    broken = sorted(ctx.config.storage_path.glob("videos/*/*/*/segment_1.m4s"))
    assert broken
    for path in broken:
        flip_a_bit(path)
    assert len(await mended(ctx, video_id)) == len(broken)
    await requests.retry(ctx, video_id)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, video_id)).status == "ready"
    assert await check(ctx) == []


async def test_nothing_is_mended_in_the_trash(ctx: Context) -> None:
    video_id = await made(ctx)
    flip_a_bit(media(ctx, "*/480p/segment_3.m4s"))
    await removal.archive(ctx, video_id)
    found = await Verification(ctx).video(video_id)
    assert [each.kind for each in found] == ["damaged"]
    with pytest.raises(Conflict, match="archive"):
        await repair(ctx, video_id, found=found)


async def test_what_was_copied_is_copied_again(ctx: Context) -> None:
    video_id = await made(ctx, remux=True)
    flip_a_bit(media(ctx, "*/original/segment_1.m4s"))
    await mended(ctx, video_id)
    info, grid = source_values(remux=True)
    assert await work_off(LocalClient(ctx), info=info, grid=grid) == ["remux"]
    assert await check(ctx) == []
    assert "original" in variants(await master(ctx))


async def test_inits_and_manifests_come_from_rows(ctx: Context) -> None:
    video_id = await made(ctx)
    media(ctx, "*/480p/init.mp4").unlink()
    media(ctx, "*/480p/stream.m3u8").unlink()
    media(ctx, "master.m3u8").unlink()
    assert len(await mended(ctx, video_id)) == 3
    assert await check(ctx) == []
    assert "480p" in variants(await master(ctx))


async def test_without_its_source_nothing_is_taken_apart(ctx: Context) -> None:
    video_id = await made(ctx)
    flip_a_bit(media(ctx, "*/480p/segment_3.m4s"))
    video = await video_of(ctx, video_id)
    (ctx.config.storage_path / str(video.source_key)).unlink()
    found = [each for each in await Verification(ctx).video(video_id) if each.part == "segment"]
    with pytest.raises(Conflict, match="source"):
        await repair(ctx, video_id, found=found)
    assert "480p" in {each.quality for each in await generations.qualities(ctx.db, video_id)}


async def test_it_reads_no_faster_than_it_may(ctx: Context) -> None:
    await upload(ctx, data=bytes(600_000))
    began = time.monotonic()
    await Verification(ctx, rate=1_000_000).everything()
    assert time.monotonic() - began >= 0.5


async def test_the_background_checks_when_it_is_due(ctx: Context) -> None:
    await made(ctx)
    flip_a_bit(media(ctx, "*/480p/segment_3.m4s"))
    assert await verify_storage(ctx) == 1
    flip_a_bit(media(ctx, "*/480p/segment_4.m4s"))
    assert await verify_storage(ctx) == 0, "not due again yet"
