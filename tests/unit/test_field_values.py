"""What custom fields accept."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.catalog.field_values import Constraints, FieldType, checked, checked_constraints, fits
from vlog.kit.errors import Invalid

OPTIONS = ("red", "green", "blue")


def check(kind: FieldType, value: object, **limits: object) -> object:
    return checked(kind, OPTIONS, Constraints(**limits), value=value, name="Colour")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "limits", "kept"),
    [
        ("text", " A text ", {}, "A text"),
        ("text", "AB-12", {"pattern": "??-*"}, "AB-12"),
        ("number", 5.0, {"min": 5, "max": 5}, 5),
        ("number", 0.1, {}, 0.1),
        ("number", -3, {}, -3),
        ("date", "2026-02-28", {}, "2026-02-28"),
        ("select", "red", {}, "red"),
        ("multi_select", ["blue", "red", "blue"], {}, ["red", "blue"]),
        ("url", "https://example.org/a?b=c", {}, "https://example.org/a?b=c"),
    ],
)
def test_good_values(kind: FieldType, value: object, limits: dict[str, object], kept: object) -> None:
    assert check(kind, value, **limits) == kept


@pytest.mark.parametrize(
    ("kind", "value", "limits"),
    [
        ("text", 5, {}),
        ("text", "a\x00b", {}),
        ("text", "x" * 1001, {}),
        ("text", "ab", {"min_length": 3}),
        ("text", "abcd", {"max_length": 3}),
        ("text", "ABC", {"pattern": "A?"}),
        ("number", "5", {}),
        ("number", True, {}),
        ("number", float("nan"), {}),
        ("number", float("inf"), {}),
        ("number", 4, {"min": 5}),
        ("number", 6, {"max": 5}),
        ("date", "31.1.2026", {}),
        ("date", "2026-02-30", {}),
        ("date", 5, {}),
        ("select", "pink", {}),
        ("select", ["red"], {}),
        ("multi_select", [], {}),
        ("multi_select", ["pink"], {}),
        ("multi_select", [["red"]], {}),
        ("multi_select", ["red", "blue"], {"max_length": 1}),
        ("url", "javascript:alert(1)", {}),
        ("url", "https://", {}),
        ("url", "https://[", {}),
        ("url", "//example.org", {}),
        ("url", "https://example.org/ a", {}),
    ],
)
def test_bad_values_are_refused_by_name(kind: FieldType, value: object, limits: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        check(kind, value, **limits)
    assert refused.value.code == "invalid_value"
    assert "Colour" in refused.value.message


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("text", {"min": 1}),
        ("number", {"min_length": 1}),
        ("date", {"pattern": "*"}),
        ("number", {"min": 2, "max": 1}),
        ("text", {"min_length": 2, "max_length": 1}),
        ("text", {"max_length": 1001}),
        ("text", {"min_length": -1}),
        ("text", {"pattern": "x" * 201}),
    ],
)
def test_limits_that_nothing_can_keep_are_refused(kind: FieldType, limits: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        checked_constraints(kind, Constraints(**limits))  # type: ignore[arg-type]


@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=12))
def test_patterns_mean_what_they_do_elsewhere(pattern: str, text: str) -> None:
    peer = re.compile(fnmatch.translate(pattern))
    assert fits(pattern, text) == bool(peer.match(text))


def test_no_pattern_takes_for_ever() -> None:
    """A regular expression of this shape would run until the end of days."""
    assert not fits("*a" * 90 + "b", "a" * 1000)
