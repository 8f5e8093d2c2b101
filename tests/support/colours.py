"""Colours as light: what a source's numbers mean, how far two colours are apart; by the standards' formulas.

Arrays have one row per colour. *Light* is linear red, green and blue; *signal* is what is coded, 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Columns of red, green and blue in CIE XYZ with white D65 (ITU-R BT.709, BT.2020, SMPTE EG 432-1).
XYZ_OF_709 = np.array(
    [[0.412391, 0.357584, 0.180481], [0.212639, 0.715169, 0.072192], [0.019331, 0.119195, 0.950532]]
)
XYZ_OF_2020 = np.array(
    [[0.636958, 0.144617, 0.168881], [0.262700, 0.677998, 0.059302], [0.0, 0.028073, 1.060985]]
)
XYZ_OF_P3 = np.array(
    [[0.486571, 0.265668, 0.198217], [0.228975, 0.691739, 0.079287], [0.0, 0.045113, 1.043944]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])

LUMA = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114)}
LUMA["bt2020nc"] = (0.2627, 0.0593)
"""Shares of red and blue in luma, by ffmpeg's names of the matrices."""

SCREEN_GAMMA = 2.4
"""ITU-R BT.1886."""


def in_709(light: Values, xyz_of: Values) -> Values:
    """Light of other primaries in those of BT.709; below 0 what these can't show."""
    return np.asarray(light @ (np.linalg.inv(XYZ_OF_709) @ xyz_of).T)


def from_709(light: Values, xyz_of: Values) -> Values:
    """The reverse of ``in_709``."""
    return np.asarray(light @ (np.linalg.inv(xyz_of) @ XYZ_OF_709).T)


def pq(nits: Values) -> Values:
    """SMPTE ST 2084: the signal of light in candela per square metre."""
    power = np.clip(nits / 10_000, 0, 1) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg(nits: Values, peak: float = 1000) -> Values:
    """ITU-R BT.2100: the signal that a display of this peak shows as light of ``nits`` (in BT.2020)."""
    shown = nits / peak
    luminance = np.maximum(shown @ np.array([0.2627, 0.6780, 0.0593]), 1e-9)
    scene = shown * (luminance ** ((1 - 1.2) / 1.2))[:, None]
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    bright = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.asarray(np.where(scene <= 1 / 12, np.sqrt(3 * np.clip(scene, 0, None)), bright))


def mobius(light: Values, *, peak: float, knee: float) -> Values:
    """A tone curve: as it is up to ``knee``, then bent so that ``peak`` becomes 1; hues are kept."""
    a = -knee * knee * (peak - 1) / (knee * knee - 2 * knee + peak)
    b = (knee * knee - 2 * knee * peak + peak) / (peak - 1)
    most = np.maximum(light.max(1), 1e-6)
    bent = (b * b + 2 * b * knee + knee * knee) / (b - a) * (most + a) / (most + b)
    return np.asarray(light * (np.where(most <= knee, most, bent) / most)[:, None])


def yuv(signal: Values, matrix: str, *, bits: int = 8, full: bool = False) -> NDArray[np.uint16]:
    """Luma and both chroma as they are coded."""
    red, blue = LUMA[matrix]
    luma = signal @ np.array([red, 1 - red - blue, blue])
    chroma = ((signal[:, 2] - luma) / (2 * (1 - blue)), (signal[:, 0] - luma) / (2 * (1 - red)))
    step, most = 1 << (bits - 8), (1 << bits) - 1
    scale = (most, most, 0) if full else (219 * step, 224 * step, 16 * step)
    coded = [scale[2] + scale[0] * luma, *(128 * step + scale[1] * part for part in chroma)]
    return np.asarray(np.clip(np.rint(np.stack(coded, 1)), 0, most), dtype=np.uint16)


def signal_of(coded: Values, matrix: str) -> Values:
    """Red, green and blue of eight-bit limited luma and chroma."""
    red, blue = LUMA[matrix]
    luma = (coded[:, 0] - 16) / 219
    chroma_blue, chroma_red = (coded[:, 1] - 128) / 224, (coded[:, 2] - 128) / 224
    r, b = luma + 2 * (1 - red) * chroma_red, luma + 2 * (1 - blue) * chroma_blue
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.stack([r, g, b], 1), 0, 1)


def distance(one: Values, other: Values) -> Values:
    """CIEDE2000 between signals of BT.709 on a screen (Sharma, Wu and Dalal 2005)."""
    return _ciede2000(_lab(one**SCREEN_GAMMA), _lab(other**SCREEN_GAMMA))


def _lab(light: Values) -> Values:
    xyz = light @ XYZ_OF_709.T / WHITE
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * bent[:, 1] - 16, 500 * (bent[:, 0] - bent[:, 1]), 200 * (bent[:, 1] - bent[:, 2])], 1
    )


def _ciede2000(one: Values, other: Values) -> Values:
    (l1, a1, b1), (l2, a2, b2) = one.T, other.T
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.arctan2(b, stretch * a) % (2 * np.pi) for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    hue = np.where(grey, h1 + h2, (h1 + turn / 2) % (2 * np.pi))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue)
    t += 0.32 * np.cos(3 * hue + np.radians(6)) - 0.2 * np.cos(4 * hue - np.radians(63))
    of_l = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    of_c = (c2 - c1) / (1 + 0.045 * chroma)
    of_h = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / (1 + 0.015 * chroma * t)
    blue = np.radians(60) * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2))
    rotated = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(blue)
    return np.asarray(np.sqrt(np.maximum(of_l**2 + of_c**2 + of_h**2 + rotated * of_c * of_h, 0)))
