"""Slugs and storage keys: value types that can't be empty, absolute or climb out of a folder."""

from __future__ import annotations

import re
import unicodedata

from vlog.kit.errors import Invalid

SLUG_MAX_LENGTH = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
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
    folded = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", folded)
    text = "-".join(words)[:SLUG_MAX_LENGTH].strip("-")
    return Slug(text) if text else None
