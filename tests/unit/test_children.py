"""What stands between a child's bytes and a terminal, and between two restarts."""

from __future__ import annotations

import pytest

from vlog.kit.children import Backoff, Ended, LineSplitter, printable


def test_lines_survive_any_cut() -> None:
    text = "erste Zeile\nzweite – mit Strich\nletzte ohne Ende".encode()
    for cut in range(len(text)):
        lines = LineSplitter()
        found = [*lines.feed(text[:cut]), *lines.feed(text[cut:]), *lines.finish()]
        assert found == ["erste Zeile", "zweite – mit Strich", "letzte ohne Ende"]


def test_a_line_without_end_comes_in_pieces() -> None:
    lines = LineSplitter(longest=10)
    assert lines.feed(b"x" * 25) == ["x" * 10, "x" * 10]
    assert lines.finish() == ["x" * 5]
    assert lines.finish() == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain\r\n", "plain"),
        ("a\tb", "a\tb"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("one\rtwo", "one\\rtwo"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("Grüße 👩‍🚀 日本", "Grüße 👩‍🚀 日本"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_nothing_reaches_the_terminal_that_it_would_obey(line: str, shown: str) -> None:
    assert printable(line) == shown


def test_restarts_wait_longer_and_longer_but_not_for_ever() -> None:
    backoff = Backoff(first_seconds=0.5, longest_seconds=30)
    assert [backoff.seconds(number) for number in (1, 2, 3, 7, 1000)] == [0.5, 1, 2, 30, 30]


@pytest.mark.parametrize(("exit_code", "how"), [(3, "exit code 3"), (-9, "killed by SIGKILL")])
def test_an_end_is_told_in_words(exit_code: int, how: str) -> None:
    assert Ended(name="worker", exit_code=exit_code, count=1, last_lines=()).how == how
