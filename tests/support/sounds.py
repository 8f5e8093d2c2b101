"""Sources of sound that are made for a test, and what can be heard in what was made of them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.barcode import run_ffmpeg
from tests.support.jails import tools
from tests.support.presentations import assignment, inspected
from tests.support.recording_client import RecordingClient
from vlog.media.loudness import Loudness, heard
from vlog.media.plan import AudioRendition, Levelling
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.wire.work import AudioWork, Made

RATE = 48_000
AUDIO = AudioRendition(name="audio", encoder="aac", sample_rate=RATE, channels=2, bit_rate=128_000)
LEVELLED = Levelling(target_lufs=-16)

Samples = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def with_pictures(path: Path, *sound: str, seconds: float = 4.0, more: Sequence[str] = ()) -> Path:
    """A film of small grey pictures with this sound: ``-f lavfi -i …`` and what encodes it."""
    grey = ("-f", "lavfi", "-i", f"color=gray:s=64x64:r=10:d={seconds}")
    video = ("-c:v", "libx264", "-preset", "ultrafast")
    run_ffmpeg(*grey, *sound, "-map", "0:v", *(more or ("-map", "1:a")), *video, path)
    return path


def decoded(media: bytes | Path, *, channels: int = 2, rate: int = RATE) -> Samples:
    """All samples, a row for each moment; full level is 1."""
    source = "-" if isinstance(media, bytes) else str(media)
    command = [str(tools().ffmpeg), "-v", "error", "-i", source, "-map", "0:a:0"]
    command += ["-ac", str(channels), "-ar", str(rate), "-f", "f32le", "-"]
    data = media if isinstance(media, bytes) else None
    raw = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(raw, "<f4").astype(np.float64).reshape(-1, channels)


def loudness_of(media: bytes | Path) -> Loudness:
    """As a meter shows it that knows nothing of us."""
    source = "-" if isinstance(media, bytes) else str(media)
    command = [str(tools().ffmpeg), "-hide_banner", "-nostats", "-i", source, "-map", "0:a:0"]
    command += ["-af", "ebur128=framelog=quiet:peak=true:dualmono=true", "-f", "null", "-"]
    data = media if isinstance(media, bytes) else None
    return heard(subprocess.run(command, input=data, capture_output=True, check=True).stderr.decode())


def level_of(samples: Samples, tone_hz: float) -> float:
    """How loud a tone is in the first channel, as the amplitude of its sine."""
    one = samples[:, 0]
    turns = np.exp(-2j * np.pi * tone_hz * np.arange(len(one)) / RATE)
    return float(2 * abs(np.mean(one * turns)))


def joined(client: RecordingClient, name: str = "audio") -> bytes:
    """The rendition as one file."""
    made = client.segments[name]
    return client.inits[name] + b"".join(made[number].data for number in sorted(made))


async def made_sound(
    jail: Jail, source: Path, audio: AudioRendition = AUDIO, *, client: RecordingClient | None = None
) -> tuple[RecordingClient, Made]:
    """Inspect a source and make its sound."""
    found = await inspected(jail, source, segment_seconds=2)
    client = client or RecordingClient(source)
    work = AudioWork(info=found.info, grid=found.grid, audio=audio, durable={})
    made = await make_audio(assignment(jail, source, client), work)
    return client, made
