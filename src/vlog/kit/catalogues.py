"""Catalogues of translated words: gettext's PO files, read without being compiled.

The form is that of the GNU gettext manual, "The Format of PO Files". Only what VLog's catalogues use is
understood: messages with one or several forms and a header. Fuzzy and empty entries count as missing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from gettext import c2py

from vlog.kit.errors import Fault

Plural = Callable[[int], int]
_KEYWORDS = ("msgctxt", "msgid_plural", "msgid", "msgstr")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What each English message is in one language; ``forms`` by the first form of the English one."""

    forms: Mapping[str, tuple[str, ...]]
    plural: Plural

    def say(self, message: str) -> str:
        """The message, in English where it is missing."""
        found = self.forms.get(message)
        return found[0] if found else message

    def count(self, one: str, many: str, number: int) -> str:
        """The form that goes with a number."""
        found = self.forms.get(one)
        if not found:
            return one if number == 1 else many
        return found[min(self.plural(number), len(found) - 1)]


ENGLISH = Catalogue({}, lambda number: int(number != 1))


def read(text: str) -> Catalogue:
    """The catalogue that a PO file holds; raises ``Fault`` (code ``bad_catalogue``) with the line."""
    entries = dict(_entries(text))
    header = entries.pop("", ("",))[0]
    rule = next((line for line in header.splitlines() if line.startswith("Plural-Forms:")), "")
    expression = rule.partition("plural=")[2].strip().rstrip(";")
    try:
        plural = c2py(expression or "n != 1")
    except ValueError as error:
        raise Fault(f"The plural rule “{expression}” makes no sense.", code="bad_catalogue") from error
    return Catalogue({key: forms for key, forms in entries.items() if all(forms)}, plural)


def _entries(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        is_fuzzy = False
        for line in block.splitlines():
            if line.startswith("#"):
                is_fuzzy = is_fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            keyword, _, rest = line.partition(" ")
            if keyword.partition("[")[0] in _KEYWORDS:
                name = keyword
                fields[name] = ""
            else:
                rest = line
            if rest:
                fields[name] = fields.get(name, "") + _literal(rest)
        if "msgid" in fields and not is_fuzzy:
            yield (
                fields["msgid"],
                tuple(value for key, value in sorted(fields.items()) if key.startswith("msgstr")),
            )


def _literal(text: str) -> str:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise Fault(f"A catalogue of words is damaged at: {text[:80]}", code="bad_catalogue") from error
    return str(value)
