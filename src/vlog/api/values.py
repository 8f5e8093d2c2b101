"""Values that stand in queries as text: lists with commas, names of a known set."""

from __future__ import annotations

from collections.abc import Collection

from vlog.kit.errors import Invalid

MAX_VALUES = 20


def names(text: str) -> tuple[str, ...]:
    """The values of a list with commas, each once, in a fixed order; raises ``Invalid`` for too many."""
    found = sorted({part.strip() for part in text.split(",")} - {""})
    if len(found) > MAX_VALUES:
        raise Invalid(f"Ask for at most {MAX_VALUES} values at once.", code="too_many_filters")
    return tuple(found)


def one_of(given: tuple[str, ...], known: Collection[str], *, field: str) -> tuple[str, ...]:
    """The values, all known; raises ``Invalid`` (code ``unknown_value``)."""
    if not set(given) <= set(known):
        raise Invalid(f"{field}: choose from {', '.join(known)}.", code="unknown_value", field=field)
    return given


def heights(qualities: tuple[str, ...]) -> tuple[int, ...]:
    """Picture heights of names such as ``1080p``; raises ``Invalid`` (code ``unknown_value``)."""
    numbers = tuple(quality.removesuffix("p") for quality in qualities)
    if any(not number.isdecimal() or len(number) > 5 for number in numbers):
        raise Invalid("quality: name picture heights, such as 1080p.", code="unknown_value", field="quality")
    return tuple(map(int, numbers))
