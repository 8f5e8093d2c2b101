"""Which language a visitor reads."""

from __future__ import annotations

import pytest

from vlog.api.languages import LANGUAGES, SEPARATORS, catalogue, chosen
from vlog.settings.known import LANGUAGE


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.3,de;q=0.5", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("DE-ch", "de"),
        ("de;q=0", "en"),
        ("de;q=nan,en;q=0.1", "en"),
        ("de;q=2", "en"),
        ("*", "en"),
        ("../../etc/passwd,\x00;q=1", "en"),
        ("de," * 5000, "de"),
    ],
)
def test_the_browser_asks(accepted: str, language: str) -> None:
    assert chosen(cookie=None, setting="auto", accepted=accepted) == language


def test_a_choice_comes_before_the_site_and_the_site_before_the_browser() -> None:
    assert chosen(cookie="en", setting="de", accepted="de") == "en"
    assert chosen(cookie="xx", setting="de", accepted="en") == "de"
    assert chosen(cookie=None, setting="en", accepted="de") == "en"


def test_every_language_can_be_set_and_read() -> None:
    assert set(LANGUAGE.choices) == {"auto", *LANGUAGES}
    assert set(SEPARATORS) == set(LANGUAGES)
    for language in LANGUAGES:
        assert catalogue(language).count("%(num)s hour", "%(num)s hours", 2).startswith("%(num)s")
