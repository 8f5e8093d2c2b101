"""When a video can be watched, in words: the admin API's figures as a terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def foreseen(progress: Mapping[str, Any]) -> str:
    """ "watchable in about 20 s", "about 3 min left", or nothing while nobody knows."""
    playable, rest = progress.get("playable_seconds"), progress.get("eta_seconds")
    if playable is not None:
        return f"watchable in {_about(playable)}"
    return f"{_about(rest)} left" if rest is not None else ""


def _about(seconds: float) -> str:
    """Coarse on purpose: it does not tick with the second."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 60:
        return f"about {-(-int(seconds) // 10) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60 // 10 * 10} min"
