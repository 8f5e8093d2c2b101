"""The picture that stands for a video: upright, not black, small."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode import run_ffmpeg
from tests.support.barcode_sources import BarcodeSources
from tests.support.clips import clip
from tests.support.jails import tools
from tests.support.presentations import assignment, inspected
from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Invalid
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ExitedWithError
from vlog.pipeline.jail import Jail
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import Pictured, ThumbnailWork


async def pictured(
    jail: Jail, source: Path, *, width: int = 640
) -> tuple[RecordingClient, Pictured, Assignment]:
    found = await inspected(jail, source)
    client = RecordingClient(source)
    task = assignment(jail, source, client)
    at = found.info.video.start_seconds + min(Fraction(5), found.info.duration_seconds / 4)
    made = await make_thumbnail(task, ThumbnailWork(info=found.info, at_seconds=at, width=width))
    return client, made, task


def looked_at(picture: bytes | None) -> tuple[str, int, int]:
    """Format and size as ffprobe sees them."""
    assert picture is not None
    command = [str(tools().ffprobe), "-v", "error", "-show_entries", "stream=codec_name,width,height"]
    told = subprocess.run([*command, "-of", "csv=p=0", "-"], input=picture, capture_output=True, check=True)
    name, width, height = told.stdout.decode().strip().split(",")[:3]
    return name, int(width), int(height)


def mean_luma(picture: bytes | None) -> float:
    assert picture is not None
    command = [str(tools().ffmpeg), "-v", "error", "-i", "-", "-vf", "scale=32:32,format=gray"]
    done = subprocess.run([*command, "-f", "rawvideo", "-"], input=picture, capture_output=True, check=True)
    return sum(done.stdout) / len(done.stdout)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("bbb_720p_aac51.mp4", (640, 360)),
        ("portrait_h264_60fps.mp4", (640, 1130)),
        ("sintel_small.mp4", (258, 110)),
        ("testcard_vp8.webm", (320, 240)),
        ("surveillance_msmpeg4_80s.avi", (640, 480)),
    ],
)
async def test_real_clips(name: str, size: tuple[int, int], any_jail: Jail) -> None:
    client, _, task = await pictured(any_jail, clip(name))
    assert looked_at(client.thumbnail) == ("mjpeg", *size)
    assert len(task.runs) == 1


async def test_it_stands_upright(barcodes: BarcodeSources, any_jail: Jail) -> None:
    client, _, _ = await pictured(any_jail, barcodes.path("rotated.mp4"), width=90)
    assert looked_at(client.thumbnail) == ("mjpeg", 90, 160)


async def test_a_dark_beginning_is_passed_over(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "dark.mp4"
    graph = "color=black:s=320x180:r=10:d=6[d];testsrc2=s=320x180:r=10:d=4[l];[d][l]concat=n=2"
    run_ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", "-pix_fmt", "yuv420p", source)
    client, made, task = await pictured(any_jail, source)
    assert made.at_seconds >= 6
    assert mean_luma(client.thumbnail) > 40
    assert len(task.runs) > 1


async def test_a_black_film_has_a_black_picture(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "black.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "color=black:s=320x180:r=10:d=2", "-c:v", "libx264", source)
    client, _, _ = await pictured(any_jail, source)
    assert looked_at(client.thumbnail) == ("mjpeg", 320, 180)


async def test_private_metadata_does_not_come_along(any_jail: Jail) -> None:
    client, _, _ = await pictured(any_jail, clip("phone_android_vfr_gps.mp4"))
    assert client.thumbnail is not None
    assert b"Exif" not in client.thumbnail
    assert b"android" not in client.thumbnail.lower()


async def test_no_picture_at_all_is_told(barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path) -> None:
    whole = barcodes.path("single_pictures.mov")
    found = await inspected(any_jail, whole)
    ruined = tmp_path / "ruined.mov"
    data = whole.read_bytes()
    end = data.index(b"moov")
    ruined.write_bytes(data[:48] + bytes(end - 52) + data[end - 4 :])
    task = assignment(any_jail, ruined, RecordingClient(ruined))
    with pytest.raises((Invalid, ExitedWithError)):
        await make_thumbnail(task, ThumbnailWork(info=found.info, at_seconds=Fraction(1), width=640))
    assert len(task.runs) == 6


async def test_a_place_behind_the_end_is_passed_over(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source)
    client = RecordingClient(source)
    task = assignment(any_jail, source, client)
    made = await make_thumbnail(task, ThumbnailWork(info=found.info, at_seconds=Fraction(50), width=640))
    assert made.at_seconds < 7
    assert looked_at(client.thumbnail) == ("mjpeg", 320, 180)
