"""Texts in CSV (RFC 4180) that a spreadsheet takes for texts: cells can be formulas, and formulas can act
(OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

BOM = "\ufeff"
_BEGINNINGS = ("=", "+", "-", "@")
_CONTROLS = ("\t", "\r", "\n")
_QUOTE = "'"
# What one cell may have: the longest is a list of chapters.
MAX_CELL_LENGTH = 4 << 20
# Of those that spreadsheets write, by the country that they are set to.
_DELIMITERS = ",;\t"
csv.field_size_limit(MAX_CELL_LENGTH)


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
    """Rows by the names in the first line, guards taken off. Cells beyond the names are left out; commas,
    semicolons or tabs stand between them. Raises ``ValueError`` for what is no table.
    """
    every = iter(text)
    first = next(every, "").removeprefix(BOM)
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        for row in csv.DictReader(chain([first], every), restval="", delimiter=delimiter):
            yield {name: unguarded(cell) for name, cell in row.items() if name is not None}
    except csv.Error as error:
        raise ValueError(str(error)) from error
