"""The picture that stands for sound alone: the cover that comes with it, or the shape of the sound itself."""

from __future__ import annotations

from vlog.media import downmix, hardening
from vlog.media.info import AudioStream, MediaInfo
from vlog.media.stills import Still

SIZE = (1280, 720)

COVER_CODECS = frozenset({"mjpeg", "png"})
"""What covers are stored as, by ffmpeg's names of codecs, which are those of the decoders."""

# The player's own colours (tokens.css: stage and stage-played), the same by day and by night.
_TOP_LEFT, _BOTTOM_RIGHT = "0x2a2d4d", "0x191b27"
_BAR = "0x98a6ff"
_BARS = 72
_PITCH, _BAR_WIDTH, _HEIGHT = 16, 9, 320
_MOST_SECONDS = 4 * 3600


def poster(info: MediaInfo, source_url: str) -> list[Still]:
    """What to try, the best first."""
    stills = [] if info.cover is None else [_covered(info.cover, source_url)]
    return [*stills, *([_drawn(info.audio, source_url)] if info.audio else [])]


def _covered(stream: int, source_url: str) -> Still:
    """The whole cover in the middle, before itself, large, dark and out of focus."""
    width, height = SIZE
    inside = height - 80
    graph = (
        f"[0:{stream}]format=rgb24,split=2[near][far]"
        # Blurred while it is small: as good and a hundredth of the work.
        f";[far]scale=160:90:force_original_aspect_ratio=increase,crop=160:90,gblur=sigma=6"
        f",scale={width}:{height}:flags=bicubic,lutrgb=r=val*0.42:g=val*0.42:b=val*0.42[ground]"
        f";[near]scale=w={inside}:h={inside}:force_original_aspect_ratio=decrease[cover]"
        f";[ground][cover]overlay=(W-w)/2:(H-h)/2:format=rgb,setsar=1[still]"
    )
    inputs = hardening.ffmpeg_input_args(hardening.CODEC_WHITELIST + tuple(COVER_CODECS))
    return Still(inputs=(*inputs, "-i", source_url), graph=graph, size=SIZE)


def _drawn(audio: AudioStream, source_url: str) -> Still:
    """Loud and quiet from the beginning to the end, as bars."""
    width, height = SIZE
    wide = _BARS * _PITCH
    mixed = downmix.by_hand(audio)
    graph = (
        # Hours more would not be seen in so few bars.
        f"[0:{audio.index}]atrim=duration={_MOST_SECONDS},{f'{mixed},' if mixed else ''}"
        "aformat=sample_fmts=fltp:channel_layouts=stereo"
        # The square root shows quiet speech beside loud music.
        f",showwavespic=s={_BARS}x{_HEIGHT}:split_channels=0:colors={_BAR}|{_BAR}:scale=sqrt:draw=full:filter=peak"
        f",format=rgba,scale={wide}:{_HEIGHT}:flags=neighbor"
        f",geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='alpha(X,Y)*lt(mod(X,{_PITCH}),{_BAR_WIDTH})'[bars]"
        f";gradients=s={width}x{height}:c0={_TOP_LEFT}:c1={_BOTTOM_RIGHT}:x0=0:y0=0:x1={width}:y1={height}"
        # One picture of it; without a seed it would be another one each time.
        ":n=2:seed=1:duration=0.04:rate=25,format=rgb24[ground]"
        f";[ground][bars]overlay={(width - wide + _PITCH - _BAR_WIDTH) // 2}:{(height - _HEIGHT) // 2}"
        ":format=rgb:eof_action=repeat,setsar=1[still]"
    )
    return Still(inputs=(*hardening.ffmpeg_input_args(), "-i", source_url), graph=graph, size=SIZE)
