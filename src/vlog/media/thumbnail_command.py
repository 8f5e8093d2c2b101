"""Commands that take one picture out of a source, as values, and whether such a picture says anything."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from vlog.media import hardening, picture
from vlog.media.command import start
from vlog.media.info import MediaInfo

SAMPLE_SIDE = 16
"""Pixels of the grey square that a picture is judged by."""

LIT = 28
"""The least ``light`` of a picture that is worth to be shown."""

_MICROSECONDS = 1_000_000
_OTHER_PLACES = (Fraction(1, 10), Fraction(2, 5), Fraction(3, 5), Fraction(4, 5), Fraction(0))


def places(info: MediaInfo, first: Fraction) -> Iterator[Fraction]:
    """Where to take a picture, in file time: first where it is wanted, then wherever there may be light."""
    yield first
    for share in _OTHER_PLACES:
        yield info.video.start_seconds + share * info.duration_seconds


def size(info: MediaInfo, width: int) -> tuple[int, int]:
    """Width and height of the picture: as shown, not wider than ``width`` and never enlarged; even."""
    shown_width, shown_height = info.video.display_size
    wide = min(width, shown_width)
    high = Fraction(wide * shown_height, shown_width)
    return max(2, wide // 2 * 2), max(2, round(high / 2) * 2)


def take_picture(ffmpeg: str, source_url: str, *, info: MediaInfo, at: Fraction, width: int) -> list[str]:
    """The first picture from ``at`` on: as JPEG to the first output, as a grey square to the second."""
    wide, high = size(info, width)
    seen = ",".join((*picture.whole(info.video), *picture.shown(info.video, wide, high, scaler="area")))
    graph = (
        # JPEG's own range and matrix, for readers that take no notice of others.
        f"[0:{info.video.index}]{seen},scale=out_range=full:out_color_matrix=bt601,format=yuvj420p"
        f",split=2[jpeg][s];[s]scale={SAMPLE_SIDE}:{SAMPLE_SIDE}:flags=area,format=gray[grey]"
    )
    micros = max(0, round(at * _MICROSECONDS)) if at > 0 else 0
    return [
        *start(ffmpeg),
        # In the file's own time, and exactly: the key frame before may still show what was before.
        *("-seek_timestamp", "1"),
        *("-ss", f"{micros // _MICROSECONDS}.{micros % _MICROSECONDS:06d}"),
        *("-threads", "1", "-noautorotate"),
        *hardening.ffmpeg_input_args(),
        *("-i", source_url),
        *("-filter_complex", graph),
        *("-map", "[jpeg]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "3", "-flags:v", "+bitexact"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-f", "image2pipe", hardening.output_url(0)),
        *("-map", "[grey]", "-frames:v", "1", "-f", "rawvideo", hardening.output_url(1)),
    ]


def light(sample: bytes) -> int:
    """How much there is to see in a grey square: at least ``LIT`` unless it is black or nearly so."""
    if not sample:
        return 0
    mean = sum(sample) / len(sample)
    # A bright thing in the night is a picture too.
    spread = sum(abs(value - mean) for value in sample) / len(sample)
    return round(mean + 2 * spread)
