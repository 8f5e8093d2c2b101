"""Every codec that is taken, from the file to pictures on the grid: none is lost, doubled or out of place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.barcode import complaints, make_source, numbers
from tests.support.presentations import assignment, encode_chunk, inspected, shown
from tests.support.recording_client import RecordingClient
from vlog.media.plan import EncodePolicy
from vlog.media.planner import plan
from vlog.pipeline.jail import Jail

COUNT = 50
RATE = Fraction(25)
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
X264 = ("-c:v", "libx264", "-preset", "ultrafast")
SOURCES: dict[str, tuple[str, ...]] = {
    "h264.flv": (*X264, "-pix_fmt", "yuv420p"),
    "h264_422_10.mkv": (*X264, "-pix_fmt", "yuv422p10le"),
    "h264_444.mp4": (*X264, "-pix_fmt", "yuv444p"),
    "h264_grey.mp4": (*X264, "-pix_fmt", "gray"),
    "hevc.mp4": (*X265, "-tag:v", "hvc1"),
    "hevc_10.mp4": (*X265, "-pix_fmt", "yuv420p10le"),
    "hevc_12_444.mkv": (*X265, "-pix_fmt", "yuv444p12le"),
    "av1.mp4": ("-c:v", "libsvtav1", "-preset", "10", "-crf", "15"),
    "av1_10.mkv": ("-c:v", "libsvtav1", "-preset", "10", "-crf", "15", "-pix_fmt", "yuv420p10le"),
    "vp8.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "vp9_444.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv444p"),
    "mpeg1.mpg": ("-c:v", "mpeg1video", "-q:v", "3"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2"),
    "mpeg2.mxf": ("-c:v", "mpeg2video", "-q:v", "3"),
    "mpeg4.mp4": ("-c:v", "mpeg4", "-q:v", "3"),
    "msmpeg4.avi": ("-c:v", "msmpeg4", "-q:v", "3"),
    "h263.3gp": ("-c:v", "h263", "-q:v", "3", "-vf", "scale=352:288", "-r", "25"),
    "flv1.flv": ("-c:v", "flv", "-q:v", "3"),
    "wmv2.asf": ("-c:v", "wmv2", "-q:v", "3"),
    "theora.ogg": ("-c:v", "libtheora", "-q:v", "7"),
    "mjpeg.mov": ("-c:v", "mjpeg", "-q:v", "3"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "0"),
    "dnxhr.mov": ("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "ffv1.mkv": (
        "-c:v",
        "ffv1",
    ),
    "raw.avi": ("-c:v", "rawvideo", "-pix_fmt", "bgr24"),
    "dv.mov": ("-c:v", "dvvideo", "-vf", "scale=720:576", "-pix_fmt", "yuv420p"),
    "pictures.gif": (),
}
POLICY = EncodePolicy(rungs=((180, 800_000),), preset="ultrafast", remux=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("codecs")


@pytest.mark.parametrize("name", SOURCES)
async def test_every_picture_arrives(name: str, any_jail: Jail, folder: Path) -> None:
    source = make_source(folder / name, rate=RATE, count=COUNT, options=SOURCES[name])
    found = await inspected(any_jail, source)
    assert found.info.warnings == ()
    assert found.grid.frames == COUNT
    (rung,) = plan(found.info, found.grid, POLICY).video
    client = RecordingClient(source)
    cells = range(len(found.grid.cells))
    made = await encode_chunk(
        assignment(any_jail, source, client), found, cells, rungs=(replace(rung, name="only"),)
    )
    assert made.missing_frames == 0
    picture = shown(client, "only")
    assert sorted(picture.ticks) == list(range(0, found.grid.duration, found.grid.duration // COUNT))
    assert numbers(picture.media) == list(range(COUNT))
    assert complaints(picture.media) == ""
