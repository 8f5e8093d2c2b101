"""How long things have been seen, by a clock that nobody can set."""

from __future__ import annotations

from collections.abc import Callable, Collection

from vlog.kit.clock import monotonic_seconds


class Sightings:
    """Tells what has been there for a while, whatever its dates say.

    A date is as right as the clock that wrote it: after a jump of this machine's clock, or of a NAS's, what
    came a second ago looks old. What is to be removed for its age must have been seen before as well.
    """

    def __init__(self, settle_seconds: float, *, clock: Callable[[], float] = monotonic_seconds) -> None:
        self._settle_seconds = settle_seconds
        self._clock = clock
        self._first_seen: dict[str, float] = {}

    def settled(self, names: Collection[str]) -> set[str]:
        """Those of ``names`` that were seen ``settle_seconds`` ago; what is not named is forgotten."""
        now = self._clock()
        self._first_seen = {name: self._first_seen.get(name, now) for name in names}
        return {name for name, seen in self._first_seen.items() if now - seen >= self._settle_seconds}
