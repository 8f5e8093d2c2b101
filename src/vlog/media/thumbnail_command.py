"""Commands that look for the picture that stands for a video, as values: small tiles first, then the one.

Key frames alone are decoded. A short film is read through once; in a long one a window is looked into at
each of a few places, so that neither its length nor the speed of the storage decides what this costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from vlog.media import hardening, picture
from vlog.media.command import start
from vlog.media.info import MediaInfo
from vlog.media.stills import Still, sizes

TILE_SIDE = 256
"""Pixels of a tile's longer side: enough to tell a sharp picture from a blurred one."""

MAX_TILES = 48

_READ_THROUGH_SECONDS = 120
_SECONDS_PER_WINDOW = 15
_MAX_WINDOWS = 24
# Each picture of theirs is a key frame: reading through would decode all of them.
_ALL_KEY_FRAMES = frozenset({"mjpeg", "prores", "dnxhd", "dvvideo", "ffv1", "rawvideo"})
_MICROSECONDS = 1_000_000
_PLACES_BETWEEN = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1, 10))


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Where to look. ``start_seconds`` is file time, ``None`` for the file's beginning.

    ``keys_only`` passes over what is no key frame; ``most`` is how many tiles are wanted, ``apart_seconds``
    the least distance of two.
    """

    start_seconds: Fraction | None
    length_seconds: Fraction | None = None
    keys_only: bool = True
    most: int = 1
    apart_seconds: Fraction = Fraction(0)


def windows(info: MediaInfo, *, start_seconds: Fraction, duration_seconds: Fraction) -> list[Window]:
    """Where the key frames of a film are looked for: more densely towards its beginning."""
    if duration_seconds <= _READ_THROUGH_SECONDS and info.video.codec not in _ALL_KEY_FRAMES:
        return [Window(start_seconds=None, most=MAX_TILES, apart_seconds=duration_seconds / MAX_TILES)]
    count = min(max(int(duration_seconds / _SECONDS_PER_WINDOW), 6), _MAX_WINDOWS)
    return [
        Window(
            # Half of them in the first 40 %.
            start_seconds=start_seconds + duration_seconds * Fraction(((index + 0.5) / count) ** 1.3),
            length_seconds=max(duration_seconds / count, Fraction(10)),
        )
        for index in range(count)
    ]


def windows_between(start_seconds: Fraction, duration_seconds: Fraction) -> Iterator[Window]:
    """Where to look when no key frame will do: anywhere, at the price of decoding what leads there."""
    for share in _PLACES_BETWEEN:
        yield Window(start_seconds=start_seconds + share * duration_seconds, keys_only=False)


def tile_size(info: MediaInfo) -> tuple[int, int]:
    """Width and height of a tile: the shape of the picture as shown, even."""
    width, height = info.video.display_size
    scale = Fraction(TILE_SIDE, max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def take_tiles(ffmpeg: str, source_url: str, *, info: MediaInfo, window: Window) -> list[str]:
    """Tiles as raw 4:2:0 to the first output, one line with each one's time to the second."""
    wide, high = tile_size(info)
    thinned = f"{_from(window.start_seconds)}," if window.start_seconds is not None else ""
    if window.apart_seconds:
        gap = float(window.apart_seconds)
        thinned += rf"select=isnan(prev_selected_t)+gte(t-prev_selected_t\,{gap:.6f}),"
    # Not deinterlaced: that would need the neighbours, and a tile is too small to show the lines.
    seen = ",".join(picture.shown(info.video, wide, high, scaler="area"))
    graph = (
        f"[0:{info.video.index}]{thinned}{seen},scale=out_range=full,format=yuv420p"
        f",settb=1/{_MICROSECONDS},split=2[tiles][times]"
    )
    output = ["-frames:v", str(window.most), "-fps_mode", "passthrough"]
    output += ["-enc_time_base", f"1/{_MICROSECONDS}"]
    return [
        *start(ffmpeg, is_clock_mended=info.is_clock_mended),
        *_source(info, source_url, window),
        *("-filter_complex", graph),
        *("-map", "[tiles]", *output, "-f", "rawvideo", hardening.output_url(0)),
        # The simplest of ffmpeg's formats that say when a picture is shown.
        *("-map", "[times]", *output, "-f", "framecrc", hardening.output_url(1)),
    ]


def tile_times(text: str) -> list[Fraction]:
    """When the tiles are shown (file time), from the second output of ``take_tiles``.

    Lines are ``stream, dts, pts, duration, size, checksum``; the tick is a microsecond.
    """
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return [Fraction(int(row[2]), _MICROSECONDS) for row in rows if len(row) >= 4]


def still_at(info: MediaInfo, source_url: str, *, at: Fraction, is_key: bool, widths: Sequence[int]) -> Still:
    """The picture that is shown at ``at`` as viewers see it, in the largest of ``widths`` that it fills, for
    ``stills.write``.
    """
    video = info.video
    whole = picture.whole(video)
    # What takes the interlacing away looks at the next picture, which must not be one of seconds later.
    window = Window(start_seconds=at, keys_only=is_key and not whole)
    wide, high = sizes(video.display_size, widths)[-1]
    seen = ",".join([*whole, _from(at), *picture.shown(video, wide, high, scaler="area")])
    return Still(
        inputs=tuple(_source(info, source_url, window)),
        graph=f"[0:{video.index}]{seen}[still]",
        size=video.display_size,
        is_clock_mended=info.is_clock_mended,
    )


def _from(at: Fraction) -> str:
    """Pictures from this time on (file time), rounded down: the one that stands right there is meant."""
    return f"trim=start={floor(at * _MICROSECONDS)}us"


def _source(info: MediaInfo, source_url: str, window: Window) -> list[str]:
    words: list[str] = []
    # In a file whose clock jumps no time leads to one place: it is read from its start.
    may_seek = not info.is_clock_mended
    if may_seek and window.start_seconds is not None and window.start_seconds > info.video.start_seconds:
        # Rounded down: the picture that stands right there must not be passed over.
        micros = max(0, floor(window.start_seconds * _MICROSECONDS))
        # In the file's own time. What comes before is cut off by filters: ffmpeg would cut as much more
        # as the file's clock starts late.
        words += ["-noaccurate_seek", "-seek_timestamp", "1"]
        words += ["-ss", f"{micros // _MICROSECONDS}.{micros % _MICROSECONDS:06d}"]
    if may_seek and window.length_seconds is not None:
        words += ["-t", f"{float(window.length_seconds):.6f}"]
    if window.keys_only:
        # Not every decoder can skip (VP9's decodes all it gets), so the others are dropped before it; and
        # what is decoded is handed on at once: one that reorders would first want the next key frames.
        words += ["-bsf:v", "noise=drop=not(key)", "-skip_frame", "nokey", "-flags", "low_delay"]
    words += ["-threads", "1", "-noautorotate", "-reinit_filter", "0"]
    return [*words, *hardening.ffmpeg_input_args(), "-i", source_url]
