"""Thumbnails that people choose or send, made by real tools in the jail."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.media.test_thumbnail import looked_at, mean_colour
from tests.support.api import SECRET, client_of
from tests.support.barcode import run_ffmpeg
from tests.support.hands import Hands
from tests.support.jails import tools
from tests.support.uploaded import upload, video_of
from vlog.api.admin import picture_wait
from vlog.api.app import build_admin
from vlog.api.media_urls import preview_url
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.media.stills import PictureFile
from vlog.pipeline.jail import Jail
from vlog.processing import picture_requests, previews
from vlog.settings.store import Settings, put
from vlog.storage import layout
from vlog.wire.codec import from_json

SECONDS = 12


@pytest.fixture
async def admin(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(picture_wait, "WAIT_SECONDS", 0.0)
    async with client_of(build_admin(ctx), port=9001) as client:
        client.headers["X-Admin-Secret"] = SECRET
        yield client


@pytest.fixture
async def ctx(ctx: Context) -> Context:
    return replace(ctx, config=replace(ctx.config, admin_secret=SECRET))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red, then a fractal, then blue: four seconds each, a key frame each second."""
    target = tmp_path_factory.mktemp("film") / "film.mp4"
    graph = (
        "color=0xc01010:s=640x480:r=10:d=4,format=yuv420p[a];"
        "mandelbrot=s=640x480:r=10:start_scale=0.3:end_scale=0.2,trim=duration=4,format=yuv420p[b];"
        "color=0x1010c0:s=640x480:r=10:d=4,format=yuv420p[c];[a][b][c]concat=n=3"
    )
    run_ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", target)
    return target


@pytest.fixture
async def hands(ctx: Context, any_jail: Jail) -> Hands:
    return Hands(ctx, any_jail)


@pytest.fixture
async def video_id(ctx: Context, hands: Hands, film: Path) -> int:
    """A video that plays, with its automatic picture."""
    accepted = await upload(ctx, data=film.read_bytes())
    await hands.work(kinds=("inspect", "remux", "thumbnail"))
    assert (await video_of(ctx, accepted.video_id)).status == "ready"
    return accepted.video_id


async def picture(ctx: Context, name: str = "thumbnail.jpg") -> bytes:
    return await ctx.storage.read(layout.video("a-video").child(name))


def image(target: Path, *options: str, source: str = "color=0x10c010:s=400x300:d=1,format=rgb24") -> bytes:
    run_ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "1", *options, target)
    return target.read_bytes()


async def send(admin: httpx.AsyncClient, video_id: int, data: bytes, name: str = "a.jpg") -> httpx.Response:
    return await admin.post(f"/api/videos/{video_id}/thumbnail/upload", files={"file": (name, data)})


async def test_candidates(ctx: Context, admin: httpx.AsyncClient, hands: Hands, video_id: int) -> None:
    base = f"/api/videos/{video_id}/thumbnail"
    first = (await admin.get(base)).json()
    assert (first["thumbnail_source"], first["is_pending"], first["wide"]["width"]) == ("auto", False, 854)
    assert looked_at(await picture(ctx, "thumbnail_wide.jpg"))[1:] == (854, 480)

    # Five candidates, none beside another, and the good ones among them.
    assert (await admin.post(f"{base}/frames")).json()["is_pending"]
    await hands.work(kinds=("frames",))
    [told] = [
        row["state"]
        for row in await ctx.db.fetch("SELECT state FROM transcoding_jobs WHERE kind = 'pictures'")
    ]
    assert told == "done"
    frames = await picture_requests.frames(ctx.db, video_id)
    assert len(frames) == 5
    assert [each.at_seconds for each in frames] == sorted(each.at_seconds for each in frames)
    shown = await admin.get(f"{base}/frames/2.jpg")
    assert looked_at(shown.content) == ("mjpeg", 480, 360)


async def test_a_moment_a_picture_and_back(
    ctx: Context, admin: httpx.AsyncClient, hands: Hands, video_id: int, tmp_path: Path
) -> None:
    base = f"/api/videos/{video_id}/thumbnail"
    # A moment, exactly.
    asked = await admin.post(f"{base}/select", json={"time_seconds": 10.25})
    assert asked.json()["is_pending"]
    await hands.work(kinds=("thumbnail",))
    chosen = (await admin.get(base)).json()
    assert (chosen["thumbnail_source"], chosen["thumbnail_version"]) == ("selected", 2)
    assert chosen["thumbnail_timestamp"] == pytest.approx(10.3, abs=0.11)
    red, _, blue = mean_colour(await picture(ctx))
    assert blue > 150 > 60 > red
    # Its very end is a picture too.
    assert (await admin.post(f"{base}/select", json={"time_seconds": 12.0})).status_code == 200
    await hands.work(kinds=("thumbnail",))
    assert (await admin.get(base)).json()["thumbnail_version"] == 3

    # One's own; the latest wish counts, whichever is made first.
    await admin.post(f"{base}/select", json={"time_seconds": 1.0})
    assert (await send(admin, video_id, image(tmp_path / "a.png"))).status_code == 200
    await hands.work(kinds=("picture",))
    await hands.work(kinds=("thumbnail",))
    custom = (await admin.get(base)).json()
    assert (custom["thumbnail_source"], custom["thumbnail_timestamp"]) == ("custom", None)
    assert {each["width"] for each in custom["thumbnails"]} == {320, 400}
    assert mean_colour(await picture(ctx))[1] > 150
    # The sizes that it does not have go after a while, and not those that it has.
    assert await picture_requests.sweep(ctx) == 0
    assert await ctx.storage.exists(layout.video("a-video").child("thumbnail_640.jpg"))
    await transaction(ctx.db, lambda tx: tx.execute("UPDATE videos SET pictures_retired_at = '2020-01-01'"))
    assert await picture_requests.sweep(ctx) == 1
    assert not await ctx.storage.exists(layout.video("a-video").child("thumbnail_640.jpg"))
    assert await ctx.storage.exists(layout.video("a-video").child("thumbnail_400.jpg"))
    # What it was made of is gone with it.
    assert [
        each.key.name for each in await ctx.storage.list(layout.UPLOADS) if each.key.endswith(".picture")
    ] == []

    await admin.post(f"{base}/revert")
    await hands.work(kinds=("thumbnail",))
    back = (await admin.get(base)).json()
    assert back["thumbnail_source"] == "auto"
    assert {each["width"] for each in back["thumbnails"]} == {320, 640}
    acts = await ctx.db.fetch("SELECT details FROM audit_log WHERE action = 'video.thumbnail'")
    assert len(acts) == 5
    stale = await admin.post(f"{base}/revert", params={"seen_version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "edited_meanwhile")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def oriented(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with EXIF that says how to hold it, and where it was."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0) + b"SECRET PLACE"
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


async def test_hostile_pictures(
    ctx: Context, admin: httpx.AsyncClient, hands: Hands, video_id: int, tmp_path: Path
) -> None:
    jpeg = image(tmp_path / "a.jpg")
    before = await picture(ctx)
    refused = {
        "unsupported_picture": [
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
            b"<!doctype html><script>alert(1)</script>",
            b"GIF89a" + bytes(100),
            b"#EXTM3U\nfile:///etc/passwd\n",
            b"",
        ],
        "picture_too_large": [png(40_000, 40_000), png(16_000, 16_000), png(17_000, 20)],
        "picture_too_small": [png(1, 1)],
        "truncated_picture": [jpeg[: len(jpeg) // 2], png(64, 64)[:-12], jpeg[:20]],
    }
    for code, files in refused.items():
        for data in files:
            answer = await send(admin, video_id, data)
            assert (400 <= answer.status_code < 500, answer.json()["code"]) == (True, code), data[:20]
    large = await send(admin, video_id, jpeg + bytes(11 << 20))
    assert large.status_code == 413
    assert await picture(ctx) == before

    # Headers that are fine and nothing behind them: the jail finds out, and what stands for it stays.
    assert (await send(admin, video_id, png(64, 64, chunk(b"IDAT", b"nonsense")))).status_code == 200
    await hands.work(kinds=("picture",))
    job = await ctx.db.fetchrow("SELECT id, state, error_code FROM transcoding_jobs ORDER BY id DESC LIMIT 1")
    assert job is not None
    assert (job["state"], job["error_code"]) == ("failed", "bad_picture")
    with pytest.raises(Exception, match="damaged"):
        await picture_requests.is_done(ctx.db, job["id"])
    assert await picture(ctx) == before
    assert (await video_of(ctx, video_id)).status == "ready"

    # What hangs behind a picture, and what is written in it, is not taken over.
    polyglot = oriented(jpeg, 1) + b"PK\x03\x04<script>alert(1)</script>"
    assert (await send(admin, video_id, polyglot)).status_code == 200
    await hands.work(kinds=("picture",))
    for file in from_json(tuple[PictureFile, ...], (await video_of(ctx, video_id)).thumbnail_files):
        data = await picture(ctx, file.name)
        assert b"SECRET" not in data
        assert b"script" not in data


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", ()),
        ("a.png", ()),
        ("a.webp", ("-c:v", "libwebp")),
        ("b.webp", ("-c:v", "libwebp", "-lossless", "1")),
    ],
)
async def test_kinds_of_pictures(
    ctx: Context,
    admin: httpx.AsyncClient,
    hands: Hands,
    video_id: int,
    tmp_path: Path,
    name: str,
    options: Sequence[str],
) -> None:
    # Red above, blue below.
    two = "color=0xe01010:s=400x200:d=1[t];color=0x1010e0:s=400x200:d=1[b];[t][b]vstack,format=rgb24"
    data = image(tmp_path / name, *options, source=two)
    if name == "a.jpg":
        # Held upside down.
        data = oriented(data, 3)
    assert (await send(admin, video_id, data, name)).status_code == 200
    await hands.work(kinds=("picture",))
    command = [str(tools().ffmpeg), "-v", "error", "-i", "-", "-vf", "scale=1:2:flags=area,format=rgb24"]
    done = subprocess.run(
        [*command, "-f", "rawvideo", "-"], input=await picture(ctx), capture_output=True, check=True
    )
    top, bottom = done.stdout[:3], done.stdout[3:]
    upper, lower = (bottom, top) if name == "a.jpg" else (top, bottom)
    assert list(upper) == pytest.approx([0xE0, 0x10, 0x10], abs=6)
    assert list(lower) == pytest.approx([0x10, 0x10, 0xE0], abs=6)


async def test_a_preview_is_short_small_and_silent(ctx: Context, hands: Hands, video_id: int) -> None:
    # Nothing of it while the video is being made.
    assert await previews.ask(ctx) == 0
    await hands.work()
    assert await previews.ask(ctx) == 1
    assert await previews.ask(ctx) == 0
    assert await hands.work() == ["preview"]
    video = await video_of(ctx, video_id)
    assert (video.has_preview, video.preview_version) == (True, 1)
    assert preview_url(video) == "/videos/a-video/preview.mp4?v=1"
    data = await picture(ctx, "preview.mp4")
    assert len(data) < 200_000
    command = [str(tools().ffprobe), "-v", "error", "-of", "csv=p=0"]
    command += ["-show_entries", "stream=codec_name,width,height:format=duration"]
    told = subprocess.run([*command, "-"], input=data, capture_output=True, check=True)
    stream, seconds = told.stdout.decode().split()[:2]
    assert stream.startswith("h264,320,240")
    assert 2 < float(seconds.strip(",")) < 6
    await picture_requests.sweep(ctx)
    assert not [each for each in await ctx.storage.list(layout.UPLOADS) if each.key.endswith(".picture")]
    # Whoever wants none has none.
    await transaction(ctx.db, lambda tx: put(tx, "previews.enabled", False, actor="test"))
    assert await previews.ask(replace(ctx, settings=Settings(ctx.db, environ={}))) == 1
    assert preview_url(await video_of(ctx, video_id)) is None
    assert not await ctx.storage.exists(layout.preview("a-video"))


async def test_chapters_come_with_the_file(
    ctx: Context, admin: httpx.AsyncClient, hands: Hands, film: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    marks = [("0", "4000", "title=Röd"), ("4000", "8000", ""), ("8000", "12000", "title=Blue")]
    parts = [f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\n{title}\n" for a, b, title in marks]
    notes.write_text(";FFMETADATA1\n" + "".join(parts))
    source = tmp_path / "chapters.mkv"
    noted = ("-f", "ffmetadata", "-i", notes, "-map", "0:v", "-map_chapters", "1", "-c", "copy")
    run_ffmpeg("-i", film, *noted, source)
    accepted = await upload(ctx, data=source.read_bytes())
    await hands.work(kinds=("inspect", "remux"))
    base = f"/api/videos/{accepted.video_id}/chapters"
    found = (await admin.get(base)).json()["chapters"]
    assert [(each["title"], each["start_time"]) for each in found] == [
        ("Röd", 0),
        ("Chapter 2", 4),
        ("Blue", 8),
    ]
    shown = (await admin.get(f"{base}/from-source")).json()["chapters"]
    assert [each["title"] for each in shown] == ["Röd", "Chapter 2", "Blue"]
    refused = await admin.post(f"{base}/from-source", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "chapters_exist")
    await admin.delete(f"{base}/{found[1]['id']}")
    again = await admin.post(f"{base}/from-source", json={"replace_existing": True})
    assert again.json()["total_count"] == 3
