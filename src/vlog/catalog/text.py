"""What people may write into names and descriptions: one form of each character, no controls."""

from __future__ import annotations

import re
import unicodedata

from vlog.kit.errors import Invalid

TITLE_MAX_LENGTH = 255
DESCRIPTION_MAX_LENGTH = 5000
CATEGORY_NAME_MAX_LENGTH = 100
CATEGORY_DESCRIPTION_MAX_LENGTH = 1000
TAG_NAME_MAX_LENGTH = 50

# Control characters break logs, feeds and PostgreSQL (NUL); lone surrogates are no text at all.
_REFUSED = frozenset({"Cc", "Cs"})
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_LINE_BREAKS = frozenset("\n\t")


def clean_line(text: str, *, field: str, maximum: int) -> str:
    """One line of text: NFC, trimmed, at least 1 and at most ``maximum`` code points.

    Raises ``Invalid`` (code ``invalid_{field}``).
    """
    cleaned = _clean(text, field, maximum=maximum, allowed=frozenset())
    if not cleaned:
        raise _refusal(field, "must not be empty")
    return cleaned


def clean_text(text: str, *, field: str, maximum: int) -> str:
    """Text of several lines: as ``clean_line``, but line breaks and tabs are kept, and it may be empty."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return _clean(unified, field, maximum=maximum, allowed=_LINE_BREAKS)


def clean_title(title: str) -> str:
    """A video's title as it is stored; raises ``Invalid`` (code ``invalid_title``)."""
    return clean_line(title, field="title", maximum=TITLE_MAX_LENGTH)


def title_of_file(name: str) -> str:
    """A title from a file's name: "IMG_2019-holiday.final.mp4" → "IMG 2019-holiday final". Always valid."""
    stem = name if name.startswith(".") else _EXTENSION.sub("", name)
    words = "".join(" " if char in "_." or unicodedata.category(char) in _REFUSED else char for char in stem)
    return unicodedata.normalize("NFC", " ".join(words.split()))[:TITLE_MAX_LENGTH].strip() or "Untitled"


def clean_description(description: str) -> str:
    """A video's description as it is stored; raises ``Invalid`` (code ``invalid_description``)."""
    return clean_text(description, field="description", maximum=DESCRIPTION_MAX_LENGTH)


def _clean(text: str, field: str, *, maximum: int, allowed: frozenset[str]) -> str:
    # The coarse limit first, so that a megabyte is not normalised; NFC shortens at most fourfold.
    if len(text) > 4 * maximum:
        raise _refusal(field, f"must have at most {maximum} characters")
    if any(unicodedata.category(char) in _REFUSED and char not in allowed for char in text):
        raise _refusal(field, "must not contain control characters or broken Unicode")
    cleaned = unicodedata.normalize("NFC", text.strip()).strip()
    if len(cleaned) > maximum:
        raise _refusal(field, f"must have at most {maximum} characters")
    return cleaned


def _refusal(field: str, words: str) -> Invalid:
    label = field.replace("_", " ").capitalize()
    return Invalid(f"{label} {words}.", code=f"invalid_{field}", field=field)
