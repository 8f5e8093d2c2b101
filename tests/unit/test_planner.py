"""Which renditions and tasks a source becomes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import AAC, every, grid_of, index, info_of
from vlog.media.command import VideoJob, encode
from vlog.media.grid import Cell, Grid
from vlog.media.info import AudioStream, MediaInfo
from vlog.media.plan import AudioRendition, EncodePlan, EncodePolicy, VideoRendition
from vlog.media.planner import cut_into_chunks, plan

POLICY = EncodePolicy()
MP3 = replace(AAC, codec="mp3", profile="", sample_rate=44_100)

# Ten minutes at 30 pictures a second, a key every 2 s.
TEN_MINUTES = index(every(3000, 18_000), keys=every(180_000, 300))


def grid(*, remux: bool = False) -> Grid:
    return grid_of(TEN_MINUTES, remux=remux)


def tasks(made: EncodePlan) -> list[tuple[str, int, tuple[str, ...]]]:
    """Kind, stage and renditions, each combination once."""
    return list(dict.fromkeys((task.kind, task.stage, task.renditions) for task in made.tasks))


def test_sound_and_the_lowest_rung_come_first() -> None:
    made = plan(info_of(), grid(), POLICY)
    assert [rendition.name for rendition in made.video] == ["1080p", "720p", "480p", "360p"]
    assert tasks(made) == [
        ("audio", 0, ("audio",)),
        ("video", 0, ("360p",)),
        ("thumbnail", 0, ()),
        ("video", 1, ("1080p", "720p", "480p")),
    ]


def test_every_rendition_gets_every_cell_once() -> None:
    made = plan(info_of(), grid(), POLICY)
    cells = range(len(grid().cells))
    for name in [rendition.name for rendition in made.video] + ["audio"]:
        runs = [range(task.first_cell, task.end_cell) for task in made.tasks if name in task.renditions]
        assert sorted(number for run in runs for number in run) == list(cells)


def test_without_sound_nothing_is_made_of_it() -> None:
    made = plan(info_of(audio=None), grid(), POLICY)
    assert made.audio == ()
    assert all(task.kind != "audio" for task in made.tasks)


def test_a_tiny_source_has_one_stage() -> None:
    made = plan(info_of((320, 180)), grid(), POLICY)
    assert [rendition.name for rendition in made.video] == ["180p"]
    assert {task.stage for task in made.tasks} == {0}


def test_a_source_that_can_be_copied_plays_first_and_is_encoded_later() -> None:
    made = plan(info_of(bit_rate=6_000_000), grid(remux=True), POLICY)
    assert [(rendition.name, rendition.encoder) for rendition in made.video] == [
        ("original", "copy"),
        ("720p", "libx264"),
        ("480p", "libx264"),
        ("360p", "libx264"),
    ]
    assert [(rendition.name, rendition.encoder) for rendition in made.audio] == [("audio", "copy")]
    assert tasks(made) == [
        ("remux", 0, ("original", "audio")),
        ("thumbnail", 0, ()),
        ("video", 1, ("720p", "480p", "360p")),
    ]
    assert (made.video[0].width, made.video[0].height) == (1920, 1080)


def test_an_original_that_is_far_too_large_is_encoded_at_its_size_too() -> None:
    made = plan(info_of(bit_rate=7_600_000), grid(remux=True), POLICY)
    assert [rendition.name for rendition in made.video][:2] == ["original", "1080p"]


def test_policy_may_forbid_copying() -> None:
    made = plan(info_of(), grid(remux=True), EncodePolicy(remux=False))
    assert all(rendition.encoder != "copy" for rendition in made.video)
    assert all(rendition.encoder != "copy" for rendition in made.audio)


def remuxed_audio(audio: AudioStream) -> tuple[AudioRendition, ...]:
    return plan(info_of(audio=audio), grid(remux=True), POLICY).audio


def test_mp3_plays_at_once_and_is_made_aac_besides() -> None:
    made = plan(info_of(audio=MP3), grid(remux=True), POLICY)
    assert [(rendition.name, rendition.encoder) for rendition in made.audio] == [
        ("audio_source", "copy"),
        ("audio", "aac"),
    ]
    assert tasks(made)[:2] == [("remux", 0, ("original", "audio_source")), ("audio", 0, ("audio",))]


@pytest.mark.parametrize(
    "audio",
    [
        replace(AAC, channels=6),
        replace(AAC, profile="HE-AAC"),
        replace(AAC, sample_rate=96_000),
        replace(MP3, sample_rate=8000),
        replace(AAC, codec="opus", profile=""),
    ],
    ids=["5.1", "he-aac", "96 kHz", "slow mp3", "opus"],
)
def test_other_sound_is_encoded_beside_copied_pictures(audio: AudioStream) -> None:
    assert [(rendition.name, rendition.encoder) for rendition in remuxed_audio(audio)] == [("audio", "aac")]


@pytest.mark.parametrize(
    ("audio", "sample_rate", "channels", "bit_rate"),
    [
        (replace(MP3, bit_rate=320_000), 44_100, 2, 128_000),
        (replace(AAC, codec="ac3", channels=6, bit_rate=448_000), 48_000, 2, 128_000),
        (replace(AAC, codec="opus", bit_rate=None), 48_000, 2, 128_000),
        (replace(MP3, bit_rate=96_000), 44_100, 2, 96_000),
        (replace(AAC, codec="pcm_s16le", sample_rate=8000, channels=1, bit_rate=128_000), 48_000, 1, 80_000),
        (replace(MP3, bit_rate=8000), 44_100, 2, 64_000),
    ],
)
def test_encoded_sound(audio: AudioStream, sample_rate: int, channels: int, bit_rate: int) -> None:
    (made,) = plan(info_of(audio=audio), grid(), POLICY).audio
    assert (made.sample_rate, made.channels, made.bit_rate) == (sample_rate, channels, bit_rate)
    assert made.language == "eng"


def test_chunks_are_whole_cells_of_about_the_wished_length() -> None:
    chunks = cut_into_chunks(grid(), 30)
    assert chunks == [(n, n + 5) for n in range(0, 100, 5)]


@pytest.mark.parametrize("seconds", [1, 6, 13, 30, 700])
def test_chunks_cover_all_cells(seconds: int) -> None:
    chunks = cut_into_chunks(grid(), seconds)
    assert [number for first, end in chunks for number in range(first, end)] == list(range(100))


def test_few_keys_make_long_chunks() -> None:
    lonely = grid_of(index(every(3000, 18_000)))
    assert cut_into_chunks(lonely, 30) == [(0, len(lonely.cells))]
    # A key every 20 s: no chunk decodes more than half of what it encodes in vain.
    some = grid_of(index(every(3000, 18_000), keys=every(1_800_000, 30)))
    chunks = cut_into_chunks(some, 30)
    assert 8 <= len(chunks) <= 20
    for first, _ in chunks:
        cell = some.cells[first]
        assert some.ticks(cell.first_pts) - some.ticks(cell.key_pts) <= 15 * some.timescale


def test_no_chunk_has_more_cells_than_a_command_can_name() -> None:
    hours = replace(grid_of(index(every(3000, 18_000))), cells=())
    # Twelve hours of two seconds each, all decoded from the start.
    cells = [Cell(n * 60_000, (n + 1) * 60_000, 60, n * 180_000, (n + 1) * 180_000, 0) for n in range(21_600)]
    endless = replace(hours, cells=tuple(cells))
    chunks = cut_into_chunks(endless, 30)
    assert [number for first, end in chunks for number in range(first, end)] == list(range(21_600))
    for first, end in chunks:
        job = VideoJob(
            ffmpeg="ffmpeg",
            source_url="file:/in",
            info=info_of(),
            grid=endless.between(first, end),
            rungs=[VideoRendition(name="360p", width=640, height=360, encoder="libx264")],
        )
        assert max(map(len, encode(job))) < 128 << 10


def test_plans_do_not_depend_on_anything_else() -> None:
    info: MediaInfo = info_of()
    assert plan(info, grid(), POLICY) == plan(info, grid(), POLICY)
    assert Fraction(info.duration_seconds) == 600
