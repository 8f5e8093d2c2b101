"""Figures for people: coarse, and none where there is none."""

from __future__ import annotations

import pytest

from vlog.cli.foreseen import foreseen


@pytest.mark.parametrize(
    ("playable", "rest", "words"),
    [
        (None, None, ""),
        (3.2, 60.0, "watchable in a few seconds"),
        (41.0, 900.0, "watchable in about 50 s"),
        (150.0, 900.0, "watchable in about 2 min"),
        (None, 95.0, "about 2 min left"),
        (None, 7_900.0, "about 2 h 10 min left"),
    ],
)
def test_words(playable: float | None, rest: float | None, words: str) -> None:
    assert foreseen({"playable_seconds": playable, "eta_seconds": rest}) == words


def test_older_servers_say_less() -> None:
    assert foreseen({"percent": 40}) == ""
