"""Titles and descriptions: what is kept, what is refused, and in which words."""

from __future__ import annotations

import pytest

from vlog.catalog.text import clean_description, clean_title
from vlog.kit.errors import Invalid


def test_the_same_title_has_one_form() -> None:
    assert clean_title("  Cafe\u0301 ") == "Café"


@pytest.mark.parametrize(
    "title", ["", "   ", "\u00a0", "a\x00b", "a\nb", "a\x1b[31mb", "\ud800", "x" * 256, "x" * 10**6]
)
def test_titles_that_are_none_are_refused(title: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_title(title)
    assert refused.value.code == "invalid_title"
    assert "Title" in refused.value.message


@pytest.mark.parametrize(
    "title", ["🎬" * 255, "x" * 255, "\u202eabc", "e" + "\u0301" * 200, "\u200b", "<b>&amp;"]
)
def test_the_limit_is_in_code_points_and_strange_text_is_text(title: str) -> None:
    assert clean_title(title)


def test_descriptions_keep_their_lines() -> None:
    assert clean_description("one\r\ntwo\rthree\n\n\tfour\n") == "one\ntwo\nthree\n\n\tfour"
    assert clean_description("") == ""
    with pytest.raises(Invalid):
        clean_description("a\x0bb")
    with pytest.raises(Invalid):
        clean_description("x" * 5001)
