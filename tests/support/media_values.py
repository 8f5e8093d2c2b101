"""Sources as values: indexes, streams and grids of videos that exist only in a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from vlog.media.grid import Grid
from vlog.media.grid_build import GridWish, build_grid
from vlog.media.info import AudioStream, MediaInfo, VideoStream
from vlog.media.packets import AudioExtent, VideoIndex
from vlog.media.probed import ProbedStream

MILLISECONDS = Fraction(1, 1000)
MPEG_CLOCK = Fraction(1, 90_000)


def index(
    pts: Iterable[int],
    *,
    keys: Iterable[int] = (),
    hidden: Iterable[int] = (),
    time_base: Fraction = MPEG_CLOCK,
    last_duration: int = 0,
) -> VideoIndex:
    """Packets with these timestamps in decoding order; ``keys`` and ``hidden`` name timestamps among them."""
    stamps = tuple(pts)
    key_set, hidden_set = set(keys) or {stamps[0]}, set(hidden)
    return VideoIndex(
        time_base=time_base,
        pts=stamps,
        keys=bytes(value in key_set for value in stamps),
        shown=bytes(value not in hidden_set for value in stamps),
        last_duration=last_duration,
        size_bytes=1000 * len(stamps),
        seekable=True,
    )


def every(step: int, count: int, *, start: int = 0) -> list[int]:
    """``count`` timestamps at a constant distance."""
    return list(range(start, start + step * count, step))


WISH = GridWish(
    segment_seconds=6, max_frame_rate=60, max_duration_seconds=12 * 3600, max_cells=10_000, remux=False
)


def sound(start: str | float, end: str | float) -> AudioExtent:
    """The extent of a source's sound, in seconds."""
    return AudioExtent(start_seconds=Fraction(start), end_seconds=Fraction(end))


def grid_of(
    pictures: VideoIndex,
    *,
    audio: AudioExtent | None = None,
    remux: bool = False,
    segment_seconds: int = 6,
    max_frame_rate: int = 60,
) -> Grid:
    """The grid of an index under ordinary wishes."""
    wish = replace(WISH, remux=remux, segment_seconds=segment_seconds, max_frame_rate=max_frame_rate)
    return build_grid(pictures, wish, audio)


VIDEO_STREAM = ProbedStream(
    index=0,
    track_id=1,
    kind="video",
    codec="h264",
    tag="avc1",
    profile="High",
    is_default=True,
    is_picture=False,
    time_base=MPEG_CLOCK,
    start_seconds=Fraction(0),
    duration_seconds=Fraction(10),
    bit_rate=4_000_000,
    language=None,
    width=1920,
    height=1080,
    sample_aspect=Fraction(1),
    rotation=0,
    pixel_format="yuv420p",
    nominal_rate=Fraction(30),
    field_order="progressive",
    color_range=None,
    color_space=None,
    color_transfer=None,
    color_primaries=None,
    sample_rate=0,
    channels=0,
)
AUDIO_STREAM = replace(
    VIDEO_STREAM,
    index=1,
    track_id=2,
    kind="audio",
    codec="aac",
    tag="mp4a",
    profile="LC",
    time_base=Fraction(1, 48_000),
    bit_rate=128_000,
    width=0,
    height=0,
    pixel_format="",
    nominal_rate=None,
    field_order=None,
    sample_rate=48_000,
    channels=2,
)

AAC = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    sample_rate=48_000,
    channels=2,
    bit_rate=160_000,
    start_seconds=Fraction(0),
    end_seconds=Fraction(600),
    language="eng",
)


def info_of(
    size: tuple[int, int] = (1920, 1080),
    *,
    bit_rate: int = 20_000_000,
    audio: AudioStream | None = AAC,
    sample_aspect: Fraction = Fraction(1),
    seconds: int = 600,
) -> MediaInfo:
    """A source of this coded size."""
    video = VideoStream(
        index=0,
        codec="h264",
        profile="High",
        pixel_format="yuv420p",
        width=size[0],
        height=size[1],
        sample_aspect=sample_aspect,
        rotation=0,
        frame_rate=Fraction(30),
        time_base=MPEG_CLOCK,
        bit_rate=bit_rate,
        start_seconds=Fraction(0),
    )
    return MediaInfo(
        format_names=("mov", "mp4"),
        size_bytes=bit_rate * seconds // 8,
        duration_seconds=Fraction(seconds),
        pictures=video,
        audio=audio,
    )


def held_places(grid: Grid) -> Sequence[int]:
    """The numbers of the cells that only hold a picture."""
    return [number for number, cell in enumerate(grid.cells) if not cell.frames]
