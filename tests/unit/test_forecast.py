"""What is told of a rendition before it is made."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.media_values import every, grid_of, index, info_of
from vlog.media import forecast
from vlog.media.plan import AudioRendition, EncodePolicy
from vlog.media.planner import plan
from vlog.media.sound import Frames, SoundCutter, spans

SOUND = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)


@given(
    lengths=st.lists(st.integers(1500, 400_000), min_size=1, max_size=30),
    frame=st.sampled_from([576, 1024, 1152]),
    lead=st.integers(0, 1151),
)
def test_sound_is_cut_as_foreseen(lengths: list[int], frame: int, lead: int) -> None:
    start = lead % frame
    ends = [sum(lengths[: count + 1]) for count in range(len(lengths))]
    total = max(-((start - ends[-1]) // frame), len(ends))
    cutter = SoundCutter(ends, frame_samples=frame)
    cuts = [*cutter.push(Frames([1] * total, bytes(total)), start=start), *cutter.finish()]
    foreseen = spans(ends, frame_samples=frame, start=start)
    assert [(cut.start, cut.duration) for cut in cuts] == foreseen
    assert all(one.end == other.start for one, other in pairwise(foreseen))


def test_bounds_lie_above_what_encoders_are_allowed() -> None:
    info = info_of((1920, 1080), seconds=60)
    grid = grid_of(index(every(3000, 1800), keys=every(3000 * 60, 30), last_duration=3000))
    for rung in plan(info, grid, EncodePolicy()).video:
        peak = forecast.peak_bit_rate(rung, info=info, grid=grid)
        # Over half a segment (3 s): the cap and one buffer on top.
        assert peak > rung.max_bit_rate + rung.buffer_bits / 3
        assert forecast.average_bit_rate(rung, info=info) <= peak
    assert forecast.peak_bit_rate(SOUND, info=info, grid=grid) == pytest.approx(212_000)
