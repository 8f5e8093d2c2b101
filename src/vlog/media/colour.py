"""The colours of a source and those that viewers get: what every screen shows is kept, the rest converted.

A player that is told nothing guesses by the size of the picture, and would guess differently from rung
to rung. So the unknown is guessed here, once, and what is made says what it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vlog.media.info import VideoStream

PQ = "smpte2084"
HLG = "arib-std-b67"

_MATRICES = frozenset({"bt709", "smpte170m", "bt470bg", "smpte240m", "fcc", "bt2020nc", "bt2020c"})
_WIDE_PRIMARIES = frozenset({"bt2020", "smpte431", "smpte432"})
_PRIMARIES = _WIDE_PRIMARIES | {"bt709", "smpte170m", "bt470bg", "bt470m", "smpte240m"}
_TRANSFERS = frozenset(
    {
        *("bt709", "smpte170m", "bt470bg", "bt470m", "smpte240m", "iec61966-2-1"),
        *("bt2020-10", "bt2020-12", PQ, HLG),
    }
)

# Where television changed its colours: larger pictures than these were never standard definition.
_SD_WIDTH, _SD_HEIGHT = 1024, 576

WHITE_NITS = 203
"""How bright a sheet of paper is in HDR (ITU-R BT.2408): what becomes the white of the tone curve's scale."""

_COMMON_PEAK_NITS = 1000
_LEAST_PEAK_NITS, _HIGHEST_PEAK_NITS = 300, 10_000


@dataclass(frozen=True)
class Colour:
    """ffmpeg's names of the matrix, the primaries and the transfer; all that is made has limited range."""

    matrix: str
    primaries: str
    transfer: str

    @property
    def is_hdr(self) -> bool:
        """Whether light is told on an HDR scale."""
        return self.transfer in (PQ, HLG)

    @property
    def is_wide(self) -> bool:
        """Whether there may be colours that ordinary screens don't have."""
        return self.is_hdr or self.primaries in _WIDE_PRIMARIES

    @property
    def parameters(self) -> str:
        """The filter that says so in each picture, for the encoder to write down.

        With the place of chroma and the field order: what differs between pictures of one source would come
        out as different initialisation segments.
        """
        return (
            f"setparams=range=limited:colorspace={self.matrix}:color_primaries={self.primaries}"
            f":color_trc={self.transfer}:chroma_location=left:field_mode=prog"
        )


_SDR = Colour("bt709", "bt709", "bt709")


def source_colour(video: VideoStream) -> Colour:
    """What a source is, or must be taken for."""
    told = video.color_transfer if video.color_transfer in _TRANSFERS else None
    # Pictures in RGB have no matrix; they get the usual one.
    matrix = video.color_space if video.color_space in _MATRICES else _guessed_matrix(video, told)
    primaries = video.color_primaries if video.color_primaries in _PRIMARIES else _matrix_primaries(matrix)
    return Colour(matrix, primaries, told or _matrix_transfer(matrix))


def colour_of(video: VideoStream) -> Colour:
    """What is made of a source: its own colours if ordinary screens have them, else BT.709."""
    colour = source_colour(video)
    return _SDR if colour.is_wide else colour


def is_rgb(pixel_format: str) -> bool:
    """Whether ffmpeg's pixel format of this name holds red, green and blue."""
    return pixel_format == "pal8" or any(name in pixel_format for name in ("rgb", "bgr", "gbr", "xyz"))


def has_alpha(video: VideoStream) -> bool:
    """Whether parts of the pictures may be transparent. Raw pictures often carry a fourth byte that means
    nothing.
    """
    return video.codec != "rawvideo" and bool(
        re.match("yuva|rgba|bgra|argb|abgr|gbrap|ya8|ya16|ayuv|vuya|pal8", video.pixel_format)
    )


def claims(video: VideoStream) -> str:
    """The filter that tells each picture what it is taken for.

    Without it an untagged picture would be converted from what the scaler takes it for, and a picture whose
    tags change half way would change its colours.
    """
    colour = source_colour(video)
    told = f"setparams=color_primaries={colour.primaries}:color_trc={colour.transfer}"
    if is_rgb(video.pixel_format):
        return told
    full = video.color_range == "pc" or video.pixel_format.startswith("yuvj")
    return f"{told}:colorspace={colour.matrix}:range={'full' if full else 'limited'}"


def without_alpha(video: VideoStream) -> list[str]:
    """Filters that lay transparent pictures on black."""
    deep = re.search(r"(9|1\d)(le|be)$|64", video.pixel_format)
    planes = "gbrap16le" if deep else "gbrap"
    return [
        # In red, green and blue, because only there is black the same as nothing.
        f"format={planes}",
        "premultiply=inplace=1",
        f"format={planes.replace('gbrap', 'gbrp')}",
    ]


def scaled(video: VideoStream, width: int, height: int, *, scaler: str) -> list[str]:
    """Filters that bring upright pictures to a size, to 8 bits, 4:2:0 and the colours of ``colour_of``."""
    scale = f"scale={width}:{height}:flags={scaler}"
    colour, wanted = source_colour(video), colour_of(video)
    if colour.is_hdr:
        # First made small: each of these steps costs as much as encoding a rung.
        shown = [scale, *_tone_mapped(video, colour)]
    elif colour.is_wide:
        shown = [scale, _to_sdr()]
    else:
        # The range and layout that all decoders know; the same for all rungs below.
        shown = [f"{scale}:out_range=limited:out_color_matrix={_scaler_name(wanted.matrix)}"]
    return [*shown, "format=yuv420p", "setsar=1", wanted.parameters]


def _tone_mapped(video: VideoStream, colour: Colour) -> list[str]:
    peak = min(max(video.peak_nits or _COMMON_PEAK_NITS, _LEAST_PEAK_NITS), _HIGHEST_PEAK_NITS)
    if colour.transfer == HLG:
        peak = _COMMON_PEAK_NITS
    linear = f"zscale=t=linear:npl={WHITE_NITS}"
    return [
        # HLG's system gamma depends on all three colours (ITU-R BT.2100); the quick approximation does not,
        # and would make colours too strong.
        linear + (":agamma=0" if colour.transfer == HLG else ""),
        "format=gbrpf32le",
        "zscale=p=bt709",
        # Mobius leaves all below 30 % of paper white as it is and bends only what is brighter. The peak is
        # given, for what pictures tell of themselves may change from one to the next. No desaturation: bright
        # colours stay colours.
        f"tonemap=mobius:param=0.3:desat=0:peak={peak / WHITE_NITS:.6f}",
        _to_sdr(),
    ]


def _to_sdr() -> str:
    # Dithered, or skies would show steps.
    return "zscale=p=bt709:t=bt709:m=bt709:r=limited:d=ordered"


def _guessed_matrix(video: VideoStream, transfer: str | None) -> str:
    if transfer in (PQ, HLG) or video.color_primaries == "bt2020":
        return "bt2020nc"
    return "smpte170m" if video.width <= _SD_WIDTH and video.height <= _SD_HEIGHT else "bt709"


def _matrix_primaries(matrix: str) -> str:
    return {"bt2020nc": "bt2020", "bt2020c": "bt2020", "fcc": "bt470m"}.get(matrix, matrix)


def _matrix_transfer(matrix: str) -> str:
    return {"smpte170m": "smpte170m", "bt470bg": "smpte170m", "smpte240m": "smpte240m"}.get(matrix, "bt709")


def _scaler_name(matrix: str) -> str:
    """The ``scale`` filter's name of a matrix."""
    return {"bt2020nc": "bt2020", "bt2020c": "bt2020"}.get(matrix, matrix)
