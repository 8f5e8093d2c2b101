"""Filters from a picture as it is decoded to one as it is shown: whole, upright, in ordinary colours."""

from __future__ import annotations

from vlog.media import colour
from vlog.media.info import VideoStream

SCALER = "bicubic"
"""How pictures are made smaller."""

_UPRIGHT = {
    (0, False): (),
    (90, False): ("transpose=clock",),
    # Cheaper than two transpositions.
    (180, False): ("hflip", "vflip"),
    (270, False): ("transpose=cclock",),
    (0, True): ("vflip",),
    (90, True): ("transpose=cclock_flip",),
    (180, True): ("hflip",),
    (270, True): ("transpose=clock_flip",),
}


RUN_UP_PICTURES = 1
"""How many pictures before and after it ``whole`` looks at."""


def upright(video: VideoStream) -> list[str]:
    """Turned and mirrored as the file asks for."""
    return list(_UPRIGHT[video.rotation, video.is_mirrored])


def whole(video: VideoStream) -> list[str]:
    """Pictures made of two moments are made to show one. Each filter looks at the neighbours of a picture, so
    whoever cuts must do it afterwards.
    """
    if video.interlacing is None:
        return []
    return [
        # The size is what the filter was built for, also where it changes within the source.
        f"scale={video.width}:{video.height}:interl=1:flags={SCALER}",
        # One picture for each (send_frame), at the time of its first field: the grid stays the source's.
        # All of them (deint=all) and in the order that was measured, as files often tell neither rightly.
        f"bwdif=mode=send_frame:parity={video.interlacing}:deint=all",
    ]


def shown(video: VideoStream, width: int, height: int, *, scaler: str = SCALER) -> list[str]:
    """From whole pictures to upright, opaque ones of this size, in 8 bits, 4:2:0, limited range."""
    turned = upright(video)
    # Turning is set up for one size and format.
    steady = [f"scale={video.width}:{video.height}:flags={scaler}"] if turned else []
    opaque = colour.without_alpha(video) if colour.has_alpha(video) else []
    scaled = colour.scaled(video, width, height, scaler=scaler)
    return [colour.claims(video), *steady, *turned, *opaque, *scaled]
