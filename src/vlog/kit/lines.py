"""Text of others on its way to a terminal or a log: cut into lines, with nothing that would be obeyed."""

from __future__ import annotations

import codecs
import unicodedata

LONGEST_LINE = 16 * 1024
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates reorder what a reader sees (UAX #9).
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class LineSplitter:
    """Bytes to printable lines, in memory that a child without line ends can't exhaust."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._longest = longest
        self._rest = ""

    def feed(self, block: bytes) -> list[str]:
        """The lines that ``block`` completes; a longer one than allowed comes in pieces."""
        *lines, self._rest = (self._rest + self._decode(block)).split("\n")
        while len(self._rest) > self._longest:
            lines.append(self._rest[: self._longest])
            self._rest = self._rest[self._longest :]
        return [printable(line) for line in lines]

    def finish(self) -> list[str]:
        """The last line, if it had no end."""
        rest, self._rest = self._rest, ""
        return [printable(rest)] if rest else []


def printable(line: str) -> str:
    """``line`` without what a terminal would obey or hide: controls and text direction show as escapes."""
    line = line.rstrip("\r\n")
    if line.isprintable():
        return line
    return "".join(
        char if char == "\t" or not _is_control(char) else char.encode("unicode_escape").decode()
        for char in line
    )


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in _CONTROLS or char in _BIDIRECTIONAL
