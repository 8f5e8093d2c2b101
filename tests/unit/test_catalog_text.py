"""Titles and descriptions: what is kept, what is refused, and in which words."""

from __future__ import annotations

import pytest

from vlog.catalog.text import clean_description, clean_title, title_of_file
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


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("IMG_20191220-170832.final.mp4", "IMG 20191220-170832 final"),
        ("My holiday.MOV", "My holiday"),
        ("e\u0301te\u0301.mkv", "été"),
        (".mp4", "mp4"),
        ("___.mp4", "Untitled"),
        ("a\tb\x1b[31m\ud800.mp4", "a b [31m"),
        ("x" * 300 + ".mp4", "x" * 255),
    ],
)
def test_every_file_name_gives_a_title(name: str, title: str) -> None:
    assert title_of_file(name) == title
    assert clean_title(title_of_file(name)) == title
