"""What an unfinished rendition will be: when its segments begin and end, and how many bits it takes at most.

The grid fixes both before anything is encoded, so a playlist can be complete while most of its segments are
still to be made.
"""

from __future__ import annotations

from fractions import Fraction

from vlog.media.encoders import COPY
from vlog.media.grid import Grid
from vlog.media.info import AudioStream, MediaInfo
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.media.presentation import Span
from vlog.media.sound import AAC_FRAME_SAMPLES, borders, mp3_frame_samples, spans

# A fragment's index: some bytes per picture or frame of sound, at ordinary rates.
_CONTAINER_BIT_RATE = 20_000
# How far the most demanding seconds of a source lie above its average, where only the average is known.
_COPIED_PEAK = 4
# AAC keeps its rate over seconds, not over single frames.
_SOUND_PEAK = Fraction(3, 2)


def video_spans(grid: Grid) -> list[Span]:
    """When each segment of pictures begins and how long it lasts, in ticks of the grid's timescale."""
    return [Span(cell.start, cell.duration) for cell in grid.cells]


def sound_spans(
    grid: Grid, audio: AudioRendition, *, source: AudioStream | None, timescale: int, start: int
) -> list[Span]:
    """The same for sound, in ticks of ``timescale``, which is its sample rate.

    ``start`` is where its first segment begins: copied frames keep their distance from the presentation's
    start, which is less than a frame.
    """
    frame = frame_samples(audio, source=source, sample_rate=timescale)
    return spans(borders(grid, timescale), frame_samples=frame, start=start)


def frame_samples(audio: AudioRendition, *, source: AudioStream | None, sample_rate: int) -> int:
    """Samples in one frame of this sound."""
    if audio.encoder == COPY and source is not None and source.codec == "mp3":
        return mp3_frame_samples(sample_rate)
    return AAC_FRAME_SAMPLES


def peak_bit_rate(spec: VideoRendition | AudioRendition, *, info: MediaInfo, grid: Grid) -> int:
    """What no stretch of half a segment or more exceeds, in bits per second; for copies an estimate.

    An encoder with a rate cap fills its buffer at most once beyond the cap (H.264 Annex C), and segments that
    were encoded apart may each begin with a full one.
    """
    if isinstance(spec, AudioRendition):
        return int(spec.bit_rate * _SOUND_PEAK) + _CONTAINER_BIT_RATE
    if spec.encoder == COPY:
        return _COPIED_PEAK * info.video_bit_rate + _CONTAINER_BIT_RATE
    longest = Fraction(max(cell.duration for cell in grid.cells), grid.timescale)
    return int(spec.max_bit_rate + 2 * spec.buffer_bits / longest) + _CONTAINER_BIT_RATE


def average_bit_rate(spec: VideoRendition | AudioRendition, *, info: MediaInfo) -> int:
    """What the whole will hardly exceed, in bits per second."""
    if isinstance(spec, AudioRendition):
        return spec.bit_rate + _CONTAINER_BIT_RATE
    rate = info.video_bit_rate if spec.encoder == COPY else min(spec.max_bit_rate, info.video_bit_rate)
    return rate + _CONTAINER_BIT_RATE
