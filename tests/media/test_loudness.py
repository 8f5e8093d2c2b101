"""Sound is made equally loud by one gain, and never louder than its peaks allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.barcode import run_ffmpeg
from tests.support.clips import clip
from tests.support.presentations import assignment, inspected
from tests.support.recording_client import RecordingClient
from tests.support.sounds import (
    AUDIO,
    LEVELLED,
    decoded,
    joined,
    level_of,
    loudness_of,
    made_sound,
    with_pictures,
)
from vlog.media import loudness_sample
from vlog.media.loudness import CEILING_DBTP, Loudness, level
from vlog.media.plan import Levelling
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.wire.work import AudioWork, Made

TO_TARGET = replace(AUDIO, levelling=LEVELLED)
PEAKS = "aevalsrc=0.02*sin(880*PI*t)+0.9*gt(sin(4*PI*t)\\,0.9999)*sin(4000*PI*t):d=4:s=48000"


async def test_speech_comes_to_the_target(any_jail: Jail) -> None:
    client, made = await made_sound(any_jail, clip("screencast_speech.mp4"), TO_TARGET)
    assert made == Made()
    before, after = client.loudness["audio"], loudness_of(joined(client))
    assert before.integrated_lufs is not None
    assert before.true_peak_dbtp is not None
    assert after.integrated_lufs is not None
    reachable = min(-16.0, before.integrated_lufs + CEILING_DBTP - before.true_peak_dbtp)
    assert after.integrated_lufs == pytest.approx(reachable, abs=0.5)


@pytest.mark.parametrize(("level", "channels"), [(0.04, 2), (0.5, 2), (0.03, 1)])
async def test_quiet_and_loud_become_the_same(
    level: float, channels: int, any_jail: Jail, tmp_path: Path
) -> None:
    tone = ("-f", "lavfi", "-i", f"sine=frequency=997:duration=4,volume={level * 8}")
    source = with_pictures(tmp_path / "tone.mp4", *tone, "-c:a", "aac", "-ac", str(channels))
    client, _ = await made_sound(any_jail, source, replace(TO_TARGET, channels=channels))
    assert loudness_of(joined(client)).integrated_lufs == pytest.approx(-16, abs=0.5)


async def test_peaks_stay_below_the_ceiling_and_nothing_is_compressed(any_jail: Jail, tmp_path: Path) -> None:
    source = with_pictures(tmp_path / "peaks.mkv", "-f", "lavfi", "-i", PEAKS, "-c:a", "pcm_s16le")
    client, _ = await made_sound(any_jail, source, replace(TO_TARGET, bit_rate=256_000))
    before = client.loudness["audio"]
    assert before.true_peak_dbtp is not None
    allowed = CEILING_DBTP - before.true_peak_dbtp
    # What the encoder adds to a peak is what the ceiling leaves room for.
    assert (loudness_of(joined(client)).true_peak_dbtp or 0) < 0
    quiet, made = decoded(source), decoded(joined(client))
    part = slice(4800, 9600)
    raised = 20 * np.log10(np.std(made[part, 0]) / np.std(quiet[part, 0]))
    assert raised == pytest.approx(allowed, abs=0.3)


@pytest.mark.parametrize("sound", ["anullsrc=d=4", "sine=d=0.3,apad=whole_dur=4,atrim=0:0.3"])
async def test_silence_and_a_blink_of_sound_are_left_alone(
    sound: str, any_jail: Jail, tmp_path: Path
) -> None:
    source = with_pictures(tmp_path / "still.mkv", "-f", "lavfi", "-i", sound, "-c:a", "pcm_s16le")
    client, _ = await made_sound(any_jail, source, TO_TARGET)
    assert client.loudness["audio"] == Loudness()
    before, after = decoded(source), decoded(joined(client))
    length = min(len(before), len(after), 12_000)
    assert np.std(after[4096:length]) == pytest.approx(np.std(before[4096:length]), abs=0.005)


async def test_what_was_heard_first_counts(any_jail: Jail) -> None:
    """Another attempt, on a machine whose tool measures otherwise, must go on with the same gain."""
    source = clip("screencast_speech.mp4")
    client = RecordingClient(source)
    client.loudness["audio"] = Loudness(integrated_lufs=-10.0, true_peak_dbtp=-2.0)
    await made_sound(any_jail, source, TO_TARGET, client=client)
    whole, _ = await made_sound(any_jail, source)
    plain, lowered = loudness_of(joined(whole)), loudness_of(joined(client))
    assert plain.integrated_lufs is not None
    assert lowered.integrated_lufs == pytest.approx(plain.integrated_lufs - 6, abs=0.3)


async def test_a_resumed_attempt_does_not_listen_again(any_jail: Jail) -> None:
    source = clip("screencast_speech.mp4")
    found = await inspected(any_jail, source, segment_seconds=2)
    client = RecordingClient(source)
    known = Loudness(integrated_lufs=-20.0, true_peak_dbtp=-9.0)
    work = AudioWork(info=found.info, grid=found.grid, audio=TO_TARGET, loudness=known, durable={})
    task = assignment(any_jail, source, client)
    await make_audio(task, work)
    [run] = task.runs
    assert "volume=4.0dB" in run.command
    assert client.loudness == {}


async def test_nothing_is_made_where_the_copy_is_as_good(any_jail: Jail, tmp_path: Path) -> None:
    """A sine at -16 LUFS beside the target of the same."""
    tone = ("-f", "lavfi", "-i", "sine=frequency=997:duration=4,volume=1.09")
    source = with_pictures(tmp_path / "good.mp4", *tone, "-c:a", "aac", "-ac", "2")
    loudness = loudness_of(source).integrated_lufs
    assert loudness is not None
    for target, unneeded in ((loudness + 0.5, ("audio",)), (loudness + 3, ())):
        levelling = Levelling(target_lufs=target, least_gain_db=1.0)
        client, made = await made_sound(any_jail, source, replace(AUDIO, levelling=levelling))
        assert made == Made(unneeded=unneeded)
        assert bool(client.segments["audio"]) is not bool(unneeded)
        # The measurement is told either way.
        assert client.loudness["audio"].integrated_lufs == pytest.approx(loudness, abs=0.1)


# Loud for four seconds of twelve.
LONG = "aevalsrc=sin(880*PI*t)*(0.02+0.04*lt(mod(t\\,12)\\,4)):d=120:s=8000"


def long_film(folder: Path, *sound: str) -> Path:
    grey = ("-f", "lavfi", "-i", "color=gray:s=64x64:r=1:d=120")
    path = folder / "long.mkv"
    run_ffmpeg(*grey, "-f", "lavfi", "-i", LONG, "-c:v", "libx264", "-preset", "ultrafast", *sound, path)
    return path


async def test_a_long_film_is_levelled_by_pieces_of_it(
    any_jail: Jail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loudness_sample, "WHOLE_SECONDS", 60)
    source = long_film(tmp_path, "-c:a", "pcm_s16le", "-ac", "2")
    whole = loudness_of(source).integrated_lufs
    client, _ = await made_sound(any_jail, source, TO_TARGET)
    found = client.loudness["audio"]
    assert found.is_sampled
    assert found.integrated_lufs == pytest.approx(whole, abs=1.0)
    wanted = level(found, LEVELLED).gain_db
    assert wanted > 5
    loud = slice(24 * 48_000, 28 * 48_000)
    made, before = decoded(joined(client), channels=1)[loud], decoded(source, channels=1)[loud]
    assert 20 * np.log10(np.std(made) / np.std(before)) == pytest.approx(wanted, abs=0.1)


async def test_peaks_that_no_piece_met_are_held(any_jail: Jail, tmp_path: Path) -> None:
    """A quiet tone that is nearly at full level for a tenth of a second, of which nothing was heard."""
    shout = "aevalsrc=sin(880*PI*t)*(0.02+0.9*between(t\\,2\\,2.1)):d=4:s=48000"
    source = with_pictures(tmp_path / "peaks.mkv", "-f", "lavfi", "-i", shout, "-c:a", "pcm_s16le")
    client = RecordingClient(source)
    client.loudness["audio"] = Loudness(
        integrated_lufs=-30.0, true_peak_dbtp=-20.0, changes_format=True, is_sampled=True
    )
    await made_sound(any_jail, source, TO_TARGET, client=client)
    made, before = decoded(joined(client)), decoded(source)
    assert np.abs(made).max() < 10 ** (CEILING_DBTP / 20)
    # In full away from it.
    quiet = slice(int(1.1 * 48_000), int(1.4 * 48_000))
    gain = 20 * np.log10(level_of(made[quiet], 440) / level_of(before[quiet], 440))
    assert gain == pytest.approx(14.0, abs=0.2)


async def test_what_nobody_waits_for_is_heard_whole(
    any_jail: Jail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source's own sound plays meanwhile."""
    monkeypatch.setattr(loudness_sample, "WHOLE_SECONDS", 60)
    source = long_film(tmp_path, "-c:a", "aac")
    standing_in = replace(AUDIO, levelling=replace(LEVELLED, least_gain_db=100.0))
    client, made = await made_sound(any_jail, source, standing_in)
    assert made == Made(unneeded=("audio",))
    assert not client.loudness["audio"].is_sampled
