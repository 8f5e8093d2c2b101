"""Descriptions in pieces: the same as their HTML, and nothing that could do anything."""

from __future__ import annotations

from vlog.kit.markdown_pieces import Piece, pieces


def opened(found: list[Piece]) -> list[tuple[str, str | None]]:
    return [(part.text, part.value) for part in found if part.kind == "open"]


def test_every_element_that_opens_closes() -> None:
    found = pieces("# One\n\nTwo *three*\nfour\n\n3. five\n\n---")
    stack: list[str] = []
    for part in found:
        if part.kind == "open":
            stack.append(part.text)
        elif part.kind == "close":
            assert stack.pop() == part.text
    assert stack == []
    assert opened(found) == [
        ("h3", None),
        ("p", None),
        ("em", None),
        ("br", None),
        ("ol", "3"),
        ("li", None),
        ("hr", None),
    ]


def test_links_and_times_lead_somewhere() -> None:
    found = pieces("[a](https://example.org/?x=1&y=2) at 1:05", duration_seconds=70)
    assert opened(found) == [("p", None), ("a", "https://example.org/?x=1&y=2"), ("a", "?t=65")]


def test_markup_is_text() -> None:
    found = pieces("<script>alert(1)</script> [x](javascript:alert(1)) &amp; <img src=x onerror=alert(1)>")
    assert opened(found) == [("p", None)]
    assert "<script>alert(1)</script>" in "".join(part.text for part in found if part.kind == "text")
