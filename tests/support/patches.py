"""Sources of known colours, side by side, and the colours that came out of the encoder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.colours import Values, signal_of
from tests.support.jails import tools

SIDE = 64
"""Pixels of a patch's width. Its middle is far from its neighbours."""

HEIGHT = 128

COLOURS = np.array(
    [
        *((0.75, 0.75, 0.75), (0.25, 0.25, 0.25), (0.9, 0.9, 0.9), (0.05, 0.05, 0.05)),
        *((0.75, 0.1, 0.1), (0.1, 0.7, 0.15), (0.15, 0.15, 0.8)),
        *((0.8, 0.6, 0.45), (0.35, 0.5, 0.7), (0.75, 0.7, 0.1), (0.6, 0.2, 0.6), (0.2, 0.65, 0.65)),
    ]
)
"""Red, green and blue: greys, strong colours, skin, sky."""

SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


@dataclass(frozen=True)
class Planes:
    """Raw pictures in one of ffmpeg's planar formats."""

    pixel_format: str
    width: int
    height: int
    data: bytes


def yuv_planes(coded: NDArray[np.uint16], *, layout: str = "420", bits: int = 8, width: int = 0) -> Planes:
    """One picture of patches; the last one is drawn out to ``width``."""
    wide = max(width, SIDE * len(coded))
    high = max(HEIGHT, wide // 6 // 2 * 2)
    horizontal, vertical = SUBSAMPLING[layout]
    data = b""
    for plane in range(3):
        across, down = (1, 1) if plane == 0 else (horizontal, vertical)
        row = np.repeat(coded[:, plane], SIDE // across)
        row = np.pad(row, (0, wide // across - len(row)), mode="edge")
        kind = "<u2" if bits > 8 else "u1"
        data += row[None].repeat(high // down, 0).astype(kind).tobytes()
    name = f"yuv{layout}p" + (f"{bits}le" if bits > 8 else "")
    return Planes(name, wide, high, data)


def packed(signal: Values, *, alpha: Values | None = None) -> Planes:
    """One picture of patches in red, green and blue, with ``alpha`` per patch if given."""
    parts = np.column_stack([signal, alpha]) if alpha is not None else signal
    row = np.rint(255 * parts).astype(np.uint8).repeat(SIDE, 0)
    return Planes(
        "rgb24" if alpha is None else "rgba", len(row), HEIGHT, row[None].repeat(HEIGHT, 0).tobytes()
    )


def write(path: Path, planes: Planes, *, tags: str = "", options: Sequence[str] = ("-c:v", "ffv1")) -> Path:
    """Three pictures at 25 a second; ``tags`` are options of the ``setparams`` filter."""
    command = [str(tools().ffmpeg), "-v", "error", "-y", "-f", "rawvideo", "-r", "25"]
    command += ["-pix_fmt", planes.pixel_format, "-s", f"{planes.width}x{planes.height}", "-i", "pipe:0"]
    command += ["-vf", f"setparams={tags}"] if tags else []
    subprocess.run([*command, *options, str(path)], input=3 * planes.data, check=True)
    return path


@dataclass(frozen=True)
class Seen:
    """What a rendition shows, and what it says of its colours."""

    signal: Values
    tags: dict[str, str]


def seen(media: bytes, count: int, *, share: float = 1.0) -> Seen:
    """The first ``count`` patches of the second picture, which is ``share`` of the source's width."""
    asked = "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries,width,height"
    command = [str(tools().ffprobe), "-v", "error", "-show_entries", asked, "-of", "json", "-"]
    told = json.loads(subprocess.run(command, input=media, capture_output=True, check=True).stdout)
    tags = told["streams"][0]
    command = [str(tools().ffmpeg), "-v", "error", "-i", "-", "-vf", "trim=start_frame=1:end_frame=2"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    raw = subprocess.run(command, input=media, capture_output=True, check=True).stdout
    width, height = int(tags["width"]), int(tags["height"])
    middles = [round((index + 0.5) * SIDE * share) for index in range(count)]
    coded, at = [], 0
    for across in (1, 2, 2):
        size = (height // across, width // across)
        plane = np.frombuffer(raw, np.uint8, size[0] * size[1], at).reshape(size)
        at += plane.size
        row = size[0] // 2
        coded.append([plane[row - 4 : row + 4, m // across - 4 : m // across + 4].mean() for m in middles])
    return Seen(signal_of(np.array(coded).T, tags["color_space"]), tags)
