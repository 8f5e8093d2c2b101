"""The languages of the public pages, and which of them a visitor reads."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from vlog.kit.catalogues import ENGLISH, Catalogue, read

FOLDER = Path(__file__).resolve().parent.parent / "web" / "locales"
COOKIE = "vlog_language"
SOURCE = "en"
# Each in its own words: whoever looks for a language can read its name.
LANGUAGES = {"en": "English", "de": "Deutsch"}
# Between thousands. A point in German, as in 1.234.
SEPARATORS = {"en": ",", "de": "."}
_LONGEST_HEADER = 512


@lru_cache
def catalogue(language: str) -> Catalogue:
    """The words of a language; English is the source of every message."""
    if language == SOURCE:
        return ENGLISH
    return read((FOLDER / language / "LC_MESSAGES" / "vlog.po").read_text(encoding="utf-8"))


def chosen(*, cookie: str | None, setting: str, accepted: str) -> str:
    """The language that a visitor has chosen, or the site has, or the browser asks for, in this order."""
    if cookie in LANGUAGES:
        return cookie
    if setting in LANGUAGES:
        return setting
    return _accepted(accepted)


def _accepted(header: str) -> str:
    """The best of ``Accept-Language`` (RFC 9110 §12.5.4): the language counts, its region does not."""
    best, best_weight = SOURCE, 0.0
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
