"""The short silent film that lists play under the pointer: which moments, and how ffmpeg makes it.

It is put together from a few segments of the smallest finished rendition, so nothing of the source's size or
codec decides what it costs. H.264 in MP4 and not a moving picture format: an eighth of the bytes of WebP (40
and 323 kB for the same five seconds; AVIF has 51), and every browser decodes it by hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from vlog.media import hardening
from vlog.media.command import start

WIDTH = 320
MOMENTS = 4
SECONDS_EACH = Fraction(5, 4)
FRAME_RATE = 15
MAX_BYTES = 2 << 20


def places(lengths: Sequence[Fraction], *, count: int = MOMENTS) -> list[int]:
    """Numbers of the cells to show, ascending: evenly over the film, without its first and last tenth."""
    total = sum(lengths, Fraction(0))
    wanted = [
        total * (Fraction(1, 10) + Fraction(8, 10) * Fraction(2 * n + 1, 2 * count)) for n in range(count)
    ]
    found: list[int] = []
    end, number = Fraction(0), -1
    for at in wanted:
        while number + 1 < len(lengths) and end <= at:
            number += 1
            end += lengths[number]
        if number >= 0 and number not in found:
            found.append(number)
    return found


def size(width: int, height: int) -> tuple[int, int]:
    """Pixels of the preview of a rendition of this size: even, at most ``WIDTH`` on the longer side."""
    scale = min(Fraction(1), Fraction(WIDTH, max(width, height)))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """What a preview shows of a file of segments: starts and lengths in seconds of its clock.

    ``frame_rate`` is its pictures a second, ``shape`` the preview's pixels.
    """

    moments: Sequence[tuple[float, float]]
    frame_rate: float
    shape: tuple[int, int]


def command(ffmpeg: str, source_url: str, cut: Cut, *, target: str) -> list[str]:
    """Make ``target`` of a file of segments."""
    moments, frame_rate, shape = cut.moments, cut.frame_rate, cut.shape
    chosen = "+".join(rf"between(t\,{at:.6f}\,{at + length:.6f})" for at, length in moments)
    graph = (
        f"[0:v:0]select={chosen},setpts=N/({max(frame_rate, 1):.6f}*TB),fps={FRAME_RATE}"
        f",scale={shape[0]}:{shape[1]}:flags=area,setsar=1,format=yuv420p[out]"
    )
    return [
        *start(ffmpeg),
        # On the segments' own clock: the moments are told by it, and there are gaps between them.
        *("-threads", "1", *hardening.ffmpeg_input_args(), "-i", source_url),
        *("-filter_complex", graph, "-map", "[out]", "-an"),
        # A handful of pictures: the slower search saves a fifth of the bytes for a tenth of a second.
        *("-c:v", "libx264", "-preset", "slow", "-crf", "30", "-profile:v", "main", "-threads:v", "1"),
        *("-maxrate", "400k", "-bufsize", "800k", "-g", str(FRAME_RATE * 10)),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        # Its index in front, so that it plays while it comes.
        *("-movflags", "+faststart", "-f", "mp4", f"file:{target}"),
    ]
