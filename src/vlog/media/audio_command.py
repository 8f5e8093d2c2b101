"""Commands that make sound, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from vlog.media import downmix, hardening
from vlog.media.command import CLEAN, FRAGMENTED, start, steering
from vlog.media.grid import Grid
from vlog.media.info import AudioStream
from vlog.media.loudness import UNCHANGED, Level
from vlog.media.plan import AudioRendition
from vlog.media.sound import AAC_FRAME_SAMPLES, total_frames

_LAYOUTS = {1: "mono", 2: "stereo"}
_ENCODERS = {"aac": "aac", "mp3": "libmp3lame"}
COUNTED_RATE = 48_000
_BYTES_PER_SAMPLE = 4
_NANOSECONDS = 1_000_000_000
# Their decoders give the same samples wherever they began, some frames later. Those of AC-3 and DTS don't:
# they fill what was left out with noise, in the order of decoding.
_FORGETFUL = frozenset(
    {"aac", "mp3", "opus", "flac", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"}
)
# Longer than any decoder or limiter remembers.
_MARGIN_SECONDS = 2
# Before this decoding from the start takes a moment.
_WORTH_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class AudioJob:
    """One stream to be heard or encoded, along the grid; ``ffmpeg`` and ``source_url`` as the jail names
    them.

    ``is_alone`` tells that there are no pictures to be in time with: samples then follow each other whatever
    their timestamps say. ``changes_format`` asks for a chain that outlives a change of channels or rate.
    ``steered_by`` is the stream of the pictures where the file's clock jumps. ``sought`` is the sample of the
    presentation with which the chain begins, ``None`` for its first and a file that is read from its start.
    """

    ffmpeg: str
    source_url: str
    stream: AudioStream
    grid: Grid
    audio: AudioRendition
    is_alone: bool = False
    changes_format: bool = False
    steered_by: int | None = None
    sought: int | None = None

    @property
    def end_sample(self) -> int:
        """The presentation's end, in whole frames."""
        return total_frames(self.grid, self.audio.sample_rate, AAC_FRAME_SAMPLES) * AAC_FRAME_SAMPLES


def listen(job: AudioJob) -> list[str]:
    """Decode one stream to the presentation's end and say how loud it is; ``loudness.heard`` reads it.

    Exactly the samples are heard that ``encode_audio`` would encode without a gain.
    """
    measured = [
        f"atrim=end_sample={job.end_sample}",
        # One channel is heard from both loudspeakers: as loud as the same sound twice.
        "ebur128=framelog=quiet:peak=true:dualmono=true",
    ]
    words = _chain(job, measured, output=["-f", "null", "-"])
    # What the filter has found is told at this level, and nothing else asks for a line each second.
    words[words.index("-loglevel") + 1] = "info"
    return [words[0], "-nostats", *words[1:]]


def encode_audio(job: AudioJob, level: Level = UNCHANGED, *, first_frame: int = 0) -> list[str]:
    """Encode one stream as AAC that lasts until the presentation's end, to the first output.

    It begins with the presentation's AAC frame ``first_frame``. The first packet is the encoder's run-up
    (1024 samples before that) and is to be dropped.
    """
    # A later start is cut from the very samples that a whole run would have encoded.
    sample = first_frame * AAC_FRAME_SAMPLES
    job = replace(job, sought=_place_before(job, sample))
    begin = f"start_sample={sample}:" if sample else ""
    cut = f"atrim={begin}end_sample={job.end_sample}"
    if job.sought is not None:
        # What comes first is not the presentation's first sample: counted by time, which is samples here.
        cut = f"atrim=start_pts={sample}:end_pts={job.end_sample}"
    finish = [
        *_levelled(level),
        # Exactly the length of the pictures: silence where sound ends earlier, cut where it ends later.
        "apad",
        cut,
    ]
    output = [
        *("-c:a", "aac", "-b:a", str(job.audio.bit_rate), "-flags:a", "+bitexact"),
        *CLEAN,
        *("-movflags", FRAGMENTED, "-frag_duration", "5000000"),
        *("-f", "mp4", hardening.output_url(0)),
    ]
    return _chain(job, finish, output=output)


def _place_before(job: AudioJob, sample: int) -> int | None:
    """The sample from which a chain may be fed that is to give ``sample`` and all after it; ``None``: from
    the start.

    Only where each sample's time says which one it is, where nothing is resampled, and decoders forget within
    a moment what came before, bit for bit. Elsewhere clocks that are rounded or wander would give others.
    """
    stream, rate = job.stream, job.audio.sample_rate
    if not stream.is_even or stream.end_seconds is None or stream.sample_rate != rate:
        return None
    if stream.codec not in _FORGETFUL or job.is_alone or job.steered_by is not None:
        return None
    # Beyond its end there is nothing to begin with.
    last = int((stream.end_seconds - job.grid.start_seconds) * rate) - 2 * _MARGIN_SECONDS * rate
    place = min(sample - _MARGIN_SECONDS * rate, last)
    return place if place > _WORTH_SECONDS * rate else None


def _levelled(level: Level) -> list[str]:
    # The same for every sample, in floating point: nothing is cut off on the way to the encoder.
    filters = [f"volume={level.gain_db:.1f}dB:precision=float"] if level.gain_db else []
    if level.limit_dbfs is not None:
        # What is below the limit passes bit for bit, at its time; ``level`` would raise everything to it.
        filters.append(f"alimiter=limit={10 ** (level.limit_dbfs / 20):.6f}:level=0:latency=1")
    return filters


def to_format(job: AudioJob) -> list[str]:
    """Filters to the rendition's channels and rate, wherever samples come from."""
    by_hand = downmix.by_hand(job.stream)
    return [*([by_hand] if by_hand else ()), _resampled(job, placed=False)]


def _chain(job: AudioJob, finish: list[str], *, output: list[str]) -> list[str]:
    """Sound on the presentation's clock, in the rendition's format, through ``finish`` to ``output``."""
    read = [
        *start(job.ffmpeg, is_clock_mended=job.steered_by is not None),
        *_sought(job),
        *hardening.ffmpeg_input_args(),
        *("-i", job.source_url),
        *("-map", f"0:{job.stream.index}"),
    ]
    by_hand = downmix.by_hand(job.stream)
    mixed = [by_hand] if by_hand else []
    if job.steered_by is not None:
        output = [*output, *steering(job.steered_by)]
    if not job.changes_format:
        filters = [_clocked(job), *mixed, _resampled(job, placed=True), *finish]
        return [*read, "-af", ",".join(filters), *output]
    # Where the format changes, ffmpeg builds the filters anew and those that count would count from 0 again.
    # So the samples take a turn through an encoder that changes nothing, which gives one format for good.
    return [
        *read,
        *("-af", ",".join(to_format(job))),
        *("-c:a", "pcm_f32le", "-f", "null", "-"),
        *("-dec", "0:0"),
        *("-filter_complex", f"[dec:0]{','.join([_clocked(job), _resampled(job, placed=True), *finish])}[a]"),
        *("-map", "[a]", *output),
    ]


def _sought(job: AudioJob) -> list[str]:
    if job.sought is None:
        return []
    seconds = job.grid.start_seconds + Fraction(job.sought, job.audio.sample_rate) - _MARGIN_SECONDS
    # Somewhere before, in the file's own time; samples are cut off by their numbers and not by decimals here.
    return ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", _decimal(seconds)]


def count_samples(ffmpeg: str, source_url: str, *, stream: AudioStream, most_seconds: int) -> list[str]:
    """Decode one stream and print, for each ten seconds at ``COUNTED_RATE``, a line; ``counted`` adds them.

    Samples are counted and timestamps are not looked at.
    """
    by_hand = downmix.by_hand(stream)
    filters = [
        *([by_hand] if by_hand else ()),
        f"aresample=osr={COUNTED_RATE}:ochl=stereo:osf=s16",
        "asetpts=N/SR/TB",
        f"atrim=end_sample={most_seconds * COUNTED_RATE}",
        f"asetnsamples=n={10 * COUNTED_RATE}:p=0",
    ]
    return [
        *start(ffmpeg),
        *hardening.ffmpeg_input_args(),
        *("-i", source_url, "-map", f"0:{stream.index}"),
        *("-af", ",".join(filters), "-c:a", "pcm_s16le", "-f", "framecrc", "pipe:1"),
    ]


def counted(text: str) -> int:
    """Samples in what ``count_samples`` prints: lines of stream, dts, pts, duration, size, checksum."""
    lines = (line.split(",") for line in text.splitlines() if not line.startswith("#"))
    return sum(int(fields[4]) // _BYTES_PER_SAMPLE for fields in lines if len(fields) >= 6)


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


def _clocked(job: AudioJob) -> str:
    """From the file's clock to the presentation's."""
    return "asetpts=N/SR/TB" if job.is_alone else f"asetpts=PTS-({_decimal(job.grid.start_seconds)})/TB"


def _resampled(job: AudioJob, *, placed: bool) -> str:
    """To the rendition's format and, if ``placed``, each sample to its time."""
    options: dict[str, object] = {
        "osr": job.audio.sample_rate,
        "ochl": _LAYOUTS[job.audio.channels],
        "osf": "fltp",
    }
    if job.stream.channels > downmix.STEREO or job.changes_format:
        # Scaled so that all channels at full level together do not clip.
        options["rematrix_maxval"] = 1
    if placed:
        options |= {
            # Silence before a late start; what comes before the start is cut off.
            "first_pts": job.sought or 0,
            # Timestamps decide: a gap that is heard as one is filled, an overlap cut …
            "min_hard_comp": 0.03,
            # … and a clock that runs slow or fast is followed by stretching sound, by 1 % at most.
            "async": job.audio.sample_rate // 100,
            "min_comp": 0.005,
        }
    return "aresample=" + ":".join(f"{name}={value}" for name, value in options.items())


def _decimal(seconds: Fraction) -> str:
    nanos = round(seconds * _NANOSECONDS)
    sign = "-" if nanos < 0 else ""
    return f"{sign}{abs(nanos) // _NANOSECONDS}.{abs(nanos) % _NANOSECONDS:09d}"
