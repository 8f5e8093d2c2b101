"""Recordings put together as bytes: their clock starts anew or leaves hours out, and the film goes on."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest

from tests.support.barcode import complaints, flashes, make_source, numbers, pictures, sound
from tests.support.presentations import assignment, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media.plan import AudioRendition
from vlog.media.planner import cut_into_chunks
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import AudioWork, ThumbnailWork

COUNT = 200
RATE = Fraction(25)
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-c:a", "aac")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-g", "25", "-c:a", "mp2")
AUDIO = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)

JOINED = {
    # Seconds at which the clocks of the two halves start.
    "again.ts": (0, 0),
    "back.ts": (100, 0),
    "hours.ts": (0, 7000),
    "again.mpg": (0, 0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jumps")


def joined(folder: Path, name: str) -> Path:
    options = MPEG2 if name.endswith("mpg") else H264
    halves = []
    for number, start in enumerate(JOINED[name]):
        part = islice(pictures(COUNT, RATE), number * COUNT // 2, (number + 1) * COUNT // 2)
        moved = (*options, "-output_ts_offset", str(start))
        half = folder / f"{number}-{name}"
        # Four seconds each: beeps come each two seconds, also in the second half.
        make_source(half, rate=RATE, count=COUNT // 2, sound_seconds=4, options=moved, raw=part)
        halves.append(half.read_bytes())
    path = folder / name
    path.write_bytes(b"".join(halves))
    return path


@pytest.mark.parametrize("name", JOINED)
async def test_parts_follow_each_other(name: str, any_jail: Jail, folder: Path) -> None:
    source = joined(folder, name)
    found = await inspected(any_jail, source, remux=True)
    assert found.info.is_clock_mended
    assert "clock" in found.info.warnings[-1]
    assert not found.grid.key_frames_aligned
    assert 7.9 < found.grid.duration_seconds < 8.4
    # From the start or not at all: the clock is made while reading.
    assert len(cut_into_chunks(found.grid, 2)) == 1
    client = RecordingClient(source)
    cells = range(len(found.grid.cells))
    made = await encode_chunk(
        assignment(any_jail, source, client), found, cells, rungs=(rung("180p", 320, 180),)
    )
    work = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={})
    await make_audio(assignment(any_jail, source, client), work)
    thumbnail = ThumbnailWork(
        info=found.info,
        start_seconds=found.grid.start_seconds,
        duration_seconds=found.grid.duration_seconds,
        widths=(160,),
        formats=("jpeg",),
    )
    taken = await make_thumbnail(assignment(any_jail, source, client), thumbnail)
    assert 0 <= taken.at_seconds < 8
    assert client.thumbnail
    picture, heard = shown(client, "180p"), shown(client, "audio")
    assert made.missing_frames == 0
    seen = numbers(picture.media)
    # Where the parts were cut, a picture or two may lack what it refers to.
    assert len(set(range(COUNT)) - set(seen)) <= 2
    assert seen == sorted(seen)
    assert complaints(picture.media) == ""
    times = sorted(Fraction(tick, found.grid.timescale) for tick in picture.ticks)
    flashed = [float(times[place]) for place in flashes(picture.media)]
    beeps = sound(heard.media).beeps
    assert len(flashed) == len(beeps) == 4
    assert max(abs(flash - beep) for flash, beep in zip(flashed, beeps, strict=True)) < 0.05


async def test_a_steady_clock_is_left_alone(any_jail: Jail, folder: Path) -> None:
    source = folder / "steady.ts"
    make_source(source, rate=Fraction(25), count=50, sound_seconds=2, options=H264)
    assert not (await inspected(any_jail, source)).info.is_clock_mended
