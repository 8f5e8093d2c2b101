"""The still pictures that stand for a video: which sizes and formats, and how ffmpeg writes them.

Figures of quality were chosen on frames of film and animation at 1280 × 720 so that all formats look alike
(SSIM within 0.01): WebP is then a fifth smaller than JPEG, AVIF 40 % (on plain pictures both two thirds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

WIDTHS = (320, 640, 1280)
"""Pixels: a phone's list, a desktop's grid, the player's poster and previews on other sites."""

MAIN_WIDTH = 640
"""The size that ``thumbnail.jpg`` has, where the source is that wide."""

MAX_HEIGHT = 1440
"""Tall pictures get fewer sizes: beyond this nobody sees more in a list."""

MAX_SIDE = 8192

_SMALLEST_AVIF_SIDE = 64
_WIDE = Fraction(16, 9)
_WIDE_HEIGHT = 720


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFormat:
    """One way to store a picture. ``conversion`` leads from full-range BT.709 4:4:4 to what is encoded;
    ``signature`` is what the file has at an offset.
    """

    name: str
    extension: str
    media_type: str
    encoder: str
    signature: tuple[int, bytes]
    conversion: str
    options: tuple[str, ...]


FORMATS: dict[str, PictureFormat] = {
    each.name: each
    for each in (
        PictureFormat(
            name="jpeg",
            extension="jpg",
            media_type="image/jpeg",
            encoder="mjpeg",
            signature=(0, b"\xff\xd8\xff"),
            # JFIF's own range and matrix (ITU-T T.871 §7), for readers that take no notice of others.
            conversion="scale=out_range=full:out_color_matrix=bt601,format=yuvj420p",
            options=("-q:v", "4", "-huffman", "optimal", "-f", "image2", "-update", "1"),
        ),
        PictureFormat(
            name="webp",
            extension="webp",
            media_type="image/webp",
            encoder="libwebp",
            signature=(8, b"WEBP"),
            # VP8 knows one matrix and the limited range (RFC 6386 §9.2).
            conversion="scale=out_range=limited:out_color_matrix=bt601,format=yuv420p",
            # Half the work of the usual level 4 for a twentieth more bytes.
            options=("-quality", "80", "-compression_level", "2", "-f", "webp"),
        ),
        PictureFormat(
            name="avif",
            extension="avif",
            media_type="image/avif",
            encoder="libsvtav1",
            signature=(4, b"ftypavif"),
            # Written down in the file (colr, nclx), so that every reader shows the same colours.
            conversion="scale=out_range=limited:out_color_matrix=bt709,format=yuv420p"
            ",setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1",
            # Half the work of preset 6 at crf 24, which looks the same, for a tenth more bytes.
            options=("-preset", "8", "-crf", "22", "-svtav1-params", "lp=1:avif=1", "-f", "avif"),
        ),
    )
}
"""From what every reader understands to what is smallest. Pages offer them the other way round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFile:
    """One stored picture; ``format`` is a key of ``FORMATS``, sizes are pixels.

    ``is_wide`` is the one for previews on other sites, which show 16:9 whatever the video's shape is.
    """

    format: str
    width: int
    height: int
    is_wide: bool = False

    @property
    def name(self) -> str:
        """What the file is called, in the video's folder as in its address."""
        if self.is_wide:
            return f"thumbnail_wide.{FORMATS[self.format].extension}"
        return f"thumbnail_{self.width}.{FORMATS[self.format].extension}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Still:
    """A picture before it is encoded: ffmpeg's words up to the input, and a graph that ends in ``[still]``.

    ``size`` is as shown, in square pixels. ``is_clock_mended`` tells that its time is none of the file's.
    """

    inputs: tuple[str, ...]
    graph: str
    size: tuple[int, int]
    is_clock_mended: bool = False


def formats_of(encoders: Sequence[str]) -> tuple[str, ...]:
    """The formats that these encoders of ffmpeg can write; JPEG is always among them."""
    return tuple(name for name, form in FORMATS.items() if name == "jpeg" or form.encoder in encoders)


def sizes(shown: tuple[int, int], widths: Sequence[int] = WIDTHS) -> list[tuple[int, int]]:
    """Widths and heights to make of a picture shown at this size, ascending: even and never enlarged."""
    shown_width, shown_height = shown
    found: list[tuple[int, int]] = []
    for wide in sorted({max(2, min(width, shown_width) // 2 * 2) for width in widths}):
        high = max(2, round(Fraction(wide * shown_height, shown_width) / 2) * 2)
        if not found or high <= MAX_HEIGHT:
            found.append((wide, high))
    return found


def files(
    shown: tuple[int, int], formats: Sequence[str], widths: Sequence[int] = WIDTHS
) -> list[PictureFile]:
    """Everything that is made of a picture shown at this size: each size in each format that fits it, and
    one in 16:9 if it has another shape.
    """
    wide = wide_size(shown)
    return [
        PictureFile(format=name, width=width, height=height)
        for width, height in sizes(shown, widths)
        for name in formats
        if name != "avif" or min(width, height) >= _SMALLEST_AVIF_SIDE
    ] + ([PictureFile(format="jpeg", width=wide[0], height=wide[1], is_wide=True)] if wide else [])


def wide_size(shown: tuple[int, int]) -> tuple[int, int] | None:
    """The 16:9 frame, at most 1280 × 720, that holds a picture of another shape; ``None`` for one of that
    shape.
    """
    width, height = shown
    if abs(Fraction(width, height) / _WIDE - 1) < Fraction(1, 50):
        return None
    high = max(min(_WIDE_HEIGHT, max(height, round(width / _WIDE))) // 2 * 2, 18)
    return round(high * _WIDE / 2) * 2, high


def is_sound(file: PictureFile, data: bytes) -> bool:
    """Whether the file is one that ``files`` could ask for, and the bytes begin as its format does."""
    form = FORMATS.get(file.format)
    if form is None or not 0 < min(file.width, file.height) <= max(file.width, file.height) <= MAX_SIDE:
        return False
    at, signature = form.signature
    return data[at : at + len(signature)] == signature


def main_file(found: Sequence[PictureFile]) -> PictureFile | None:
    """The JPEG that everybody can be given: the largest up to ``MAIN_WIDTH``, or else the smallest."""
    jpegs = sorted(
        (each for each in found if each.format == "jpeg" and not each.is_wide), key=lambda each: each.width
    )
    fitting = [each for each in jpegs if each.width <= MAIN_WIDTH]
    chosen = fitting[-1:] or jpegs[:1]
    return chosen[0] if chosen else None


def write(still: Still, wanted: Sequence[PictureFile], folder: str) -> list[str]:
    """The words after ffmpeg's first ones: take ``still`` and write ``wanted`` into ``folder``.

    AVIF can't go through a pipe: its index comes first and is known last.
    """
    by_size: dict[tuple[int, int], list[tuple[int, PictureFile]]] = {}
    for number, each in enumerate(wanted):
        if not each.is_wide:
            by_size.setdefault((each.width, each.height), []).append((number, each))
    wide = [(number, each) for number, each in enumerate(wanted) if each.is_wide]
    ordered = sorted(by_size.items(), reverse=True)
    # Where it was in the film says nothing about it any more.
    apart = "".join(f"[wide{number}]" for number, _ in wide)
    parts = [still.graph, f"[still]setpts=0,split={1 + len(wide)}[size]{apart}"]
    parts += [_widened(number, each) for number, each in wide]
    before = "[size]"
    for index, ((width, height), here) in enumerate(ordered):
        onward = f"[size{index}]" if index + 1 < len(ordered) else ""
        labels = "".join(f"[f{number}]" for number, _ in here)
        # Each size from the next larger one; area averaging neither blurs nor rings when it makes smaller.
        scaled = f"scale={width}:{height}:flags=area:out_range=full:out_color_matrix=bt709,format=yuv444p"
        parts.append(f"{before}{scaled},setsar=1,split={len(here) + bool(onward)}{labels}{onward}")
        parts += [f"[f{number}]{FORMATS[each.format].conversion}[o{number}]" for number, each in here]
        before = onward
    outputs = [word for number, each in enumerate(wanted) for word in _output(number, each, folder)]
    return [*still.inputs, "-filter_complex", ";".join(parts), *outputs]


def _widened(number: int, file: PictureFile) -> str:
    """The whole picture in the middle of a wide frame, before itself, large, dark and out of focus."""
    width, height = file.width, file.height
    return (
        f"[wide{number}]format=gbrp,split=2[near{number}][far{number}]"
        # Blurred while it is small: as good and a hundredth of the work.
        f";[far{number}]scale=160:90:force_original_aspect_ratio=increase,crop=160:90,gblur=sigma=6"
        f",scale={width}:{height}:flags=bicubic,lutrgb=r=val*0.42:g=val*0.42:b=val*0.42[ground{number}]"
        f";[near{number}]scale={width}:{height}:force_original_aspect_ratio=decrease:flags=area[whole{number}]"
        f";[ground{number}][whole{number}]overlay=(W-w)/2:(H-h)/2:format=gbrp,setsar=1"
        f",scale=out_range=full:out_color_matrix=bt709,format=yuv444p,{FORMATS[file.format].conversion}[o{number}]"
    )


def _output(number: int, file: PictureFile, folder: str) -> list[str]:
    form = FORMATS[file.format]
    return [
        *("-map", f"[o{number}]", "-frames:v", "1", "-c:v", form.encoder, "-threads:v", "1"),
        # Encoders of AVIF refuse the rates of fast films, and those that covers are said to have.
        *("-r", "25"),
        # The source's tags, among them where a phone was; and dates and versions of this tool.
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        *form.options,
        f"file:{folder}/{file.name}",
    ]
