"""Cells of one length for sound alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.media_values import WISH
from vlog.kit.errors import Invalid
from vlog.media.sound_grid import sound_grid


@pytest.mark.parametrize(
    ("seconds", "lengths"),
    [(1, [1]), (6, [6]), (7, [7]), (7.5, [6, 1.5]), (20, [6, 6, 6, 2]), (19, [6, 6, 7])],
)
def test_the_cells(seconds: float, lengths: list[float]) -> None:
    grid = sound_grid(int(seconds * 48_000), WISH)
    assert [cell.duration / 48_000 for cell in grid.cells] == lengths
    assert grid.duration_seconds == seconds
    assert grid.frames == 0


def test_endless_sound_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        sound_grid(48_000 * 60, replace(WISH, max_duration_seconds=59))
    assert refused.value.code == "too_long"
    with pytest.raises(Invalid) as refused:
        sound_grid(48_000 * 60, replace(WISH, max_cells=9))
    assert refused.value.code == "implausible_timing"
