"""What a visitor types into the search field, as PostgreSQL's full-text search understands it."""

from __future__ import annotations

from dataclasses import dataclass

from vlog.catalog.text import clean_line
from vlog.kit.errors import Invalid

MAX_LENGTH = 200
MAX_WORDS = 20

# The last word is still being typed, so it counts as a beginning; both halves may be empty.
# $4 and $5 come from ``parse``.
CONDITION = "ci.tsv @@ (websearch_to_tsquery('simple', $4) && to_tsquery('simple', $5))"


@dataclass(frozen=True, slots=True)
class Terms:
    """``whole`` is in web-search syntax (quotes, ``or``, ``-``); ``prefix`` one quoted operand, or empty."""

    whole: str
    prefix: str


def parse(search: str) -> Terms | None:
    """The terms of a search, ``None`` for an empty one; raises ``Invalid`` (code ``invalid_search``).

    Quotes, ``-word`` and ``or`` keep the meaning they have in web searches; everything else is plain text.
    """
    if not search.strip():
        return None
    line = clean_line(search, field="search", maximum=MAX_LENGTH)
    words = line.split()
    if len(words) > MAX_WORDS:
        raise Invalid(f"Search for at most {MAX_WORDS} words.", code="invalid_search", field="search")
    last = words[-1]
    after_or = len(words) > 1 and words[-2].lower() == "or"
    if '"' in line or last.startswith("-") or after_or:
        return Terms(whole=line, prefix="")
    quoted = last.replace("\\", "\\\\").replace("'", "''")
    return Terms(whole=" ".join(words[:-1]), prefix=f"'{quoted}':*")
