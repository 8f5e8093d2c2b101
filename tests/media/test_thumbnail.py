"""The picture that stands for a video: a good one, upright, small, in every format."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.barcode import run_ffmpeg
from tests.support.barcode_sources import BarcodeSources
from tests.support.clips import clip
from tests.support.jails import build, tools
from tests.support.presentations import assignment, inspected, thumbnail_work
from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Invalid
from vlog.media.stills import FORMATS, WIDTHS, is_sound, main_file
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ExitedWithError
from vlog.pipeline.jail import Jail
from vlog.pipeline.stills import proven_formats
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import Pictured

ALL_FORMATS = tuple(FORMATS)


async def pictured(
    jail: Jail, source: Path, *, widths: Sequence[int] = (640,), formats: Sequence[str] = ("jpeg",)
) -> tuple[RecordingClient, Pictured, Assignment]:
    found = await inspected(jail, source)
    client = RecordingClient(source)
    task = assignment(jail, source, client)
    work = thumbnail_work(found, widths=tuple(widths), formats=tuple(formats))
    return client, await make_thumbnail(task, work), task


def main_of(client: RecordingClient) -> bytes:
    file = main_file(list(client.thumbnail))
    assert file is not None
    return client.thumbnail[file]


def looked_at(picture: bytes) -> tuple[str, int, int]:
    """Format and size as ffprobe sees them."""
    command = [str(tools().ffprobe), "-v", "error", "-show_entries", "stream=codec_name,width,height"]
    told = subprocess.run([*command, "-of", "csv=p=0", "-"], input=picture, capture_output=True, check=True)
    name, width, height = told.stdout.decode().strip().split(",")[:3]
    return name, int(width), int(height)


def mean_colour(picture: bytes) -> tuple[float, float, float]:
    """Mean red, green and blue of the whole picture, as a reader of the format sees it."""
    command = [str(tools().ffmpeg), "-v", "error", "-i", "-", "-vf", "scale=16:16:flags=area,format=rgb24"]
    done = subprocess.run([*command, "-f", "rawvideo", "-"], input=picture, capture_output=True, check=True)
    red, green, blue = (sum(done.stdout[plane::3]) / 256 for plane in range(3))
    return red, green, blue


def film(target: Path, *parts: str, size: str = "320x180") -> Path:
    """Scenes one after the other, a key frame at each."""
    scenes = "".join(f"{part.replace('SIZE', size)},format=yuv420p[p{n}];" for n, part in enumerate(parts))
    joined = "".join(f"[p{number}]" for number in range(len(parts)))
    graph = f"{scenes}{joined}concat=n={len(parts)}"
    run_ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", "-preset", "ultrafast", "-g", "20", target)
    return target


BLACK = "color=black:s=SIZE:r=10:d={}"
# Letters as a title card has them: a few plain bars on a plain ground.
CARD = "color=0x202060:s=SIZE:r=10:d={},drawbox=60:70:200:12:white:fill,drawbox=90:100:140:8:white:fill"
SCENE = "mandelbrot=s=SIZE:r=10:start_scale=0.3:end_scale=0.2,trim=duration={}"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("bbb_720p_aac51.mp4", (640, 360)),
        ("portrait_h264_60fps.mp4", (640, 1130)),
        ("sintel_small.mp4", (258, 110)),
        ("testcard_vp8.webm", (320, 240)),
        ("surveillance_msmpeg4_80s.avi", (640, 480)),
        ("mpeg2_ps_ntsc.mpeg", (640, 480)),
    ],
)
async def test_real_clips(name: str, size: tuple[int, int], any_jail: Jail) -> None:
    client, made, task = await pictured(any_jail, clip(name))
    assert looked_at(main_of(client)) == ("mjpeg", *size)
    assert made.files == tuple(client.thumbnail)
    assert all(run.exit_status == 0 for run in task.runs)


async def test_every_size_in_every_format(any_jail: Jail) -> None:
    source = clip("bbb_720p_aac51.mp4")
    client, _, task = await pictured(any_jail, source, widths=WIDTHS, formats=ALL_FORMATS)
    assert len(task.runs) == 1
    assert {(file.format, file.width) for file in client.thumbnail} == {
        (name, width) for name in ALL_FORMATS for width in (320, 640, 1280)
    }
    codecs = {"jpeg": "mjpeg", "webp": "webp", "avif": "av1"}
    reference = mean_colour(main_of(client))
    for file, data in client.thumbnail.items():
        assert is_sound(file, data)
        assert looked_at(data) == (codecs[file.format], file.width, file.height)
        # The same colours, whatever range and matrix a format uses.
        assert mean_colour(data) == pytest.approx(reference, abs=4), file
    by_name = {file.name: len(data) for file, data in client.thumbnail.items()}
    for width in (640, 1280):
        jpeg, webp, avif = (by_name[f"thumbnail_{width}.{each}"] for each in ("jpg", "webp", "avif"))
        assert avif < webp < jpeg < 200_000


async def test_fast_films_have_every_format(any_jail: Jail, tmp_path: Path) -> None:
    """Encoders of AVIF take 240 pictures a second at most; films may have a thousand."""
    source = tmp_path / "fast.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=500:d=0.2", "-c:v", "libx264", source)
    client, _, _ = await pictured(any_jail, source, widths=(320,), formats=ALL_FORMATS)
    assert {file.format for file in client.thumbnail} == set(ALL_FORMATS)


@pytest.mark.parametrize("name", ["bubblewrap", "landlock", "none"])
async def test_formats_are_proved_in_every_jail(name: str) -> None:
    assert await proven_formats(build(name)) == ALL_FORMATS


async def test_it_stands_upright(barcodes: BarcodeSources, any_jail: Jail) -> None:
    client, _, _ = await pictured(any_jail, barcodes.path("rotated.mp4"), widths=(90,))
    assert looked_at(main_of(client)) == ("mjpeg", 90, 160)


async def test_a_scene_is_chosen_before_black_and_titles(any_jail: Jail, tmp_path: Path) -> None:
    parts = [BLACK.format(3), CARD.format(4), SCENE.format(4), CARD.format(4), BLACK.format(3)]
    _, made, _ = await pictured(any_jail, film(tmp_path / "film.mp4", *parts))
    assert 7 <= made.at_seconds < 11


async def test_a_scene_between_key_frames_is_found(any_jail: Jail, tmp_path: Path) -> None:
    """One key frame, and that is black."""
    source = tmp_path / "dark.mp4"
    graph = f"{BLACK.format(2)}[d];{SCENE.format(8)},format=yuv420p[l];[d][l]concat=n=2".replace(
        "SIZE", "320x180"
    )
    options = ["-x264-params", "scenecut=0:keyint=1000", "-pix_fmt", "yuv420p"]
    run_ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", *options, source)
    client, made, _ = await pictured(any_jail, source)
    assert made.at_seconds >= 2
    assert max(mean_colour(main_of(client))) > 30


async def test_long_films_are_looked_into_here_and_there(any_jail: Jail, tmp_path: Path) -> None:
    parts = [BLACK.format(20), CARD.format(80), SCENE.format(30), CARD.format(70)]
    source = film(tmp_path / "long.mp4", *parts, size="64x36")
    _, made, _ = await pictured(any_jail, source)
    assert 100 <= made.at_seconds < 130


async def test_a_black_film_has_a_black_picture(any_jail: Jail, tmp_path: Path) -> None:
    source = film(tmp_path / "black.mp4", BLACK.format(2))
    client, _, _ = await pictured(any_jail, source, formats=ALL_FORMATS)
    assert looked_at(main_of(client)) == ("mjpeg", 320, 180)
    assert mean_colour(main_of(client)) == pytest.approx((0, 0, 0), abs=2)


async def test_one_picture_is_its_own_thumbnail(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "still.mp4"
    options = ["-frames:v", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=10", *options, source)
    client, made, _ = await pictured(any_jail, source)
    assert looked_at(main_of(client)) == ("mjpeg", 320, 180)
    assert made.at_seconds == 0


async def test_a_tiny_film_gets_the_formats_that_can_hold_it(any_jail: Jail, tmp_path: Path) -> None:
    source = film(tmp_path / "tiny.mp4", SCENE.format(1), size="32x18")
    client, _, _ = await pictured(any_jail, source, widths=WIDTHS, formats=ALL_FORMATS)
    assert {(file.format, file.width, file.height) for file in client.thumbnail} == {
        ("jpeg", 32, 18),
        ("webp", 32, 18),
    }


async def test_private_metadata_does_not_come_along(any_jail: Jail) -> None:
    client, _, _ = await pictured(any_jail, clip("phone_android_vfr_gps.mp4"), formats=ALL_FORMATS)
    for data in client.thumbnail.values():
        assert b"Exif" not in data
        assert b"android" not in data.lower()


async def test_no_picture_at_all_is_told(barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path) -> None:
    whole = barcodes.path("single_pictures.mov")
    found = await inspected(any_jail, whole)
    ruined = tmp_path / "ruined.mov"
    data = whole.read_bytes()
    end = data.index(b"moov")
    ruined.write_bytes(data[:48] + bytes(end - 52) + data[end - 4 :])
    client = RecordingClient(ruined)
    task = assignment(any_jail, ruined, client)
    with pytest.raises((Invalid, ExitedWithError)):
        await make_thumbnail(task, thumbnail_work(found))
    assert client.thumbnail == {}


async def test_what_is_behind_the_end_is_passed_over(barcodes: BarcodeSources, any_jail: Jail) -> None:
    """A film whose second half is missing."""
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source)
    client = RecordingClient(source)
    longer = thumbnail_work(found)
    longer = replace(longer, duration_seconds=Fraction(300))
    made = await make_thumbnail(assignment(any_jail, source, client), longer)
    assert made.at_seconds < 7
    assert looked_at(main_of(client)) == ("mjpeg", 320, 180)
