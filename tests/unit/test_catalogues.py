"""Catalogues as gettext writes them."""

from __future__ import annotations

import pytest

from vlog.kit.catalogues import ENGLISH, read
from vlog.kit.errors import Fault

PO = r"""# A comment.
msgid ""
msgstr ""
"Language: xx\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\n"

#: a.html
msgid "Say \"hello\"\n"
msgstr "Sag „hallo“\n"

#, python-format
msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "%(num)s a"
msgstr[1] ""
"%(num)s "
"b"
msgstr[2] "%(num)s c"

#, fuzzy
msgid "Doubtful"
msgstr "Zweifelhaft"

msgid "Empty"
msgstr ""
"""


def test_messages_and_their_forms() -> None:
    words = read(PO)
    assert words.say('Say "hello"\n') == "Sag „hallo“\n"
    assert [words.count("%(num)s day", "%(num)s days", n)[-1] for n in (1, 2, 5, 22)] == ["a", "b", "c", "b"]


@pytest.mark.parametrize("message", ["Doubtful", "Empty", "Unknown"])
def test_what_is_missing_stays_english(message: str) -> None:
    assert read(PO).say(message) == message
    assert ENGLISH.say(message) == message


def test_english_counts() -> None:
    assert [ENGLISH.count("one", "many", n) for n in (0, 1, 2)] == ["many", "one", "many"]
    assert read("").count("one", "many", 2) == "many"


@pytest.mark.parametrize(
    "text", ['msgid "x', 'msgid __import__("os")', 'msgid ""\nmsgstr "Plural-Forms: plural=;x"']
)
def test_damaged_catalogues_are_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        read(text)
    assert caught.value.code == "bad_catalogue"
