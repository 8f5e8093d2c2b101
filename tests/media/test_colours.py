"""Known colours in, the same colours out, whatever they were coded in: measured on what players decode."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import colours, patches
from tests.support.patches import COLOURS, Planes, Seen
from tests.support.presentations import assignment, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.media import ladder
from vlog.media.plan import EncodePolicy
from vlog.pipeline.jail import Jail

SDR_BOUND = 1.5
HDR_BOUND = 2.0
"""CIEDE2000. One is what a trained eye may just see; a step of eight-bit chroma can be 0.8."""

POLICY = EncodePolicy(rungs=((patches.HEIGHT, 4_000_000),))


async def encoded(jail: Jail, source: Path) -> Seen:
    """The patches of a source after its first chunk has been encoded as planned, but finely."""
    found = await inspected(jail, source)
    wanted, *_ = ladder.rungs(found.info, found.grid.frame_rate, POLICY)
    fine = replace(rung(wanted.name, wanted.width, wanted.height), crf=6, max_bit_rate=20_000_000)
    client = RecordingClient(source)
    task = assignment(jail, source, client)
    await encode_chunk(task, found, range(len(found.grid.cells)), rungs=(fine,))
    assert [run.stderr_tail for run in task.runs if run.exit_status] == []
    share = wanted.width / found.info.video.display_size[0]
    return patches.seen(shown(client, wanted.name).media, len(COLOURS), share=share)


def sdr(matrix: str, *, layout: str = "420", bits: int = 8, full: bool = False, width: int = 0) -> Planes:
    coded = colours.yuv(COLOURS, matrix, bits=bits, full=full)
    return patches.yuv_planes(coded, layout=layout, bits=bits, width=width)


BT709 = "colorspace=bt709:color_primaries=bt709:color_trc=bt709"
SDR = {
    "bt709": (sdr("bt709"), f"range=limited:{BT709}", "bt709"),
    "hd untagged": (sdr("bt709", width=1280), "", "bt709"),
    "sd untagged": (sdr("smpte170m"), "", "smpte170m"),
    "pal": (sdr("bt470bg"), "colorspace=bt470bg:color_primaries=bt709:color_trc=bt709", "bt470bg"),
    "full range": (sdr("bt709", full=True), f"range=full:{BT709}", "bt709"),
    "4:2:2 10 bit": (sdr("bt709", layout="422", bits=10), f"range=limited:{BT709}", "bt709"),
    "4:4:4 12 bit": (sdr("bt709", layout="444", bits=12), f"range=limited:{BT709}", "bt709"),
    "rgb": (patches.packed(COLOURS), "", "smpte170m"),
}


@pytest.mark.parametrize("kind", SDR)
async def test_colours_of_ordinary_screens(kind: str, any_jail: Jail, tmp_path: Path) -> None:
    planes, tags, matrix = SDR[kind]
    found = await encoded(any_jail, patches.write(tmp_path / "x.mkv", planes, tags=tags))
    assert found.tags["color_space"] == matrix
    assert (found.tags["pix_fmt"], found.tags["color_range"]) == ("yuv420p", "tv")
    assert colours.distance(COLOURS, found.signal).max() < SDR_BOUND


async def test_grey_pictures(any_jail: Jail, tmp_path: Path) -> None:
    grey = COLOURS.mean(1, keepdims=True).repeat(3, 1)
    options = ("-c:v", "ffv1", "-pix_fmt", "gray")
    found = await encoded(any_jail, patches.write(tmp_path / "x.mkv", patches.packed(grey), options=options))
    assert colours.distance(grey, found.signal).max() < SDR_BOUND


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.mkv", ("-c:v", "ffv1", "-pix_fmt", "gbrap")),
        ("x.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le", "-qscale:v", "2")),
    ],
)
async def test_transparent_pictures_lie_on_black(
    name: str, options: tuple[str, ...], any_jail: Jail, tmp_path: Path
) -> None:
    alpha = np.array([1.0, 0.5, 0.0] * 4)
    source = patches.write(tmp_path / name, patches.packed(COLOURS, alpha=alpha), options=options)
    found = await encoded(any_jail, source)
    assert colours.distance(COLOURS * alpha[:, None], found.signal).max() < 2 * SDR_BOUND


NITS = np.array(
    [
        *((203, 203, 203), (50, 50, 50), (10, 10, 10), (1000, 1000, 1000)),
        *((100, 20, 20), (20, 100, 20), (20, 20, 100), (150, 100, 60)),
        *((400, 100, 50), (5, 10, 60), (60, 120, 160), (600, 600, 100)),
    ],
    dtype=np.float64,
)
"""Light that BT.709's primaries can make, up to the peak."""

CODED = {"smpte2084": colours.pq, "arib-std-b67": colours.hlg}


@pytest.mark.parametrize("tags", ["colorspace=bt2020nc:color_primaries=bt2020:", ""])
@pytest.mark.parametrize("transfer", CODED)
async def test_hdr_is_mapped_to_what_the_curve_says(
    transfer: str, tags: str, any_jail: Jail, tmp_path: Path
) -> None:
    light = np.clip(colours.from_709(NITS, colours.XYZ_OF_2020), 0, None)
    coded = colours.yuv(CODED[transfer](light), "bt2020nc", bits=10)
    planes = patches.yuv_planes(coded, bits=10)
    source = patches.write(tmp_path / "x.mkv", planes, tags=f"range=limited:{tags}color_trc={transfer}")
    found = await encoded(any_jail, source)
    wanted = colours.mobius(NITS / 203, peak=1000 / 203, knee=0.3)
    assert (
        colours.distance(np.clip(wanted, 0, 1) ** (1 / colours.SCREEN_GAMMA), found.signal).max() < HDR_BOUND
    )
    assert {found.tags[name] for name in ("color_space", "color_transfer", "color_primaries")} == {"bt709"}


@pytest.mark.parametrize(
    ("primaries", "xyz_of", "matrix"),
    [("bt2020", colours.XYZ_OF_2020, "bt2020nc"), ("smpte432", colours.XYZ_OF_P3, "bt709")],
)
async def test_wide_colours_without_hdr(
    primaries: str, xyz_of: colours.Values, matrix: str, any_jail: Jail, tmp_path: Path
) -> None:
    light = np.clip(colours.from_709(COLOURS**colours.SCREEN_GAMMA, xyz_of), 0, None)
    coded = colours.yuv(light ** (1 / colours.SCREEN_GAMMA), matrix, bits=10)
    planes = patches.yuv_planes(coded, bits=10)
    tags = f"range=limited:colorspace={matrix}:color_primaries={primaries}"
    found = await encoded(any_jail, patches.write(tmp_path / "x.mkv", planes, tags=tags))
    assert colours.distance(COLOURS, found.signal).max() < HDR_BOUND
    assert found.tags["color_primaries"] == "bt709"
