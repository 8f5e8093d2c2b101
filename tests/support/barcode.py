"""Sources whose every picture tells its number, and readers of those numbers.

A picture's upper part holds its number as 16 bars, black or white; each two seconds the lower part flashes
white for two pictures while a beep sounds. So a lost, doubled or misplaced picture is seen, and how far sound
and pictures have drifted apart is measured.
"""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.jails import tools

WIDTH, HEIGHT = 320, 180
BITS = 16
BAR_HEIGHT = 32
FLASH_SECONDS = 2
SAMPLE_RATE = 48_000
_BEEP_SECONDS = Fraction(66, 1000)
_BEEP_LEVEL = 3000


def pictures(count: int, rate: Fraction) -> Iterator[bytes]:
    """Raw yuv420p pictures ``0 … count-1``: moving blocks under a bar code."""
    noise = np.random.default_rng(1).integers(60, 120, (HEIGHT // 4, WIDTH // 8), dtype=np.uint8)
    ground = noise.repeat(4, 0).repeat(8, 1)
    grey = b"\x80" * (WIDTH * HEIGHT // 2)
    for number in range(count):
        luma = np.roll(ground, 2 * number, 1)
        since_flash = (number / rate) % FLASH_SECONDS
        if since_flash < 2 / rate:
            luma[HEIGHT // 2 :] = 235
        bars = [235 if number >> bit & 1 else 16 for bit in range(BITS)]
        luma[:BAR_HEIGHT] = np.array(bars, np.uint8).repeat(WIDTH // BITS)
        yield luma.tobytes() + grey


def write_beeps(path: Path, seconds: float) -> None:
    """A stereo WAV with a beep at each flash."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.7 * np.sin(2 * np.pi * 1000 * time) * ((time % FLASH_SECONDS) < float(_BEEP_SECONDS))
    samples = (np.stack([tone, tone], 1) * 32000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def moment(number: int, *, bars: int) -> NDArray[np.uint8]:
    """The luma of a picture like those of ``pictures`` that has moved ``number`` steps; ``bars`` is told."""
    noise = np.random.default_rng(1).integers(16, 235, (HEIGHT // 12, WIDTH // 20), dtype=np.uint8)
    luma = np.roll(noise.repeat(12, 0).repeat(20, 1), 3 * number, 1)
    row = np.array([235 if bars >> bit & 1 else 16 for bit in range(BITS)], np.uint8)
    luma[:BAR_HEIGHT] = row.repeat(WIDTH // BITS)
    return luma


def woven(count: int, *, top_first: bool) -> Iterator[bytes]:
    """Raw pictures, each made of two moments: the even lines of one and the odd lines of the other."""
    for number in range(count):
        first, second = moment(2 * number, bars=number), moment(2 * number + 1, bars=number)
        even, odd = (first, second) if top_first else (second, first)
        luma = even.copy()
        luma[1::2] = odd[1::2]
        yield luma.tobytes() + b"\x80" * (WIDTH * HEIGHT // 2)


def make_source(
    path: Path,
    *,
    rate: Fraction,
    count: int,
    sound_seconds: float = 0.0,
    options: Sequence[str] = (),
    raw: Iterable[bytes] | None = None,
) -> Path:
    """Encode ``count`` pictures (and beeps) into ``path``; ``options`` are ffmpeg's for the output.

    ``raw`` are other pictures than those of ``pictures``.
    """
    command = [str(tools().ffmpeg), "-v", "error", "-y", "-f", "rawvideo", "-s", f"{WIDTH}x{HEIGHT}"]
    command += ["-pix_fmt", "yuv420p", "-r", str(rate), "-i", "-"]
    if sound_seconds:
        beeps = path.with_suffix(".beeps.wav")
        write_beeps(beeps, sound_seconds)
        command += ["-i", str(beeps), "-map", "0:v", "-map", "1:a"]
    process = subprocess.Popen([*command, *options, str(path)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    for picture in raw or pictures(count, rate):
        process.stdin.write(picture)
    process.stdin.close()
    assert process.wait() == 0
    return path


def run_ffmpeg(*arguments: str | Path) -> None:
    """Run the bundled ffmpeg for a source that needs a second step."""
    subprocess.run([str(tools().ffmpeg), "-v", "error", "-y", *map(str, arguments)], check=True)


def numbers(media: bytes | Path, *, turn: str = "") -> list[int]:
    """The numbers of the pictures, in the order of being shown, as any player sees them.

    ``turn`` is a filter with a comma behind it that turns the pictures back first.
    """
    luma = _luma(media, f"{turn}crop=iw:ih*{BAR_HEIGHT}/{HEIGHT}:0:0,scale={BITS}:1:flags=area", BITS)
    return [int(sum(1 << bit for bit in range(BITS) if row[bit] > 126)) for row in luma]


def flashes(media: bytes | Path) -> list[int]:
    """The places (from 0) of the pictures at which a flash begins."""
    bright = [int(row[0]) > 200 for row in _luma(media, "crop=iw:ih/4:0:ih*5/8,scale=1:1:flags=area", 1)]
    return [index for index, lit in enumerate(bright) if lit and (index == 0 or not bright[index - 1])]


def packet_times(source: Path, *, from_frames: bool = False) -> list[int]:
    """The timestamps of a source's pictures in shown order: those of its packets that are shown, or
    decoded.
    """
    entries = "frame=best_effort_timestamp" if from_frames else "packet=pts,flags"
    command = [str(tools().ffprobe), "-v", "error", "-select_streams", "V:0"]
    command += ["-show_entries", entries, "-of", "csv=p=0", str(source)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode().split()
    rows = [line.split(",") for line in lines]
    return sorted({int(row[0]) for row in rows if row[0] != "N/A" and "D" not in row[-1]})


def complaints(media: bytes) -> str:
    """What a decoder says that takes offence at everything."""
    command = [str(tools().ffmpeg), "-v", "warning", "-xerror", "-err_detect", "explode", "-i", "-"]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "null", "-"]
    done = subprocess.run(command, input=media, capture_output=True, check=False)
    return done.stderr.decode() or ("" if done.returncode == 0 else f"status {done.returncode}")


def _luma(media: bytes | Path, filters: str, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    source = "-" if isinstance(media, bytes) else str(media)
    command = [str(tools().ffmpeg), "-v", "error", "-i", source, "-map", "0:v:0"]
    command += ["-vf", f"{filters},format=gray", "-fps_mode", "passthrough", "-enc_time_base", "demux"]
    command += ["-f", "rawvideo", "-"]
    data = media if isinstance(media, bytes) else None
    raw = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, width)


@dataclass(frozen=True)
class Sound:
    """Decoded sound: the seconds at which beeps begin, and how long all of it is."""

    beeps: tuple[float, ...]
    seconds: float


def sound(media: bytes | Path, *, start: Fraction = Fraction(0)) -> Sound:
    """Decode the first audio stream and find the beeps, in seconds after ``start`` (file time)."""
    source = "-" if isinstance(media, bytes) else str(media)
    # Timestamps count: every gap is filled and every overlap cut.
    filters = (
        f"asetpts=PTS-({float(start):.9f})/TB,aresample={SAMPLE_RATE}:async=1:min_hard_comp=0.001:first_pts=0"
    )
    command = [str(tools().ffmpeg), "-v", "error", "-copyts", "-i", source, "-map", "0:a:0"]
    command += ["-af", filters, "-ac", "1", "-f", "s16le", "-"]
    data = media if isinstance(media, bytes) else None
    raw = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    loud = np.nonzero(np.abs(np.frombuffer(raw, "<i2").astype(np.int32)) > _BEEP_LEVEL)[0]
    starts = [index for place, index in enumerate(loud) if place == 0 or index - loud[place - 1] > 4800]
    return Sound(tuple(float(index) / SAMPLE_RATE for index in starts), len(raw) / 2 / SAMPLE_RATE)
