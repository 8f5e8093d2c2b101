"""What a custom field accepts: pure checks, by type and constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from vlog.catalog.text import clean_line
from vlog.kit.errors import Invalid

FieldType = Literal["text", "number", "date", "select", "multi_select", "url"]
Value = str | float | int | list[str]

TEXT_MAX_LENGTH = 1000
# Beyond this, numbers lose their last digits on the way through JSON.
_LARGEST_NUMBER = 2**53


class Constraints(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Limits of a field; those that mean nothing for its type are refused.

    ``min`` and ``max`` are for numbers, the lengths and ``pattern`` (letters, digits and the placeholders
    ``*`` for any run and ``?`` for any character) for texts.
    """

    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


_ALLOWED: dict[FieldType, set[str]] = {
    "text": {"min_length", "max_length", "pattern"},
    "number": {"min", "max"},
    "date": set(),
    "select": set(),
    "multi_select": {"min_length", "max_length"},
    "url": {"max_length"},
}


def checked_constraints(kind: FieldType, constraints: Constraints) -> Constraints:
    """The constraints, if they can be kept by some value; raises ``Invalid`` (code
    ``invalid_constraints``).
    """
    given = {name for name in Constraints.__struct_fields__ if getattr(constraints, name) is not None}
    low, high = constraints.min, constraints.max
    shortest, longest = constraints.min_length, constraints.max_length
    is_empty = (low is not None and high is not None and low > high) or (
        shortest is not None and longest is not None and shortest > longest
    )
    lengths = [each for each in (shortest, longest) if each is not None]
    out_of_range = any(not 0 <= each <= TEXT_MAX_LENGTH for each in lengths)
    if not given <= _ALLOWED[kind] or is_empty or out_of_range or len(constraints.pattern or "") > 200:
        raise Invalid(f"These limits fit no {kind} field.", code="invalid_constraints", field="constraints")
    return constraints


def checked(
    kind: FieldType, options: Sequence[str], constraints: Constraints, *, value: object, name: str
) -> Value:
    """The value as it is kept; raises ``Invalid`` (code ``invalid_value``) with what is wrong in
    plain words.
    """
    check: dict[FieldType, Callable[[], Value]] = {
        "text": lambda: _text(value, constraints),
        "number": lambda: _number(value, constraints),
        "date": lambda: _date(value),
        "select": lambda: _option(value, options),
        "multi_select": lambda: _options(value, options, constraints),
        "url": lambda: _url(value, constraints),
    }
    try:
        return check[kind]()
    except _Refused as refused:
        raise Invalid(f"“{name}” {refused}.", code="invalid_value", field=name) from refused


class _Refused(Exception):
    """What is wrong, to follow the field's name."""


def _text(value: object, limits: Constraints) -> str:
    if not isinstance(value, str):
        raise _Refused("is a text")
    text = _line(value)
    if len(text) < (limits.min_length or 0):
        raise _Refused(f"has at least {limits.min_length} characters")
    if limits.max_length is not None and len(text) > limits.max_length:
        raise _Refused(f"has at most {limits.max_length} characters")
    if limits.pattern is not None and not fits(limits.pattern, text):
        raise _Refused(f"looks like {limits.pattern}")
    return text


def _number(value: object, limits: Constraints) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_NUMBER:
        raise _Refused("is a number")
    number = int(value) if float(value).is_integer() else value
    if limits.min is not None and number < limits.min:
        raise _Refused(f"is at least {limits.min:g}")
    if limits.max is not None and number > limits.max:
        raise _Refused(f"is at most {limits.max:g}")
    return number


def _date(value: object) -> str:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError as error:
        raise _Refused("is a date such as 2026-01-31") from error


def _option(value: object, options: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in options:
        raise _Refused(f"is one of: {', '.join(options)}")
    return value


def _options(value: object, options: Sequence[str], limits: Constraints) -> list[str]:
    given: list[Any] = value if isinstance(value, list) else []
    if not given or any(each not in options for each in given):
        raise _Refused(f"are some of: {', '.join(options)}")
    chosen = [option for option in options if option in given]
    if len(chosen) < (limits.min_length or 0):
        raise _Refused(f"are at least {limits.min_length}")
    if limits.max_length is not None and len(chosen) > limits.max_length:
        raise _Refused(f"are at most {limits.max_length}")
    return chosen


def _url(value: object, limits: Constraints) -> str:
    text = _text(value, limits)
    try:
        address = urlsplit(text)
    except ValueError as error:
        raise _Refused("is a web address") from error
    # Nothing else may become a link on a page.
    if address.scheme not in {"http", "https"} or not address.hostname or any(map(str.isspace, text)):
        raise _Refused("is a web address that begins with http:// or https://")
    return text


def _line(text: str) -> str:
    try:
        return clean_line(text, field="value", maximum=TEXT_MAX_LENGTH)
    except Invalid as refused:
        raise _Refused(refused.message.removeprefix("Value ").rstrip(".")) from refused


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; in time proportional to both lengths at worst.

    Placeholders instead of regular expressions, of which some never end.
    """
    at, star, resumed = 0, -1, 0
    place = 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resumed, at = at, place, at + 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            # Let the last star take one character more.
            resumed += 1
            at, place = star + 1, resumed
        else:
            return False
    return not pattern[at:].strip("*")
