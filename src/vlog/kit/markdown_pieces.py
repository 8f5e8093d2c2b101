"""Rendered Markdown as pieces that a page builds elements of, where nothing may be parsed from a string."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from vlog.kit.markdown import render

_VOID = ("br", "hr")
_VALUES = {"a": "href", "ol": "start"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """``open`` and ``close`` of the element called ``text``, or the ``text`` between them.

    ``value`` is what an element says beside its name: where a link leads, the number a list begins with.
    """

    kind: Literal["open", "close", "text"]
    text: str
    value: str | None = None


def pieces(source: str, *, duration_seconds: float | None = None) -> list[Piece]:
    """What ``markdown.render`` makes of a description, in order; every element that opens closes, too."""
    reader = _Reader()
    reader.feed(render(source, duration_seconds=duration_seconds))
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Reads what nh3 has written, which is always well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Piece] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = dict(attrs).get(_VALUES.get(tag, ""))
        self.found.append(Piece(kind="open", text=tag, value=value))
        if tag in _VOID:
            self.found.append(Piece(kind="close", text=tag))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.found.append(Piece(kind="close", text=tag))

    def handle_data(self, data: str) -> None:
        self.found.append(Piece(kind="text", text=data))
