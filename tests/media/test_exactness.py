"""Every picture of a source is shown once, at its own time, in every rendition, however chunks were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode import complaints, flashes, numbers, packet_times, sound
from tests.support.barcode_sources import BarcodeSources
from tests.support.presentations import Shown, assignment, chunks, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media import forecast
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.media.presentation import Span
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.pipeline.remux import remux
from vlog.wire.work import AudioWork, Inspected, RemuxWork

LARGE = rung("180p", 320, 180)
SMALL = rung("90p", 160, 90, preset="veryfast")
AUDIO = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)

FADE_IN_SECONDS = 0.011
"""The first frame of AAC fades in, because the run-up before it is left out."""


@dataclass(frozen=True)
class Case:
    """A source, and the numbers of its pictures that are to be seen."""

    name: str
    numbers: Sequence[int]
    held: int = 0
    remuxable: bool = False
    turn: str = ""
    drift_seconds: float = 0.001
    rungs: tuple[VideoRendition, ...] = field(default=(LARGE, SMALL))


CASES = [
    Case("even.mp4", range(210), remuxable=True),
    Case("ntsc.mp4", range(210), remuxable=True),
    Case("film.mkv", range(170), remuxable=True),
    Case("pal.ts", range(175), remuxable=True),
    Case("open_groups.mp4", range(360)),
    Case("silent.mp4", range(210), remuxable=True),
    Case("longer_sound.mp4", range(150), held=4, remuxable=True),
    Case("shorter_sound.mp4", range(210), remuxable=True),
    Case("live.webm", range(210)),
    Case("cut.mp4", range(39, 210)),
    Case("late_pictures.mp4", range(210), remuxable=True),
    Case("late_sound.mp4", range(210), remuxable=True),
    Case("wrapped_clock.ts", range(210), remuxable=True),
    Case(
        "rotated.mp4",
        range(210),
        turn="transpose=clock,",
        rungs=(rung("180p", 180, 320), rung("90p", 90, 160)),
    ),
    # Its muxer made a gap of 45 ms in the sound, which is stretched over or filled.
    Case("fragmented.mp4", range(210), remuxable=True, drift_seconds=0.03),
    # Its first packet gives no picture and its last picture has no time.
    Case("packets_without_times.avi", range(174)),
    # Its B-pictures before a pause would leave gaps when copied.
    Case("uneven.mp4", range(240), held=6),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


async def test_encoded_pictures(case: Case, barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path(case.name)
    found = await inspected(any_jail, source)
    client = RecordingClient(source)
    for cells in chunks(found.grid, 3):
        # A server in memory: it refuses a second initialisation segment that differs from the first.
        task = assignment(any_jail, source, client)
        made = await encode_chunk(task, found, cells, rungs=case.rungs)
        assert made.missing_frames == 0
        assert [run.stderr_tail for run in task.runs if run.exit_status] == []
    for each in case.rungs:
        judge_pictures(shown(client, each.name), found.grid, case, source)
        assert delivered(client, each.name) == forecast.video_spans(found.grid)
        judge_size(client.inits[each.name], shown(client, each.name), each)


async def test_copied_pictures_and_sound(case: Case, barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path(case.name)
    found = await inspected(any_jail, source, remux=True)
    assert found.grid.key_frames_aligned is case.remuxable
    if not case.remuxable:
        return
    client = await remuxed(any_jail, source, found)
    picture = shown(client, "original")
    grid = found.grid
    assert delivered(client, "original") == forecast.video_spans(grid)
    ticks = sorted(picture.ticks)
    assert ticks == expected_ticks(grid, case, source)
    assert picture.end == grid.duration
    assert complaints(picture.media) == ""
    assert numbers(picture.media) == list(case.numbers)
    if found.info.audio:
        rate = found.info.audio.sample_rate
        judge_forecast(client, copied(found.info), found, rate)
        await judge_sound(shown(client, "audio"), Fraction(1, rate), picture, found, case, source)


async def test_encoded_sound(case: Case, barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path(case.name)
    found = await inspected(any_jail, source)
    if found.info.audio is None:
        return
    client = RecordingClient(source)
    task = assignment(any_jail, source, client)
    work = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={})
    await make_audio(task, work)
    for cells in chunks(found.grid, len(found.grid.cells)):
        await encode_chunk(task, found, cells, rungs=(SMALL,))
    heard = shown(client, "audio")
    assert heard.ticks[0] == 0
    judge_forecast(client, AUDIO, found, 48_000)
    assert case.turn or await judge_sound(
        heard, Fraction(1, 48_000), shown(client, SMALL.name), found, case, source
    )


async def remuxed(jail: Jail, source: Path, found: Inspected) -> RecordingClient:
    """The source's own pictures and sound."""
    client = RecordingClient(source)
    info = found.info
    audio = copied(info) if info.audio else None
    work = RemuxWork(info=info, grid=found.grid, video=original(info), audio=audio, durable={})
    await remux(assignment(jail, source, client), work)
    return client


def copied(info: MediaInfo) -> AudioRendition:
    assert info.audio is not None
    return AudioRendition(
        name="audio",
        encoder="copy",
        sample_rate=info.audio.sample_rate,
        channels=info.audio.channels,
        bit_rate=0,
    )


def delivered(client: RecordingClient, name: str) -> list[Span]:
    """When the segments that came begin and how long they last."""
    made = client.segments[name]
    return [Span(made[number].start, made[number].duration) for number in sorted(made)]


def judge_forecast(client: RecordingClient, audio: AudioRendition, found: Inspected, rate: int) -> None:
    """What playlists promise of sound before it is made is what comes, to the sample."""
    came = delivered(client, "audio")
    source = found.info.audio
    promised = forecast.sound_spans(found.grid, audio, source=source, timescale=rate, start=came[0].start)
    assert came == promised


def original(info: MediaInfo) -> VideoRendition:
    return VideoRendition(name="original", width=info.video.width, height=info.video.height, encoder="copy")


def expected_ticks(grid: Grid, case: Case, source: Path) -> list[int]:
    """The times of all pictures by the source's own packets, and of those that are held."""
    shown_pts = packet_times(source, from_frames=source.suffix == ".avi")
    held = [cell.start for cell in grid.cells if not cell.frames]
    return sorted([grid.ticks(pts) for pts in shown_pts] + held)


def judge_pictures(picture: Shown, grid: Grid, case: Case, source: Path) -> None:
    assert sum(1 for cell in grid.cells if not cell.frames) == case.held
    assert sorted(picture.ticks) == expected_ticks(grid, case, source)
    assert picture.end == grid.duration
    if grid.has_pauses:
        # What is decoded last is seen last, and its duration is how long it is seen.
        assert list(picture.ticks) == sorted(picture.ticks)
    assert complaints(picture.media) == ""
    seen = numbers(picture.media, turn=case.turn)
    without_held = [number for place, number in enumerate(seen) if place == 0 or number != seen[place - 1]]
    assert without_held == list(case.numbers)
    assert len(seen) == len(case.numbers) + case.held


def judge_size(init: bytes, picture: Shown, each: VideoRendition) -> None:
    # Width and height as the track header tells them, in 16.16.
    assert (each.width << 16).to_bytes(4, "big") + (each.height << 16).to_bytes(4, "big") in init
    assert picture.media.startswith(init)


async def judge_sound(
    heard: Shown, tick: Fraction, picture: Shown, found: Inspected, case: Case, source: Path
) -> bool:
    """The distance of each beep from its flash is the source's; the sound lasts as long as the pictures."""
    assert complaints(heard.media) == ""
    presentation = found.grid.duration_seconds
    assert 0 <= heard.end * tick - presentation <= 1024 * tick
    # A first picture that is held until its time comes flashes at that time in the source.
    lead = found.grid.lead
    times = sorted(Fraction(value or lead, found.grid.timescale) for value in picture.ticks)
    flashed = [times[place] for place in flashes(picture.media)]
    start = found.grid.start_seconds
    shown_pts = packet_times(source, from_frames=source.suffix == ".avi")
    source_flashed = [shown_pts[place] * found.grid.time_base - start for place in flashes(source)]
    beeps = sound(heard.media).beeps
    wanted = sound(source, start=start).beeps
    offsets = pairs(flashed, beeps)
    assert len(offsets) == len(pairs(source_flashed, wanted)) >= 2
    for place, (made, asked) in enumerate(zip(offsets, pairs(source_flashed, wanted), strict=True)):
        allowed = case.drift_seconds + (FADE_IN_SECONDS if place == 0 else 0)
        assert abs(made - asked) <= allowed
    return True


def pairs(flashed: Sequence[Fraction], beeps: Sequence[float]) -> list[float]:
    """How much later than its flash each beep comes."""
    found = [min((beep - float(flash) for beep in beeps), key=abs) for flash in flashed]
    return [offset for offset in found if abs(offset) < 0.9]
