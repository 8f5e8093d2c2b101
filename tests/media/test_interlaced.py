"""Pictures made of two moments: found whatever the file says, made whole, and each keeps its time."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.barcode import HEIGHT, WIDTH, make_source, moment, numbers, run_ffmpeg, woven
from tests.support.jails import tools
from tests.support.presentations import assignment, chunks, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media import command
from vlog.media.command import VideoJob
from vlog.media.hardening import ffmpeg_input_args
from vlog.pipeline.jail import Jail
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import Inspected, ThumbnailWork

COUNT = 80
RATE = Fraction(25)
FINE = replace(rung("180p", WIDTH, HEIGHT), crf=8, max_bit_rate=20_000_000, buffer_bits=40_000_000)
MIXTURE = 5.6
"""How far, on average, a picture of two moments is from either; the next moment is twice as far."""


@dataclass(frozen=True)
class Case:
    """A container and codec with these fields, and what the file says of them."""

    name: str
    top_first: bool
    options: tuple[str, ...]


MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-g", "25", "-flags", "+ildct+ilme")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-g", "25")
CASES = [
    Case("told.ts", True, (*MPEG2, "-vf", "setfield=tff")),
    Case("bottom.ts", False, (*MPEG2, "-vf", "setfield=bff")),
    Case("reversed.ts", False, (*MPEG2, "-vf", "setfield=tff")),
    Case("told.mp4", True, (*H264, "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
    Case("untold.mp4", True, H264),
    Case("raw.mkv", False, ("-c:v", "ffv1")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fields")


def made(folder: Path, case: Case) -> Path:
    raw = woven(COUNT, top_first=case.top_first)
    return make_source(folder / case.name, rate=RATE, count=COUNT, options=case.options, raw=raw)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_fields_are_found_and_removed(case: Case, folder: Path, any_jail: Jail) -> None:
    source = made(folder, case)
    found = await inspected(any_jail, source, remux=True)
    assert found.info.video.interlacing == ("tff" if case.top_first else "bff")
    assert not found.grid.key_frames_aligned
    assert found.grid.frames == COUNT
    client = RecordingClient(source)
    for cells in chunks(found.grid, 2):
        task = assignment(any_jail, source, client)
        result = await encode_chunk(task, found, cells, rungs=(FINE,))
        assert result.missing_frames == 0
    picture = shown(client, FINE.name)
    assert sorted(picture.ticks) == [number * (found.grid.frame_duration or 0) for number in range(COUNT)]
    assert numbers(picture.media) == list(range(COUNT))
    luma = lumas(picture.media)
    for number in range(COUNT):
        wanted = moment(2 * number, bars=number)[40:, 40:-40]
        # The first one has no neighbour that could tell what stood between its lines.
        bound = 0.6 * MIXTURE if number else MIXTURE
        assert np.abs(luma[number][40:, 40:-40].astype(int) - wanted).mean() < bound


async def test_its_thumbnail_is_found_though_its_clock_starts_late(folder: Path, any_jail: Jail) -> None:
    # Transport streams begin at 1.4 s, and this one is not much longer.
    source = make_source(
        folder / "short.ts", rate=RATE, count=40, options=MPEG2, raw=woven(40, top_first=True)
    )
    found = await inspected(any_jail, source)
    start, seconds = found.grid.start_seconds, found.grid.duration_seconds
    client = RecordingClient(source)
    wanted = ThumbnailWork(
        info=found.info, start_seconds=start, duration_seconds=seconds, widths=(160,), formats=("jpeg",)
    )
    taken = await make_thumbnail(assignment(any_jail, source, client), wanted)
    assert start <= taken.at_seconds < start + seconds
    assert client.thumbnail


@pytest.mark.parametrize("case", [CASES[0], CASES[4]], ids=lambda case: case.name)
async def test_chunks_make_the_very_pictures_that_one_run_makes(
    case: Case, folder: Path, any_jail: Jail
) -> None:
    source = made(folder, case)
    found = await inspected(any_jail, source)
    whole = checksums(any_jail, source, found, range(len(found.grid.cells)))
    parts = [
        each
        for number in range(len(found.grid.cells))
        for each in checksums(any_jail, source, found, range(number, number + 1))
    ]
    assert len(whole) == COUNT
    assert parts == whole


async def test_whole_pictures_are_left_alone(folder: Path, any_jail: Jail) -> None:
    raw = [moment(number, bars=number).tobytes() + b"\x80" * (WIDTH * HEIGHT // 2) for number in range(40)]
    # The file says that it has fields, as films on discs do.
    options = (*MPEG2, "-vf", "setfield=tff")
    source = make_source(folder / "film.ts", rate=RATE, count=40, options=options, raw=raw)
    assert (await inspected(any_jail, source)).info.video.interlacing is None


async def test_telecine_keeps_its_pictures(folder: Path, any_jail: Jail) -> None:
    film = [
        moment(2 * number, bars=number).tobytes() + b"\x80" * (WIDTH * HEIGHT // 2) for number in range(48)
    ]
    plain = make_source(folder / "film.mkv", rate=Fraction(24), count=48, options=("-c:v", "ffv1"), raw=film)
    source = folder / "telecine.ts"
    run_ffmpeg("-i", plain, "-vf", "telecine=pattern=23:first_field=top", *MPEG2, source)
    found = await inspected(any_jail, source)
    assert found.info.video.interlacing == "tff"
    assert found.grid.frames == 60
    client = RecordingClient(source)
    for cells in chunks(found.grid, 2):
        await encode_chunk(assignment(any_jail, source, client), found, cells, rungs=(FINE,))
    luma = lumas(shown(client, FINE.name).media)
    clean = [moment(2 * number, bars=number)[40:, 40:-40] for number in range(48)]
    for picture in luma[1:]:
        # Each is one picture of the film and no mixture of two.
        apart = min(np.abs(picture[40:, 40:-40].astype(int) - one).mean() for one in clean)
        assert apart < 0.7 * MIXTURE


def lumas(media: bytes) -> list[NDArray[np.uint8]]:
    words = [
        "-v",
        "error",
        "-i",
        "-",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-",
    ]
    raw = subprocess.run([str(tools().ffmpeg), *words], input=media, capture_output=True, check=True).stdout
    return [picture[:HEIGHT] for picture in np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT * 3 // 2, WIDTH)]


def checksums(jail: Jail, source: Path, found: Inspected, cells: range) -> list[str]:
    """What the encoder would get for these cells: time and checksum of each picture."""
    grid = found.grid.between(cells.start, cells.stop)
    job = VideoJob(
        ffmpeg=str(jail.tools.ffmpeg), source_url=f"file:{source}", info=found.info, grid=grid, rungs=(FINE,)
    )
    words = [
        *command.start(job.ffmpeg),
        *command.seek(found.info, grid),
        *("-noautorotate", *ffmpeg_input_args(), "-i", job.source_url),
        *("-filter_complex", command.graph(job), "-map", "[o0]", "-fps_mode", "passthrough"),
        *("-enc_time_base", str(command.encoder_time_base(grid)), "-f", "framemd5", "-"),
    ]
    told = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    rows = [line.split(",") for line in told.splitlines() if not line.startswith("#")]
    return [f"{row[2].strip()} {row[5].strip()}" for row in rows]
