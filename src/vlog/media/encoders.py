"""The video encoders that can be chosen, as data: what each is called and which options it gets, with
reasons.

A new encoder is a row here and a function that gives its options; nothing else knows one from another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from vlog.media.plan import VideoRendition

COPY = "copy"
"""The name in place of an encoder where the source's own pictures are taken over."""


@dataclass(frozen=True, kw_only=True)
class Pacing:
    """What an encoder must know of the pictures it will get.

    ``frame_rate`` is constant or average, ``max_cell_frames`` the most pictures that one segment holds.
    ``in_order`` asks for pictures that are decoded in the order of being shown: a sample's duration is that
    of its decoding, so only then does a segment's last picture last until the segment's end.
    """

    frame_rate: Fraction
    max_cell_frames: int
    in_order: bool = False


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """``reorder_frames`` is how many pictures later than its decoding a picture may be shown, unless they
    come in order: the same for all streams that these options make, as it is written into the
    initialisation segment.
    """

    codec: str
    ffmpeg_name: str
    reorder_frames: int
    options: Callable[[VideoRendition, Pacing], list[str]]

    def delay_frames(self, *, in_order: bool) -> int:
        """How many pictures' time a player is to wait before the first picture, so that all come in time."""
        return 0 if in_order else self.reorder_frames


_MEDIUM_OR_SLOWER = frozenset({"medium", "slow", "slower", "veryslow", "placebo"})


def _x264(rendition: VideoRendition, pacing: Pacing) -> list[str]:
    parameters = {
        # Longer than any segment: only the borders of segments, which are forced, become IDR pictures …
        "keyint": 2 * pacing.max_cell_frames + 2,
        # … and a change of scene within becomes an I picture that later pictures may look beyond.
        "min-keyint": pacing.max_cell_frames + 1,
        # No picture refers across the border of a segment.
        "open-gop": 0,
        # The picture parameters do not depend on the CRF: chunks made with different ones share one init.
        "stitchable": 1,
        # ffmpeg would take the ticks per second for the rate where pictures are not evenly spaced, and the
        # buffer model would starve.
        "fps": f"{pacing.frame_rate.numerator}/{pacing.frame_rate.denominator}",
    }
    if pacing.in_order:
        parameters["bframes"] = 0
    if rendition.preset in _MEDIUM_OR_SLOWER:
        # The same bytes within 0.02 %, and a third less memory at 2160p.
        parameters["rc-lookahead"] = 20
    return [
        *("-preset", rendition.preset),
        # Constant quality under a cap: easy pictures take few bits, hard ones never more than the rung may.
        *("-crf", str(rendition.crf)),
        *("-maxrate", str(rendition.max_bit_rate)),
        *("-bufsize", str(rendition.buffer_bits)),
        *("-profile:v", rendition.profile or "high"),
        # Fixed, for the encoder would derive it from rate and references, and inits would differ.
        *(("-level:v", rendition.level) if rendition.level else ()),
        # One thread per rung: up to 6 % less work than several, and the bytes do not depend on the machine.
        *("-threads:v", "1"),
        # Closed captions of the source would ride along in each rung.
        *("-a53cc", "0"),
        "-x264-params",
        ":".join(f"{name}={value}" for name, value in parameters.items()),
    ]


ENCODERS: dict[str, Encoder] = {
    # Two pictures: B pictures that others refer to, x264's default in all presets but ultrafast, where it is
    # more than needed and does no harm.
    "libx264": Encoder(codec="h264", ffmpeg_name="libx264", reorder_frames=2, options=_x264),
}
"""By the name that a rendition's plan carries."""
