"""Any channels, rates and sample formats become stereo in which speech is heard and nothing clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.barcode import run_ffmpeg
from tests.support.presentations import inspected
from tests.support.sounds import AUDIO, LEVELLED, decoded, joined, level_of, made_sound, with_pictures
from vlog.pipeline.jail import Jail

HEAD = slice(4800, 4800 + 48_000)
"""A second that lies well inside."""


def tones(channels: int, *, level: float = 0.4) -> str:
    """A tone of its own for each channel: 500 Hz, 600 Hz, …"""
    parts = "|".join(f"{level}*sin(2*PI*{500 + 100 * channel}*t)" for channel in range(channels))
    return f"aevalsrc={parts}:d=2:s=48000"


@pytest.mark.parametrize("layout", ["5.1", "7.1", ""])
async def test_surround_keeps_speech_and_drops_rumble(layout: str, any_jail: Jail, tmp_path: Path) -> None:
    """Front, centre and rear are heard in their proportions, the channel of low frequencies is not."""
    channels = 8 if layout == "7.1" else 6
    named = f":c={layout}" if layout else ""
    codec = "flac" if layout else "pcm_s16le"
    sound = ("-f", "lavfi", "-i", tones(channels) + named, "-c:a", codec)
    source = with_pictures(tmp_path / "film.mkv", *sound, seconds=2)
    found = await inspected(any_jail, source)
    assert found.info.audio is not None
    assert (found.info.audio.channels, found.info.audio.layout) == (channels, layout)
    client, _ = await made_sound(any_jail, source)
    made = decoded(joined(client))[HEAD]
    front, centre, rumble = (level_of(made, tone) for tone in (500, 700, 800))
    assert centre / front == pytest.approx(0.707, abs=0.02)
    assert rumble < front / 100
    assert level_of(made, 900) / front == pytest.approx(0.707, abs=0.02)
    # The right front is heard on the right only.
    assert level_of(made, 600) < front / 100
    assert level_of(made[:, ::-1], 600) == pytest.approx(front, rel=0.05)


async def test_all_channels_at_full_level_do_not_clip(any_jail: Jail, tmp_path: Path) -> None:
    sound = "aevalsrc=" + "|".join(["0.9*sin(2*PI*440*t)"] * 6) + ":d=2:s=48000:c=5.1"
    source = with_pictures(tmp_path / "loud.mkv", "-f", "lavfi", "-i", sound, "-c:a", "flac", seconds=2)
    for audio in (AUDIO, replace(AUDIO, levelling=LEVELLED)):
        client, _ = await made_sound(any_jail, source, audio)
        made = decoded(joined(client))[HEAD, 0]
        assert np.max(np.abs(made)) < 1
        # What clips has overtones.
        assert level_of(made[:, None], 1320) < 0.01


@pytest.mark.parametrize("channels", [3, 5, 7, 16, 64])
async def test_channels_without_names_are_all_heard(channels: int, any_jail: Jail, tmp_path: Path) -> None:
    sound = ("-f", "lavfi", "-i", tones(channels, level=0.9), "-c:a", "pcm_s16le")
    source = with_pictures(tmp_path / "odd.mkv", *sound, seconds=2)
    client, _ = await made_sound(any_jail, source, replace(AUDIO, levelling=LEVELLED))
    made = decoded(joined(client))[HEAD]
    for channel in range(min(channels, 7)):
        tone = 500 + 100 * channel
        best = max(level_of(made, tone), level_of(made[:, ::-1], tone))
        assert best > 0.002, channel


@pytest.mark.parametrize(
    ("rate", "codec"),
    [
        (8000, "pcm_u8"),
        (11_025, "pcm_s16le"),
        (96_000, "pcm_s24le"),
        (192_000, "pcm_s32le"),
        (384_000, "pcm_f32le"),
    ],
)
async def test_rates_and_sample_formats(rate: int, codec: str, any_jail: Jail, tmp_path: Path) -> None:
    both = "|".join(["0.5*sin(2000*PI*t)"] * 2)
    sound = ("-f", "lavfi", "-i", f"aevalsrc={both}:d=2:s={rate}")
    source = with_pictures(tmp_path / "sound.mkv", *sound, "-c:a", codec, seconds=2)
    client, _ = await made_sound(any_jail, source)
    made = decoded(joined(client))
    assert len(made) == pytest.approx(2 * 48_000, abs=2048)
    assert level_of(made[HEAD], 1000) == pytest.approx(0.5, rel=0.03)
    # Nothing was mirrored down from above or up from below.
    rest = made[HEAD, 0] - level_of(made[HEAD], 1000) * np.sin(
        2 * np.pi * 1000 * np.arange(48_000) / 48_000 + _phase(made[HEAD, 0])
    )
    assert np.std(rest) < 0.02


def _phase(one: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    turns = np.exp(-2j * np.pi * 1000 * np.arange(len(one)) / 48_000)
    return float(np.angle(np.sum(one * turns)) + np.pi / 2)


async def test_one_side_stays_on_its_side(any_jail: Jail, tmp_path: Path) -> None:
    """A microphone on the left of a stereo track: nobody knows whether that was meant."""
    sound = ("-f", "lavfi", "-i", "aevalsrc=0.4*sin(1000*PI*t)|0:d=2:s=48000", "-c:a", "aac")
    client, _ = await made_sound(any_jail, with_pictures(tmp_path / "left.mp4", *sound, seconds=2))
    made = decoded(joined(client))[HEAD]
    assert level_of(made, 500) == pytest.approx(0.4, rel=0.05)
    assert np.std(made[:, 1]) < 0.01


async def test_a_format_that_changes_on_the_way(any_jail: Jail, tmp_path: Path) -> None:
    """As in recorded television: stereo, then six channels. Nothing is late, doubled or lost."""
    first, second = tmp_path / "1.ts", tmp_path / "2.ts"
    grey = ("-f", "lavfi", "-i", "color=gray:s=64x64:r=10:d=3", "-c:v", "libx264", "-preset", "ultrafast")
    stereo = ("-f", "lavfi", "-i", "sine=frequency=500:duration=3,volume=2,aformat=channel_layouts=stereo")
    six = ("-f", "lavfi", "-i", "sine=frequency=900:duration=3,volume=4,pan=5.1|FC=c0")
    run_ffmpeg(*stereo, *grey, "-c:a", "ac3", first)
    run_ffmpeg(*six, *grey, "-c:a", "ac3", "-output_ts_offset", "3", second)
    source = tmp_path / "both.ts"
    source.write_bytes(first.read_bytes() + second.read_bytes())
    client, _ = await made_sound(any_jail, source, replace(AUDIO, levelling=LEVELLED))
    assert client.loudness["audio"].changes_format
    made = decoded(joined(client))
    assert len(made) == pytest.approx(6 * 48_000, abs=4800)
    before, after = made[48_000 : 2 * 48_000], made[4 * 48_000 : 5 * 48_000]
    assert level_of(before, 500) > 0.05 > 0.001 > level_of(before, 900)
    assert level_of(after, 900) > 0.05 > 0.001 > level_of(after, 500)


async def test_the_default_track_is_heard_and_the_others_are_told_of(any_jail: Jail, tmp_path: Path) -> None:
    tone = ("-f", "lavfi", "-i", "sine=frequency=500:duration=2")
    other = ("-f", "lavfi", "-i", "sine=frequency=900:duration=2")
    chosen = ("-map", "1:a", "-map", "2:a", "-disposition:a:0", "0", "-disposition:a:1", "default")
    source = with_pictures(tmp_path / "two.mkv", *tone, *other, seconds=2, more=(*chosen, "-c:a", "flac"))
    found = await inspected(any_jail, source)
    assert found.info.audio is not None
    assert found.info.audio.index == 2
    assert any("1 of 2" in warning for warning in found.info.warnings)
    client, _ = await made_sound(any_jail, source)
    made = decoded(joined(client))[HEAD]
    assert level_of(made, 900) > 10 * level_of(made, 500)
