"""Which sizes a source is encoded in, and with how many bits at most."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from vlog.media.h264_levels import is_encodable, level_for
from vlog.media.info import MediaInfo
from vlog.media.plan import EncodePolicy, VideoRendition

ENCODER = "libx264"
PROFILE = "high"

_CAP_FRAME_RATE = 30
_CAP_ASPECT = Fraction(16, 9)
# Twice the pictures need half again as many bits, because neighbours are more alike; the same goes for area.
_RATE_EXPONENT = 0.585
_AREA_EXPONENT = 0.75
_LEAST_BIT_RATE = 16_000
_LEAST_LEVEL_RATE = Fraction(30)


class Rung(NamedTuple):
    """A size to encode (pixels, upright, square, even) and its cap in bits per second, whatever the source
    has.
    """

    name: str
    width: int
    height: int
    cap: int

    @property
    def short_side(self) -> int:
        """The lesser of width and height."""
        return min(self.width, self.height)


def rungs(info: MediaInfo, frame_rate: Fraction, policy: EncodePolicy) -> list[Rung]:
    """The policy's rungs at or below the source's short side, largest first; at least one.

    A source smaller than all of them gets one rung of its own size. A size beyond H.264's levels is left out.
    """
    display = info.video.display_size
    found = [
        Rung(f"{short}p", *size, _scaled_cap(cap, short, size=size, frame_rate=frame_rate))
        for short, cap in policy.rungs
        if short <= min(display) and is_encodable(*(size := scaled(display, short)))
    ]
    return found or [_own_size(display, frame_rate, policy)]


def rendition(rung: Rung, info: MediaInfo, *, frame_rate: Fraction, policy: EncodePolicy) -> VideoRendition:
    """How a rung is encoded: never with more bits than the source has."""
    max_bit_rate = max(min(rung.cap, info.video_bit_rate), _LEAST_BIT_RATE)
    buffer_bits = 2 * max_bit_rate
    return VideoRendition(
        name=rung.name,
        width=rung.width,
        height=rung.height,
        encoder=ENCODER,
        preset=policy.preset,
        crf=policy.crf,
        max_bit_rate=max_bit_rate,
        buffer_bits=buffer_bits,
        profile=PROFILE,
        # Pictures that are not evenly spaced come faster than their average for a while.
        level=level_for(
            (rung.width, rung.height),
            max(frame_rate, _LEAST_LEVEL_RATE),
            bit_rate=max_bit_rate,
            buffer_bits=buffer_bits,
        ),
    )


def scaled(display: tuple[int, int], short_side: int) -> tuple[int, int]:
    """The display size brought to a short side: even, the aspect kept, no side beyond the source's."""
    short = min(display)
    width, height = (_even(Fraction(side * short_side, short), side) for side in display)
    return width, height


def _own_size(display: tuple[int, int], frame_rate: Fraction, policy: EncodePolicy) -> Rung:
    short, cap = policy.rungs[-1]
    size = scaled(display, min(*display, short))
    return Rung(f"{min(size)}p", *size, _scaled_cap(cap, short, size=size, frame_rate=frame_rate))


def _scaled_cap(cap: int, short_side: int, *, size: tuple[int, int], frame_rate: Fraction) -> int:
    """A rung's cap is meant for 16:9 at 30 pictures a second; other shapes and faster sources differ."""
    wide = _even(short_side * _CAP_ASPECT, size[0] * size[1])
    area = size[0] * size[1] / (short_side * wide)
    speed = max(1.0, float(frame_rate / _CAP_FRAME_RATE))
    return round(cap * math.pow(area, _AREA_EXPONENT) * math.pow(speed, _RATE_EXPONENT))


def _even(side: Fraction, most: int) -> int:
    even = 2 * round(side / 2)
    return max(even if even <= most else even - 2, 2)
