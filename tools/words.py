"""Keeps the catalogues of words in step with what pages and scripts say: ``make words``.

Messages are found in the public pages' templates (``_()``, ``ngettext()``) and in the scripts of site and
player (``t()``, ``tn()``). What has gone from the sources goes from the catalogues; what has come stands in
them empty, until somebody translates it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "src" / "vlog" / "web"
LOCALES = WEB / "locales"
TEMPLATES = (WEB / "templates" / "public", WEB / "templates" / "macros")
SCRIPTS = tuple(ROOT / "frontend" / "src" / name for name in ("public", "player", "shared"))
PYTHON = (ROOT / "src" / "vlog" / "api" / "public",)


def found() -> Catalog:
    """Every message of the sources, with the files in which it stands."""
    catalogue = Catalog(charset="utf-8")
    for path, method, keywords in _sources():
        with path.open("rb") as file:
            for _, message, comments, context in extract(
                method, file, keywords=keywords, comment_tags=["words:"], options=_OPTIONS
            ):
                place = [(str(path.relative_to(ROOT)), 1)]
                catalogue.add(message, locations=place, auto_comments=comments, context=context)
    return catalogue


def catalogues() -> dict[str, Path]:
    """Language → its file."""
    return {path.parents[1].name: path for path in sorted(LOCALES.glob("*/LC_MESSAGES/vlog.po"))}


def read(path: Path, language: str) -> Catalog:
    """One catalogue as it is."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def lacking(catalogue: Catalog) -> list[str]:
    """Messages that are not translated, or whose translation is in doubt."""
    return [str(message.id) for message in catalogue if message.id and not _is_done(message)]


def update() -> int:
    """Rewrite every catalogue; says how much each of them lacks."""
    template = found()
    for language, path in catalogues().items():
        catalogue = read(path, language)
        # No guesses: a wrong translation is worse than an English word.
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            file.write(_HEADER.format(language=language, plural=catalogue.plural_forms).encode())
            # Without line numbers and dates: a catalogue changes when its words do.
            write_po(file, catalogue, width=100, sort_output=True, omit_header=True, include_lineno=False)
        print(f"{language}: {len(catalogue)} messages, {len(lacking(catalogue))} to be translated")
    return 0


_HEADER = """# Words of VLog's public pages and player.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""
_OPTIONS = {"silent": "false", "newstyle_gettext": "true", "trimmed": "true", "jsx": "false"}


def _is_done(message: Message) -> bool:
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    return not message.fuzzy and all(forms)


def _sources() -> Iterator[tuple[Path, str, dict[str, tuple[int, ...] | None]]]:
    for folder in TEMPLATES:
        for path in sorted(folder.rglob("*.html")):
            yield path, "jinja2.ext:babel_extract", {"_": None, "gettext": None, "ngettext": (1, 2)}
    for folder in SCRIPTS:
        for path in sorted(folder.rglob("*.ts")):
            if not path.name.endswith(".test.ts"):
                yield path, "javascript", {"t": None, "tn": (1, 2)}
    for folder in PYTHON:
        for path in sorted(folder.rglob("*.py")):
            yield path, "python", {"say": None, "count": (1, 2)}


if __name__ == "__main__":
    sys.exit(update())
