"""What a visitor types into the search field, as PostgreSQL's full-text search understands it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from vlog.catalog.text import clean_line
from vlog.kit.errors import Invalid

MAX_LENGTH = 200
MAX_WORDS = 20
# More than any library has.
MANY = 1 << 62


@dataclass(frozen=True, slots=True)
class Terms:
    """A search as full-text search takes it.

    ``whole`` is in web-search syntax (quotes, ``or``, ``-``). The last word is still being typed, so it
    counts as a beginning: ``prefix`` is it as one quoted operand; either may be empty. ``plain`` are the
    words where there is nothing but words. ``endings`` are the words that stand for a beginning of very many
    (``browse.bounded``); ``videos`` is how many have the rarest word, at most, where that is known.
    """

    whole: str
    prefix: str
    plain: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    videos: int = MANY

    def replaced(self, words: dict[str, str]) -> Terms:
        """The same search with some of its plain words replaced."""
        found = parse(" ".join(words.get(word, word) for word in self.plain))
        return found if found is not None else self


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
    has_operators = any(word.startswith("-") or word.lower() == "or" for word in words)
    return Terms(
        whole=" ".join(words[:-1]), prefix=f"'{quoted}':*", plain=() if has_operators else tuple(words)
    )


def folded(word: str) -> str:
    """A word as the index has it: lower-case, without accents."""
    decomposed = unicodedata.normalize("NFKD", word.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
