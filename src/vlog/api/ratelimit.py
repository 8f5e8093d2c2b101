"""Limits failed sign-ins per address and in total, in memory: one process serves the admins."""

from __future__ import annotations

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address

from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import TooMany

_MAX_KEYS = 10_000


class FailureLimiter:
    """Refuses who has failed too often.

    ``per_key`` failures in ``window_seconds`` stop one address; ``total`` stop every address that has never
    succeeded, so a flood from many addresses can't lock out an admin who has signed in from theirs before.
    """

    def __init__(self, *, per_key: int, total: int, window_seconds: float) -> None:
        self._per_key = per_key
        self._total = total
        self._window_seconds = window_seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()
        self._trusted: OrderedDict[str, None] = OrderedDict()

    def check(self, key: str) -> None:
        """Raise ``TooMany`` (code ``too_many_failures``) while ``key`` has to wait."""
        since = monotonic_seconds() - self._window_seconds
        failures = self._failures.get(key)
        if failures is not None and _count(failures, since) >= self._per_key:
            raise self._refusal(failures[0], since)
        if key not in self._trusted and _count(self._all, since) >= self._total:
            raise self._refusal(self._all[0], since)

    def failed(self, key: str) -> None:
        """Count a failure of ``key``."""
        now = monotonic_seconds()
        self._failures.setdefault(key, deque(maxlen=self._per_key)).append(now)
        self._failures.move_to_end(key)
        self._all.append(now)
        while len(self._failures) > _MAX_KEYS:
            self._failures.popitem(last=False)
        while len(self._all) > self._total:
            self._all.popleft()

    def succeeded(self, key: str) -> None:
        """``key`` has shown who it is: the limit for strangers no longer holds for it."""
        self._trusted[key] = None
        self._trusted.move_to_end(key)
        while len(self._trusted) > _MAX_KEYS:
            self._trusted.popitem(last=False)

    def _refusal(self, first: float, since: float) -> TooMany:
        wait = max(1, round(first - since))
        return TooMany(
            f"Too many failed sign-ins; wait {wait} seconds.",
            code="too_many_failures",
            retry_after_seconds=wait,
        )


def client_key(address: str) -> str:
    """What one client is counted by: its IPv4 address or its IPv6 network (a client has a whole /64)."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def _count(moments: deque[float], since: float) -> int:
    while moments and moments[0] < since:
        moments.popleft()
    return len(moments)
