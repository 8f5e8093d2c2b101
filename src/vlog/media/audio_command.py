"""Commands that make sound, as values."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vlog.media import hardening
from vlog.media.command import CLEAN, FRAGMENTED, start
from vlog.media.grid import Grid
from vlog.media.info import AudioStream
from vlog.media.plan import AudioRendition
from vlog.media.sound import AAC_FRAME_SAMPLES, total_frames

_LAYOUTS = {1: "mono", 2: "stereo"}
_ENCODERS = {"aac": "aac", "mp3": "libmp3lame"}
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class AudioSource:
    """The stream to encode and its file, as the jail names it."""

    url: str
    stream: AudioStream


def encode_audio(
    ffmpeg: str, source: AudioSource, *, grid: Grid, audio: AudioRendition, first_frame: int = 0
) -> list[str]:
    """Encode one stream as AAC that lasts until the presentation's end, to the first output.

    It begins with the presentation's AAC frame ``first_frame``. The first packet is the encoder's run-up
    (1024 samples before that) and is to be dropped.
    """
    end = total_frames(grid, audio.sample_rate, AAC_FRAME_SAMPLES) * AAC_FRAME_SAMPLES
    # A later start is cut from the very samples that a whole run would have encoded: decoding from the start
    # costs little beside encoding, and seeking would let clocks that wander give other samples.
    begin = f"start_sample={first_frame * AAC_FRAME_SAMPLES}:" if first_frame else ""
    filters = [
        # From the file's clock to the presentation's.
        f"asetpts=PTS-({_decimal(grid.start_seconds)})/TB",
        _resampled(audio),
        # Exactly the length of the pictures: silence where sound ends earlier, cut where it ends later.
        "apad",
        f"atrim={begin}end_sample={end}",
    ]
    return [
        *start(ffmpeg),
        *hardening.ffmpeg_input_args(),
        *("-i", source.url),
        *("-map", f"0:{source.stream.index}"),
        *("-af", ",".join(filters)),
        *("-c:a", "aac", "-b:a", str(audio.bit_rate), "-flags:a", "+bitexact"),
        *CLEAN,
        *("-movflags", FRAGMENTED, "-frag_duration", "5000000"),
        *("-f", "mp4", hardening.output_url(0)),
    ]


def encode_silence(ffmpeg: str, *, codec: str, stream: AudioStream) -> list[str]:
    """Some frames of silence in a source's own format, to the first output."""
    layout = f"{stream.channels}c" if stream.channels > len(_LAYOUTS) else _LAYOUTS[stream.channels]
    layout = {"6c": "5.1", "8c": "7.1"}.get(layout, layout)
    return [
        *start(ffmpeg),
        *("-f", "lavfi", "-i", f"anullsrc=r={stream.sample_rate}:cl={layout}"),
        *("-t", "0.5", "-c:a", _ENCODERS[codec], "-b:a", "64k", "-flags:a", "+bitexact"),
        *CLEAN,
        *("-movflags", FRAGMENTED, "-f", "mp4", hardening.output_url(0)),
    ]


def _resampled(audio: AudioRendition) -> str:
    options = {
        "osr": audio.sample_rate,
        "ochl": _LAYOUTS[audio.channels],
        "osf": "fltp",
        # Silence before a late start; what comes before the start is cut off.
        "first_pts": 0,
        # Timestamps decide: a gap that is heard as one is filled, an overlap cut …
        "min_hard_comp": 0.03,
        # … and a clock that runs slow or fast is followed by stretching sound, by 1 % at most.
        "async": audio.sample_rate // 100,
        "min_comp": 0.005,
    }
    return "aresample=" + ":".join(f"{name}={value}" for name, value in options.items())


def _decimal(seconds: Fraction) -> str:
    nanos = round(seconds * _NANOSECONDS)
    sign = "-" if nanos < 0 else ""
    return f"{sign}{abs(nanos) // _NANOSECONDS}.{abs(nanos) % _NANOSECONDS:09d}"
