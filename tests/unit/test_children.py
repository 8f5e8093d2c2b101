"""What stands between two lives of a child, and how its end is told."""

from __future__ import annotations

import pytest

from vlog.kit.children import Backoff, Ended


def test_restarts_wait_longer_and_longer_but_not_for_ever() -> None:
    backoff = Backoff(first_seconds=0.5, longest_seconds=30)
    assert [backoff.seconds(number) for number in (1, 2, 3, 7, 1000)] == [0.5, 1, 2, 30, 30]


@pytest.mark.parametrize(("exit_code", "how"), [(3, "exit code 3"), (-9, "killed by SIGKILL")])
def test_an_end_is_told_in_words(exit_code: int, how: str) -> None:
    assert Ended(name="worker", exit_code=exit_code, count=1, last_lines=()).how == how
