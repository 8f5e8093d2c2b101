"""Sources without a film: their length by their samples, their sound whole, and a picture that stands for
them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.support.barcode import complaints, run_ffmpeg
from tests.support.inspections import WORK, refused
from tests.support.inspections import inspected as looked_into
from tests.support.jails import tools
from tests.support.presentations import assignment, shown, thumbnail_work
from tests.support.recording_client import RecordingClient
from tests.support.sounds import AUDIO, decoded, joined, level_of
from vlog.media.stills import FORMATS, main_file
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import AudioWork, Inspected

SECONDS = 5
TAKEN = replace(WORK, segment_seconds=2, accept_audio=True)
TONE = ("-f", "lavfi", "-i", f"sine=frequency=500:duration={SECONDS}:sample_rate=44100,volume=2")
RED = ("-f", "lavfi", "-i", "color=red:s=300x300:d=1", "-frames:v", "1")


@dataclass(frozen=True)
class Kind:
    name: str
    options: tuple[str, ...]


KINDS = [
    Kind("a.mp3", ("-c:a", "libmp3lame")),
    Kind("a.m4a", ("-c:a", "aac")),
    Kind("a.mp4", ("-c:a", "libmp3lame")),
    Kind("a.flac", ("-c:a", "flac")),
    Kind("a.ogg", ("-c:a", "libvorbis", "-ac", "2")),
    Kind("a.opus", ("-c:a", "libopus")),
    Kind("a.wav", ("-c:a", "pcm_s24le")),
    Kind("a.mka", ("-c:a", "aac")),
]


async def sound_of(jail: Jail, source: Path, found: Inspected) -> RecordingClient:
    client = RecordingClient(source)
    work = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={})
    await make_audio(assignment(jail, source, client), work)
    return client


async def picture_of(
    jail: Jail, source: Path, found: Inspected
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The poster as 16 x 9 dots of red, green and blue."""
    client = RecordingClient(source)
    await make_thumbnail(
        assignment(jail, source, client), thumbnail_work(found, widths=(640,), formats=tuple(FORMATS))
    )
    assert {each.format for each in client.thumbnail} == set(FORMATS)
    file = main_file(list(client.thumbnail))
    assert file is not None
    assert (file.width, file.height) == (640, 360)
    command = [str(tools().ffmpeg), "-v", "error", "-i", "-", "-vf", "scale=16:9:flags=area,format=rgb24"]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-"], input=client.thumbnail[file], capture_output=True, check=True
    ).stdout
    return np.frombuffer(raw, np.uint8).reshape(9, 16, 3)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_kinds_of_files(kind: Kind, any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / kind.name
    run_ffmpeg(*TONE, *kind.options, source)
    found = await looked_into(any_jail, source, TAKEN)
    info, grid = found.info, found.grid
    assert info.pictures is None
    assert info.audio is not None
    # MP3 and Opus pad what they hold to whole frames.
    assert float(info.duration_seconds) == pytest.approx(SECONDS, abs=0.06)
    assert grid.duration_seconds == info.duration_seconds
    assert [cell.end - cell.start for cell in grid.cells[:-1]] == [96_000, 96_000][: len(grid.cells) - 1]
    client = await sound_of(any_jail, source, found)
    heard = shown(client, "audio")
    assert complaints(heard.media) == ""
    assert 0 <= heard.end - grid.duration < 1024
    made = decoded(joined(client))
    assert level_of(made[48_000:96_000], 500) > 0.1
    assert level_of(made[-24_000:-6000], 500) > 0.1


async def test_refused_where_only_films_are_wanted(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "a.mp3"
    run_ffmpeg(*TONE, source)
    assert (await refused(any_jail, source, replace(TAKEN, accept_audio=False))).code == "no_video"


def claims_an_hour(source: Path) -> None:
    """The header of a WAV file tells of more than there is."""
    run_ffmpeg(*TONE, "-c:a", "pcm_s16le", source)
    data = bytearray(source.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = (44_100 * 2 * 3600).to_bytes(4, "little")
    source.write_bytes(data)


def cut_in_half(source: Path) -> None:
    run_ffmpeg(*TONE, "-c:a", "flac", source)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])


def with_an_hour_without(source: Path) -> None:
    """The second half begins an hour later, by its timestamps."""
    gap = "asetpts=PTS+gte(T\\,2.5)*3600/TB"
    run_ffmpeg(*TONE, "-af", gap, "-c:a", "pcm_s16le", "-copyts", source)


@pytest.mark.parametrize(
    ("name", "make", "seconds"),
    [
        ("long.wav", claims_an_hour, SECONDS),
        ("half.flac", cut_in_half, SECONDS / 2),
        ("gap.mka", with_an_hour_without, SECONDS),
    ],
)
async def test_length_is_what_can_be_heard(
    name: str, make: Callable[[Path], None], seconds: float, any_jail: Jail, tmp_path: Path
) -> None:
    source = tmp_path / name
    make(source)
    found = await looked_into(any_jail, source, TAKEN)
    assert float(found.info.duration_seconds) == pytest.approx(seconds, abs=0.4)
    made = decoded(joined(await sound_of(any_jail, source, found)))
    middle = len(made) // 2
    assert level_of(made[middle - 12_000 : middle + 12_000], 500) > 0.1


async def test_too_long_is_told(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "long.flac"
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc=d=30:r=8000", source)
    short = replace(TAKEN, max_duration_seconds=20)
    assert (await refused(any_jail, source, short)).code == "too_long"


def with_cover(path: Path, kind: str) -> Path:
    cover = path.with_suffix(f".{kind}")
    run_ffmpeg(*RED, cover)
    attached = ("-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic")
    run_ffmpeg(*TONE, "-i", cover, *attached, path)
    return path


@pytest.mark.parametrize("codec", ["jpg", "png"])
async def test_the_cover_is_the_poster(codec: str, any_jail: Jail, tmp_path: Path) -> None:
    source = with_cover(tmp_path / "a.mp3", codec)
    found = await looked_into(any_jail, source, TAKEN)
    assert found.info.cover == 1
    picture = (await picture_of(any_jail, source, found)).astype(int)
    red, other = picture[4, 8, 0], picture[4, 8, 1:].max()
    assert red > 200 > 80 > other
    # Beside it the same, darker.
    assert 60 < picture[4, 0, 0] < 160


async def test_a_cover_that_is_damaged_is_not_the_end(any_jail: Jail, tmp_path: Path) -> None:
    source = with_cover(tmp_path / "a.mp3", "png")
    data = source.read_bytes()
    at = data.index(b"IDAT")
    source.write_bytes(data[:at] + bytes(len(b"IDAT") + 200) + data[at + 204 :])
    found = await looked_into(any_jail, source, TAKEN)
    await picture_of(any_jail, source, found)


async def test_without_a_cover_the_sound_is_drawn(any_jail: Jail, tmp_path: Path) -> None:
    """Loud in its first half: the bars are long there."""
    source = tmp_path / "a.flac"
    run_ffmpeg(*TONE, "-af", "volume='if(lt(t,2.5),2,0.001)':eval=frame", source)
    found = await looked_into(any_jail, source, TAKEN)
    picture = (await picture_of(any_jail, source, found)).astype(int)
    loud, quiet = picture[3, 2:7, 2].mean(), picture[3, 10:15, 2].mean()
    assert loud > quiet + 40
