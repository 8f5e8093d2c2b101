"""Sources faster than the cap: every chunk keeps the same pictures, wherever its key frames lie."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.support import barcode
from tests.support.jails import tools
from tests.support.presentations import assignment, chunks, encode_chunk, inspected, rung
from tests.support.recording_client import RecordingClient
from vlog.config import load
from vlog.pipeline.jail import Jail

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"]


@pytest.mark.parametrize(
    ("rate", "step", "name", "group"), [(100, 2, "hundred.mkv", 60), (240, 4, "slow_motion.mp4", 130)]
)
async def test_each_kept_picture_is_the_next_but_some(
    rate: int, step: int, name: str, group: int, tmp_path: Path
) -> None:
    jail = Jail.detect(tools(), load({}))
    source = barcode.make_source(
        tmp_path / name, rate=Fraction(rate), count=4 * rate, options=[*X264, "-g", str(group)]
    )
    found = await inspected(jail, source)
    assert found.grid.frame_rate == Fraction(rate, step)
    client = RecordingClient(source)
    for run in chunks(found.grid, 1):
        await encode_chunk(assignment(jail, source, client), found, run, rungs=[rung("180p", 320, 180)])
    segments = client.segments["180p"]
    media = client.inits["180p"] + b"".join(segments[number].data for number in sorted(segments))
    assert barcode.numbers(media) == list(range(0, 4 * rate, step))
