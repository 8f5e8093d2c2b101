"""What stands between somebody else's bytes and a terminal."""

from __future__ import annotations

import pytest

from vlog.kit.lines import LineSplitter, printable


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
