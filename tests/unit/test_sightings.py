"""What is removed for its age has been seen before, by a clock that nobody can set."""

from __future__ import annotations

from vlog.kit.sightings import Sightings


def test_nothing_is_settled_when_it_is_first_seen() -> None:
    time = 1000.0
    seen = Sightings(60, clock=lambda: time)
    assert seen.settled(["a", "b"]) == set()
    time += 59
    assert seen.settled(["a", "b", "late"]) == set()
    time += 1
    assert seen.settled(["a", "b", "late"]) == {"a", "b"}


def test_what_went_away_begins_anew() -> None:
    time = 0.0
    seen = Sightings(60, clock=lambda: time)
    seen.settled(["a"])
    seen.settled([])
    time = 60
    assert seen.settled(["a"]) == set()
