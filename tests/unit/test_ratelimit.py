"""Who fails too often has to wait; who has shown who they are is not stopped by others."""

from __future__ import annotations

import pytest

from vlog.api import ratelimit
from vlog.api.ratelimit import FailureLimiter, client_key
from vlog.kit.errors import TooMany


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [1000.0]
    monkeypatch.setattr(ratelimit, "monotonic_seconds", lambda: time[0])
    return time


def fail(limiter: FailureLimiter, key: str, times: int) -> None:
    for _ in range(times):
        limiter.failed(key)


def test_an_address_that_fails_too_often_waits(clock: list[float]) -> None:
    limiter = FailureLimiter(per_key=3, total=100, window_seconds=60)
    fail(limiter, "a", 2)
    limiter.check("a")
    clock[0] += 10
    limiter.failed("a")
    with pytest.raises(TooMany) as refused:
        limiter.check("a")
    assert refused.value.details["retry_after_seconds"] == 50
    limiter.check("b")
    clock[0] += 51
    limiter.check("a")


def test_many_addresses_together_wait_but_not_those_who_are_known(clock: list[float]) -> None:
    limiter = FailureLimiter(per_key=3, total=10, window_seconds=60)
    limiter.succeeded("admin")
    for number in range(10):
        limiter.failed(f"flood {number}")
    with pytest.raises(TooMany):
        limiter.check("stranger")
    limiter.check("admin")
    clock[0] += 61
    limiter.check("stranger")


def test_a_known_address_that_fails_too_often_waits_too(clock: list[float]) -> None:
    limiter = FailureLimiter(per_key=3, total=100, window_seconds=60)
    limiter.succeeded("admin")
    fail(limiter, "admin", 3)
    with pytest.raises(TooMany):
        limiter.check("admin")


def test_memory_is_bounded(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "_MAX_KEYS", 100)
    limiter = FailureLimiter(per_key=3, total=50, window_seconds=60)
    for number in range(1000):
        limiter.failed(str(number))
        limiter.succeeded(str(number))
    assert len(limiter._failures) == 100
    assert len(limiter._trusted) == 100
    assert len(limiter._all) == 50


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_a_client_is_counted_by(address: str, key: str) -> None:
    assert client_key(address) == key
