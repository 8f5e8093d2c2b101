"""The catalogues say everything that public pages and scripts say, and pages say nothing past them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

from tests.support.sources import listing
from tools.words import ROOT, SCRIPTS, catalogues, found, lacking, read
from vlog.api.languages import LANGUAGES, SOURCE

TEMPLATES = ROOT / "src" / "vlog" / "web" / "templates"
# Of the shared macros, those that visitors see.
MACROS = {
    *("cards", "dialogs", "format", "frame", "pictures", "player", "sharing", "site", "watch"),
    *("filters", "listing", "lists", "search"),
}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
HEARD = ("aria-label", "title", "placeholder", "alt", "aria-description")
# Clocks, and what only browsers and search engines read.
NOT_WORDS = re.compile(r"[\W\d_]*(noindex|w|PTS|[a-z-]+\.js)?[\W\d_]*")


def in_sources() -> set[object]:
    return {message.id for message in found() if message.id}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_every_language_is_complete(language: str) -> None:
    catalogue = read(catalogues()[language], language)
    assert not lacking(catalogue), listing(lacking(catalogue))
    known = {message.id for message in catalogue if message.id}
    assert known == in_sources(), "run `make words`"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_translations_hold_the_same_values(language: str) -> None:
    wrong = []
    for message in read(catalogues()[language], language):
        said = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {name for each in said for name in PLACEHOLDER.findall(str(each))}
        # One form may leave the number out: "one video".
        if message.id and any(set(PLACEHOLDER.findall(str(form))) - wanted for form in forms):
            wrong.append(str(message.id))
        if (
            message.id
            and not isinstance(message.id, tuple)
            and set(PLACEHOLDER.findall(str(forms[0]))) != wanted
        ):
            wrong.append(str(message.id))
    assert not wrong, listing(wrong)


def test_every_catalogue_has_a_language() -> None:
    assert set(catalogues()) | {SOURCE} == set(LANGUAGES)


class Literals(HTMLParser):
    """Words that stand in a template itself; \ufffc is something that the template fills in."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"kbd", "code", "script", "style"}
        self.words += [value for name, value in attrs if name in HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"kbd", "code", "script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def literals(path: Path) -> list[str]:
    """What a template says by itself, outside of its expressions."""
    parts, inside = [], False
    for _, kind, value in Environment(autoescape=True).lex(path.read_text()):
        if kind in {"variable_begin", "block_begin", "comment_begin"}:
            inside = True
            parts.append("\ufffc" if kind == "variable_begin" else "")
        elif kind in {"variable_end", "block_end", "comment_end"}:
            inside = False
        elif not inside and kind == "data":
            parts.append(value)
    parser = Literals()
    parser.feed("".join(parts))
    words = (each.replace("\ufffc", "").strip() for each in parser.words)
    return [each for each in words if not NOT_WORDS.fullmatch(each)]


def public_templates() -> list[Path]:
    macros = [path for path in (TEMPLATES / "macros").glob("*.html") if path.stem in MACROS]
    return sorted([*(TEMPLATES / "public").rglob("*.html"), *macros])


@pytest.mark.parametrize("path", public_templates(), ids=lambda path: path.stem)
def test_templates_say_everything_through_the_catalogues(path: Path) -> None:
    assert not literals(path), listing(literals(path))


def test_scripts_say_everything_through_the_catalogues() -> None:
    """Literals where words are shown, and messages within template strings, where nobody finds them."""
    bare = re.compile(
        r"""(?:flash|announce)\(["`][A-Z]|textContent = ["`][A-Z]|"aria-label": ?"|t\("aria-label", ["`]"""
    )
    nested = re.compile(r"`[^`]*\$\{[^}`]*\btn?\(")
    places = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in SCRIPTS
        for path in sorted(folder.rglob("*.ts"))
        if not path.name.endswith(".test.ts")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if bare.search(line) or nested.search(line)
    ]
    assert not places, listing(places)
