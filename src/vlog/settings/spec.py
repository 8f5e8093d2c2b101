"""What a setting is: key, type, default, bounds, help and environment alias, in one declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from vlog.kit.errors import Invalid

T = TypeVar("T", int, float, bool, str)


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """One setting of type ``T``; the default decides the type.

    ``minimum`` and ``maximum`` bound numbers (both inclusive), ``choices`` bounds strings, and so does
    ``pattern``, which ``words`` explain to people. ``key`` is
    ``category.name``; the environment variable is derived from it unless ``env`` names another.
    """

    key: str
    default: T
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    words: str = ""
    env: str = ""

    @property
    def category(self) -> str:
        """The part of the key before the first dot."""
        return self.key.partition(".")[0]

    @property
    def variable(self) -> str:
        """The environment variable that stands in while the database has no value."""
        return self.env or "VLOG_" + self.key.replace(".", "_").upper()

    def validate(self, value: object) -> T:
        """The value, with its type; raises ``Invalid`` (code ``invalid_setting``) in plain words."""
        kind = type(self.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not kind:
            raise self._refusal(f"must be {_WORDS[kind]}")
        self._check_bounds(value)
        if self.choices and value not in self.choices:
            raise self._refusal(f"must be one of {', '.join(self.choices)}")
        if self.pattern and not re.fullmatch(self.pattern, str(value).lower()):
            raise self._refusal(f"must be {self.words}")
        return value

    def from_environment(self, environ: Mapping[str, str]) -> T | None:
        """The environment's value, or ``None`` when the variable is not set."""
        text = environ.get(self.variable)
        if text is None or text == "":
            return None
        return self.validate(self._parse(text))

    def _parse(self, text: str) -> object:
        kind = type(self.default)
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
                text.lower()
            )
        if kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                return text
        return text

    def _check_bounds(self, value: object) -> None:
        if not isinstance(value, int | float):
            return
        # Written so that NaN, which compares false with everything, is refused.
        if self.minimum is not None and not value >= self.minimum:
            raise self._refusal(f"must be at least {self.minimum:g}")
        if self.maximum is not None and not value <= self.maximum:
            raise self._refusal(f"must be at most {self.maximum:g}")

    def _refusal(self, words: str) -> Invalid:
        return Invalid(f"{self.key} {words}.", code="invalid_setting", key=self.key)


_WORDS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
