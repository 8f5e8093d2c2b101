"""Turned, mirrored and odd pictures, and files with more than one: what is shown is what was meant."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import hostile
from tests.support.inspections import refused
from tests.support.jails import tools
from tests.support.mp4_boxes import box
from tests.support.presentations import assignment, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media import ladder
from vlog.media.plan import EncodePolicy
from vlog.pipeline.jail import Jail

POLICY = EncodePolicy(rungs=((96, 1_000_000),))
CORNERS = (40, 100, 160, 220)
MOVING = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-c:v", "libx264", "-preset", "ultrafast"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


def corners(media: bytes | Path) -> list[int]:
    """How light the four quarters of the first picture are, as a player that turns pictures shows them."""
    source = "-" if isinstance(media, bytes) else str(media)
    words = ["-v", "error", "-i", source, "-vf", "format=yuv420p,extractplanes=y,scale=2:2:flags=area"]
    words += ["-frames:v", "1", "-f", "rawvideo", "-"]
    data = media if isinstance(media, bytes) else None
    raw = subprocess.run([str(tools().ffmpeg), *words], input=data, capture_output=True, check=True).stdout
    return list(np.frombuffer(raw, np.uint8))


async def first_picture(jail: Jail, source: Path) -> tuple[bytes, tuple[int, int]]:
    """What is made of a source's first segment, and its size."""
    found = await inspected(jail, source)
    wanted, *_ = ladder.rungs(found.info, found.grid.frame_rate, POLICY)
    made = replace(rung("only", wanted.width, wanted.height), crf=10)
    client = RecordingClient(source)
    await encode_chunk(assignment(jail, source, client), found, range(1), rungs=(made,))
    return shown(client, "only").media, (wanted.width, wanted.height)


TURNS = [
    (),
    ("-display_rotation", "90"),
    ("-display_rotation", "180"),
    ("-display_rotation", "270"),
    ("-display_hflip",),
    ("-display_vflip",),
    ("-display_rotation", "90", "-display_hflip"),
    ("-display_rotation", "90", "-display_vflip"),
]


@pytest.mark.parametrize("turn", TURNS, ids=" ".join)
async def test_pictures_are_shown_upright(turn: tuple[str, ...], any_jail: Jail, folder: Path) -> None:
    plain = folder / "quarters.mp4"
    if not plain.exists():
        rows = [np.repeat(np.array(CORNERS[start : start + 2], np.uint8), 80) for start in (0, 2)]
        luma = np.concatenate([row[None].repeat(48, 0) for row in rows])
        raw = (luma.tobytes() + b"\x80" * (160 * 96 // 2)) * 3
        words = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "160x96", "-r", "25", "-i", "-"]
        command = [str(tools().ffmpeg), "-v", "error", *words, "-c:v", "libx264", "-crf", "5", str(plain)]
        subprocess.run(command, input=raw, check=True)
    turned = hostile.make(folder, *turn, "-i", plain.name, "-c", "copy", "turned.mp4")
    media, (width, height) = await first_picture(any_jail, turned)
    assert (width < height) is ("90" in turn or "270" in turn)
    assert np.abs(np.array(corners(media)).astype(int) - corners(turned)).max() <= 3


@pytest.mark.parametrize(
    ("shape", "size"), [("64/45", (1024, 576)), ("1/2", (720, 1152)), ("1/200", (720, 576))]
)
async def test_pixels_become_square(shape: str, size: tuple[int, int], any_jail: Jail, folder: Path) -> None:
    options = ["-vf", f"scale=720:576,setsar={shape}", "-t", "0.2"]
    source = hostile.make(folder, *MOVING, *options, "pixels.mp4")
    found = await inspected(any_jail, source)
    assert found.info.video.display_size == size
    assert bool(found.info.warnings) is (shape == "1/200")


@pytest.mark.parametrize("size", ["17x33", "161x91"])
async def test_odd_sizes_become_even(size: str, any_jail: Jail, folder: Path) -> None:
    pixels = ["-vf", f"scale={size.replace('x', ':')}", "-pix_fmt", "yuv444p", "-t", "0.2"]
    media, made = await first_picture(any_jail, hostile.make(folder, *MOVING, *pixels, "odd.mp4"))
    assert made[0] % 2 == made[1] % 2 == 0
    assert len(corners(media)) == 4


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tiff", "x.bmp"])
async def test_a_picture_is_not_a_video(name: str, any_jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *hostile.picture("320x180"), name)
    renamed = source.rename(folder / f"{name}.mp4")
    error = await refused(any_jail, renamed)
    assert (error.code, error.message) == ("not_a_video", "This is a picture and not a video.")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("one.gif", ()),
        ("one.mov", ("-c:v", "mjpeg")),
        ("one.mp4", ("-c:v", "libx264")),
        ("one.webm", ("-c:v", "libvpx-vp9")),
        ("one.avi", ("-c:v", "mpeg4")),
        ("one.mkv", ("-c:v", "mpeg2video")),
    ],
)
async def test_one_picture_is_one_segment(
    name: str, options: tuple[str, ...], any_jail: Jail, folder: Path
) -> None:
    source = hostile.make(folder, *hostile.picture("320x180"), *options, name)
    found = await inspected(any_jail, source)
    assert [cell.frames for cell in found.grid.cells] == [1]
    media, _ = await first_picture(any_jail, source)
    # Blue, as it was made.
    assert all(20 <= value <= 50 for value in corners(media))


async def test_the_film_among_other_streams(any_jail: Jail, folder: Path) -> None:
    small = ["-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=1"]
    cover = hostile.make(folder, *hostile.picture("300x300"), "cover.png")
    font = folder / "font.ttf"
    font.write_bytes(b"\0\1\0\0" + bytes(200))
    inputs = ["-i", cover.name, *small, *MOVING[:4], "-map", "0", "-map", "1", "-map", "2"]
    coded = ["-c:v:0", "copy", "-c:v:1", "mjpeg", "-c:v:2", "libx264", "-disposition:v:0", "attached_pic"]
    attached = ["-attach", font.name, "-metadata:s:t", "mimetype=font/ttf"]
    source = hostile.make(folder, *inputs, *coded, *attached, "many.mkv")
    video = (await inspected(any_jail, source)).info.video
    assert (video.codec, video.width) == ("h264", 160)


async def test_timecode_and_hint_tracks_are_passed_over(any_jail: Jail, folder: Path) -> None:
    hinted = ["-timecode", "01:00:00:00", "-movflags", "rtphint", "-bf", "0"]
    source = hostile.make(folder, *MOVING, *hinted, "hinted.mov")
    found = await inspected(any_jail, source)
    assert (found.info.video.codec, found.grid.frames) == ("h264", 25)


async def test_colours_of_dolby_vision_alone_are_refused(any_jail: Jail, folder: Path) -> None:
    ten_bits = [
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=none",
        "-pix_fmt",
        "yuv420p10le",
        "-tag:v",
        "hvc1",
    ]
    plain = hostile.make(folder, *MOVING[:4], *ten_bits, "hevc.mp4")
    # Version 1.0; profile 5, level 1, with RPU and base layer; readable by nothing else (0).
    kind = struct.pack(">BBHI", 1, 0, 5 << 9 | 1 << 3 | 0b101, 0) + bytes(16)
    layered = hostile.patched(plain, "dolby.mp4", lambda content: add_to_entry(content, box(b"dvcC", kind)))
    error = await refused(any_jail, layered)
    assert error.code == "dolby_vision"
    assert (await inspected(any_jail, plain)).info.video.pixel_format == "yuv420p10le"


def add_to_entry(content: bytearray, more: bytes) -> None:
    """Put a box at the end of the only sample entry; the file's index must stand behind its data."""
    entry = content.index(b"hvc1", content.index(b"stsd")) - 4
    end = entry + struct.unpack_from(">I", content, entry)[0]
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1"):
        at = content.index(kind, content.index(b"moov")) - 4
        struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + len(more))
    content[end:end] = more
