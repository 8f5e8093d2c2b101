"""Sound that is damaged, has holes or jumps: what is heard stays with what is seen, to the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode import complaints, flashes, make_source, packet_times, run_ffmpeg, sound
from tests.support.presentations import assignment, inspected, shown
from tests.support.recording_client import RecordingClient
from tests.support.sounds import AUDIO, LEVELLED
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.wire.work import AudioWork

DRIFT_SECONDS = 0.04
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "20")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds with a flash and a beep each two."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return make_source(path, rate=Fraction(20), count=200, sound_seconds=10, options=(*H264, "-c:a", "aac"))


def loses_packets(film: Path, path: Path) -> None:
    # All but those around the beeps: the encoder's frames last 21 ms.
    run_ffmpeg("-i", film, "-c", "copy", "-bsf:a", "noise=drop=not(mod(n\\,9))*gt(mod(n\\,94)\\,12)", path)


def loses_seconds(film: Path, path: Path) -> None:
    run_ffmpeg("-i", film, "-c", "copy", "-bsf:a", "noise=drop=between(pts*tb\\,2.5\\,5.5)", path)


def is_noisy(film: Path, path: Path) -> None:
    run_ffmpeg(
        "-i", film, "-c", "copy", "-bsf:a", "noise=amount=if(between(pts*tb\\,2.6\\,3.4)\\,20\\,0)", path
    )


def runs_slow(film: Path, path: Path) -> None:
    """The sound's clock is 3 in 1000 slower than that of the pictures."""
    run_ffmpeg("-i", film, "-c", "copy", "-bsf:a", "setts=pts=PTS*1.003:dts=DTS*1.003", path)


def ends_early(film: Path, path: Path) -> None:
    data = film.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])


async def beeps_made(jail: Jail, source: Path) -> tuple[list[float], list[float], RecordingClient]:
    """Where the source's flashes are, and the beeps in what was made, in seconds of the presentation."""
    found = await inspected(jail, source, segment_seconds=2)
    client = RecordingClient(source)
    work = AudioWork(info=found.info, grid=found.grid, audio=replace(AUDIO, levelling=LEVELLED), durable={})
    await make_audio(assignment(jail, source, client), work)
    heard = shown(client, "audio")
    assert complaints(heard.media) == ""
    assert 0 <= Fraction(heard.end, 48_000) - found.grid.duration_seconds < Fraction(1024, 48_000)
    times = packet_times(source)
    flashed = [
        float(times[place] * found.grid.time_base - found.grid.start_seconds) for place in flashes(source)
    ]
    return flashed, list(sound(heard.media).beeps), client


@pytest.mark.parametrize(
    ("damage", "heard"),
    [(loses_packets, 5), (loses_seconds, 4), (is_noisy, 5), (runs_slow, 5), (ends_early, 3)],
)
async def test_beeps_stay_with_their_flashes(
    damage: Callable[[Path, Path], None], heard: int, film: Path, any_jail: Jail, tmp_path: Path
) -> None:
    source = tmp_path / "damaged.mkv"
    damage(film, source)
    flashed, beeps, _ = await beeps_made(any_jail, source)
    # The slow clock is followed: its beeps are as late as its timestamps say.
    factor = 1.003 if damage is runs_slow else 1.0
    near = [min(abs(beep - flash * factor) for beep in beeps) for flash in flashed]
    assert sum(distance < DRIFT_SECONDS for distance in near) >= heard, (flashed, beeps)


async def test_a_long_hole_is_silence(film: Path, any_jail: Jail, tmp_path: Path) -> None:
    """Pictures and sound pause together; after it beep and flash are together again."""
    source = tmp_path / "hole.mkv"
    late = "setts=pts=PTS+gte(PTS*TB\\,5)*60/TB:dts=DTS+gte(PTS*TB\\,5)*60/TB"
    run_ffmpeg("-i", film, "-c", "copy", "-bsf:a", late, "-bsf:v", late, source)
    flashed, beeps, _ = await beeps_made(any_jail, source)
    assert [round(flash) for flash in flashed] == [0, 2, 4, 66, 68]
    for flash in flashed:
        assert min(abs(beep - flash) for beep in beeps) < DRIFT_SECONDS
