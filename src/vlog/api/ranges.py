"""The Range header: one byte range or none (RFC 9110 §14). Several ranges would cost more than they give."""

from __future__ import annotations

import re
from dataclasses import dataclass

# More digits than any file's size, fewer than Python's limit for parsing integers.
_RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))")
_MAX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``start`` to ``end`` (exclusive)."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start


class Unsatisfiable(Exception):
    """The range lies beyond the end of the file."""


def parse(header: str | None, *, size_bytes: int) -> ByteRange | None:
    """The part that is asked for; ``None`` (the whole) for no header, several ranges, or anything else.

    Raises ``Unsatisfiable`` when no byte of the file lies in the range.
    """
    match = _RANGE.fullmatch(header.strip()) if header and len(header) <= _MAX_LENGTH else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        wanted = min(int(suffix), size_bytes)
        if wanted == 0:
            raise Unsatisfiable
        return ByteRange(size_bytes - wanted, size_bytes)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size_bytes:
        raise Unsatisfiable
    return ByteRange(start, min(int(last) + 1, size_bytes) if last else size_bytes)
