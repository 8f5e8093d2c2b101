"""Slugs of titles and names: what they tell, and whether it is all."""

from __future__ import annotations

import pytest

from vlog.kit.slugs import is_told_by_slug, slugify


@pytest.mark.parametrize(
    ("name", "slug", "is_told"),
    [
        ("C", "c", True),
        ("C++", "c-plus-plus", True),
        ("C++17", "c-plus-plus-17", True),
        ("C#", "c-sharp", True),
        (".NET", "dot-net", True),
        ("Node.js", "node-js", True),
        ("Rock & Roll!", "rock-roll", True),
        ("Søren Łódź", "soren-lodz", True),
        ("Straße", "strasse", True),
        ("A + B", "a-b", False),
        ("Part #3", "part-3", False),
        ("50%", "50", False),
        ("日本 2", "2", False),
        ("海", None, False),
    ],
)
def test_a_slug_tells_of_a_name_what_it_can(name: str, slug: str | None, is_told: bool) -> None:
    assert slugify(name) == slug
    assert is_told_by_slug(name) is is_told
