"""Taking over what a source already has, and refusing what only looks like it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.barcode import complaints, run_ffmpeg
from tests.support.barcode_sources import BarcodeSources
from tests.support.clips import clip
from tests.support.presentations import assignment, inspected, shown
from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Invalid
from vlog.media.fmp4_init import parse_init
from vlog.media.grid import Cell, Grid
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.pipeline.jail import Jail
from vlog.pipeline.remux import remux
from vlog.wire.work import Inspected, Made, RemuxWork

ORIGINAL = VideoRendition(name="original", width=320, height=180, encoder="copy")


async def copied(
    jail: Jail,
    source: Path,
    found: Inspected,
    *,
    client: RecordingClient | None = None,
    durable: dict[str, tuple[int, ...]] | None = None,
) -> tuple[RecordingClient, Made]:
    client = client or RecordingClient(source)
    audio = None
    if found.info.audio:
        audio = AudioRendition(
            name="audio_source", encoder="copy", sample_rate=48_000, channels=2, bit_rate=96_000
        )
    work = RemuxWork(info=found.info, grid=found.grid, video=ORIGINAL, audio=audio, durable=durable or {})
    made = await remux(assignment(jail, source, client), work)
    return client, made


async def test_mp3_is_taken_over(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("mp3.mp4")
    found = await inspected(any_jail, source, remux=True)
    client, _ = await copied(any_jail, source, found)
    heard = shown(client, "audio_source")
    assert parse_init(client.inits["audio_source"]).format == b"mp4a"
    assert heard.end - heard.ticks[0] == len(heard.ticks) * 1152
    assert complaints(heard.media) == ""


@pytest.mark.parametrize("seconds", ["0.3", "1.3"])
async def test_silence_before_late_sound_is_in_the_source_s_own_format(
    seconds: str, any_jail: Jail, tmp_path: Path
) -> None:
    """Six channels here: a stereo frame among them would be an error for every decoder."""
    whole, source = clip("bbb_720p_aac51.mp4"), tmp_path / "late.mp4"
    late = ("-itsoffset", seconds, "-i", whole)
    run_ffmpeg("-i", whole, *late, "-map", "0:v", "-map", "1:a", "-c", "copy", source)
    found = await inspected(any_jail, source, remux=True)
    client, _ = await copied(any_jail, source, found)
    heard = shown(client, "audio_source")
    assert heard.ticks[0] < 1024
    assert 0 <= heard.end - found.grid.duration_seconds * 48_000 <= 1024
    assert complaints(heard.media) == ""


async def test_nothing_that_is_durable_is_sent_again(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source, remux=True)
    whole, _ = await copied(any_jail, source, found)
    client, _ = await copied(any_jail, source, found, durable={"original": (0, 2), "audio_source": (0,)})
    assert sorted(client.segments["original"]) == [1]
    assert sorted(client.segments["audio_source"]) == [1, 2]
    # And what is sent is the same, byte for byte.
    assert client.segments["original"][1] == whole.segments["original"][1]
    assert client.inits == whole.inits


async def test_borders_without_a_key_frame_are_refused(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source, remux=True)
    moved = replace(found.grid, cells=shifted(found.grid, 10))
    with pytest.raises(Invalid) as refused:
        await copied(any_jail, source, Inspected(info=found.info, grid=moved))
    assert refused.value.code == "not_remuxable"


def shifted(grid: Grid, frames: int) -> tuple[Cell, ...]:
    """The first border some pictures later, where no key frame is."""
    first, second, *rest = grid.cells
    step = frames * (grid.frame_duration or 1)
    longer = replace(first, end=first.end + step, frames=first.frames + frames)
    shorter = replace(second, start=second.start + step, frames=second.frames - frames)
    return (longer, shorter, *rest)


async def test_a_count_of_pictures_that_is_not_true_is_refused(
    barcodes: BarcodeSources, any_jail: Jail
) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source, remux=True)
    first, *rest = found.grid.cells
    wrong = replace(found.grid, cells=(replace(first, frames=first.frames + 1), *rest))
    with pytest.raises(Invalid) as refused:
        await copied(any_jail, source, Inspected(info=found.info, grid=wrong))
    assert refused.value.code == "not_remuxable"


async def test_open_groups_are_never_copied(barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path) -> None:
    """Pictures before a key frame in shown order refer to pictures before it: a seek there would show
    rubble.
    """
    source = tmp_path / "open.mp4"
    x264 = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", "open-gop=1:keyint=40:bframes=3")
    run_ffmpeg("-i", barcodes.path("silent.mp4"), *x264, source)
    found = await inspected(any_jail, source, remux=True)
    if found.grid.key_frames_aligned:
        # The index can't tell open groups from closed ones in this file; the first pictures do.
        with pytest.raises(Invalid) as refused:
            await copied(any_jail, source, found)
        assert refused.value.code == "not_remuxable"


async def test_large_sources_go_in_batches(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source, remux=True)
    client, made = await copied(any_jail, source, found)
    assert made == Made()
    assert {rendition for rendition, _ in client.batches} == {"original", "audio_source"}
    for name in ("original", "audio_source"):
        order = [number for rendition, numbers in client.batches if rendition == name for number in numbers]
        assert order == [0, 1, 2]
