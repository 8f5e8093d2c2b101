"""What is typed into the search field, taken apart."""

from __future__ import annotations

import pytest

from vlog.catalog.search import Terms, parse
from vlog.kit.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", None),
        ("  \t ", None),
        ("mount", Terms("", "'mount':*", ("mount",))),
        ("blue  mount", Terms("blue", "'mount':*", ("blue", "mount"))),
        ('"blue mountain"', Terms('"blue mountain"', "")),
        ("blue -red", Terms("blue -red", "")),
        ("blue or red", Terms("blue or red", "")),
        ("o'neil\\", Terms("", "'o''neil\\\\':*", ("o'neil\\",))),
    ],
)
def test_the_last_plain_word_is_a_beginning(typed: str, terms: Terms | None) -> None:
    assert parse(typed) == terms


@pytest.mark.parametrize("typed", ["x" * 201, "a " * 21, "a\x00b", "\ud800"])
def test_too_much_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(typed)
    assert refused.value.code == "invalid_search"
