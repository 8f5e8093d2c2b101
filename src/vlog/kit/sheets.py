"""Texts in CSV (RFC 4180) that a spreadsheet takes for texts: cells can be formulas, and formulas can act
(OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"
_BEGINNINGS = ("=", "+", "-", "@")
_CONTROLS = ("\t", "\r", "\n")
_QUOTE = "'"


def guarded(text: str) -> str:
    """``text`` as a cell that is no formula; what begins with a quote gets another, so that none is lost."""
    # Also what is a formula after blanks, and the wide forms that some spreadsheets accept.
    plain = unicodedata.normalize("NFKC", text.lstrip()[:1])
    acts = text.startswith((*_CONTROLS, _QUOTE)) or plain.startswith(_BEGINNINGS)
    return _QUOTE + text if acts else text


def unguarded(cell: str) -> str:
    """What ``guarded`` was given."""
    return cell[1:] if cell.startswith(_QUOTE) and guarded(cell[1:]) == cell else cell


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows as they stand in a file; cells are written as they are given."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def records(text: Iterable[str]) -> Iterator[dict[str, str]]:
    """Rows by the names in the first line, guards taken off. Cells beyond the names are left out."""
    for row in csv.DictReader(text, restval=""):
        yield {name: unguarded(cell) for name, cell in row.items() if name is not None}
