"""Slugs and storage keys: value types that can't be empty, absolute or climb out of a folder."""

from __future__ import annotations

import re
import unicodedata

from vlog.kit.errors import Invalid

SLUG_MAX_LENGTH = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Latin letters that are no letter with a mark, as their languages write them without; what decomposes needs
# no word.
_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ð": "d",
        "ø": "o",
        "þ": "th",
        "đ": "d",
        "ħ": "h",
        "\u0131": "i",
        "ł": "l",
        "œ": "oe",
        "ŋ": "n",
    }
)
# Signs that are spoken where they belong to a word: C++, C#, .NET.
_SPOKEN = (
    (re.compile(r"(?<=[a-z0-9+])\+"), " plus "),
    (re.compile(r"(?<=[a-z])#(?![a-z0-9])"), " sharp "),
    (re.compile(r"(?<![^\s(])\.(?=[a-z])"), " dot "),
)
# Signs that Unicode calls punctuation, and that are more than that in a name.
_MEANT = frozenset("#%*@")
# First path segments of the public site: a video must never shadow one.
RESERVED_SLUGS = frozenset(
    {"admin", "api", "bulk", "category", "embed", "feed", "health", "playlist", "search", "sitemap", "static"}
    | {"tag", "tags", "videos", "watch", "well-known"}
)


class Slug(str):
    """A name for URLs: ``[a-z0-9]+(-[a-z0-9]+)*``, at most 100 characters."""

    __slots__ = ()

    def __new__(cls, text: str) -> Slug:
        if not is_slug(text):
            raise Invalid("Not a valid slug.", code="invalid_slug")
        return super().__new__(cls, text)


def is_slug(text: str) -> bool:
    """Whether it could be one. What is none names nothing, and need not be looked for: asking PostgreSQL for
    text with a NUL would be an error.
    """
    return len(text) <= SLUG_MAX_LENGTH and _SLUG.fullmatch(text) is not None


class StorageKey(Slug):
    """The folder of one video below ``videos/``; fixed at creation and never recomputed."""

    __slots__ = ()


def slugify(title: str) -> Slug | None:
    """The slug that a title suggests, or ``None`` when the title has no letter or digit to build one from."""
    words = re.findall(r"[a-z0-9]+", _folded(title).encode("ascii", "ignore").decode())
    text = "-".join(words)[:SLUG_MAX_LENGTH].strip("-")
    return Slug(text) if text else None


def is_told_by_slug(name: str) -> bool:
    """Whether the slug of a name tells all of it but marks and punctuation. Two such names of one slug are
    one name; of “日本 2” only the number is told.
    """
    rest = re.sub(r"[a-z0-9]", "", _folded(name))
    return all(sign not in _MEANT and unicodedata.category(sign)[0] in "MPZ" for sign in rest)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    for sign, words in _SPOKEN:
        folded = sign.sub(words, folded)
    return folded
