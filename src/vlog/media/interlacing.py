"""Whether pictures are made of two moments, as television's were: what to look at, and what to make of it.

What a file says of its fields is often wrong or missing, so some pictures of it are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from vlog.media import hardening
from vlog.media.info import FieldOrder
from vlog.media.probed import ProbedStream

_CODECS = frozenset(
    (
        *("h264", "hevc", "mpeg2video", "mpeg4", "vc1", "wmv3"),
        *("mjpeg", "prores", "dnxhd", "dvvideo", "ffv1", "rawvideo"),
    )
)
"""Those that have ever carried fields."""

_MOST_LINES = 1152
"""Nobody has made larger pictures of fields."""

_WINDOW_PICTURES = 12
_MOST_WINDOWS = 3
_LEAST_PICTURES = 12
_SHARE = 60
"""One picture in so many is looked at, in three places: decoding is a fifth of a ladder's work, or less."""

_LEAST_MOVING = 6
_CLEAR_SHARE = Fraction(1, 4)
"""Of the moving pictures, when the file calls itself progressive: telecine combs two in five, and fine
patterns deceive now and then.
"""
_TOLD_SHARE = Fraction(1, 10)
_DETECT = "idet=intl_thres=1.4"
"""The filter's own threshold of 1.04 takes moving fine lines for combs; real fields pass 1.4 easily."""
_TOLD: dict[str | None, FieldOrder] = {"tt": "tff", "bt": "tff", "bb": "bff", "tb": "bff"}
"""ffprobe's words by the field that is shown first, their second letter."""
_COUNTS = re.compile(r"Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)")


@dataclass(frozen=True, kw_only=True)
class Look:
    """Where to look: from each of ``starts`` (seconds of file time) on, ``pictures`` pictures."""

    starts: tuple[Fraction, ...]
    pictures: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many moving pictures had their top field first, their bottom field first, or were whole."""

    top: int
    bottom: int
    whole: int


def look(video: ProbedStream, *, start: Fraction, seconds: Fraction, pictures: int) -> Look | None:
    """What to look at in a source of so many pictures; ``None`` when it can't be interlaced."""
    if video.codec not in _CODECS or video.height > _MOST_LINES or pictures < _LEAST_MOVING:
        return None
    budget = max(_LEAST_PICTURES, pictures // _SHARE)
    windows = min(max(budget // _WINDOW_PICTURES, 1), _MOST_WINDOWS)
    starts = (start + seconds * Fraction(2 * number + 1, 2 * windows) for number in range(windows))
    # A short source is looked at from its start: what follows its middle may be too little.
    return Look(starts=tuple(starts) if windows > 1 else (start,), pictures=min(budget, _WINDOW_PICTURES))


def command(ffmpeg: str, source_url: str, *, stream: int, at: Look) -> list[str]:
    """Have ffmpeg count; it says the result on stderr."""
    inputs: list[str] = []
    graph, outputs = [], []
    for number, start in enumerate(at.starts):
        inputs += ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{float(start):.6f}"] if start else []
        # Frame threads each hold a picture, and few are wanted.
        inputs += ["-threads", "1", *hardening.ffmpeg_input_args(), "-i", source_url]
        graph.append(f"[{number}:{stream}]trim=end_frame={at.pictures},{_DETECT}[o{number}]")
        outputs += ["-map", f"[o{number}]"]
    return [
        # The counts are of the level "info".
        *(ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-copyts"),
        *inputs,
        *("-filter_complex", ";".join(graph), *outputs, "-f", "null", "-"),
    ]


def parse(stderr: str) -> Counts:
    """Read what ``command`` says, over all places."""
    found = [tuple(map(int, match.groups())) for match in _COUNTS.finditer(stderr)]
    top, bottom, whole = (sum(each[place] for each in found) for place in range(3))
    return Counts(top=top, bottom=bottom, whole=whole)


def judge(counts: Counts, told: str | None) -> FieldOrder | None:
    """The order of the fields, or ``None`` for whole pictures. Still pictures tell nothing: then the file is
    believed.
    """
    claimed = _TOLD.get(told)
    combed = counts.top + counts.bottom
    moving = combed + counts.whole
    if moving < _LEAST_MOVING:
        return claimed
    if combed < moving * (_TOLD_SHARE if claimed else _CLEAR_SHARE):
        return None
    if claimed and 2 * min(counts.top, counts.bottom) > max(counts.top, counts.bottom):
        return claimed
    return "tff" if counts.top >= counts.bottom else "bff"
