"""JSON for wire values and for JSON columns: one codec, so that a stored plan and a sent plan are the same
bytes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

import msgspec

from vlog.kit.errors import Invalid

T = TypeVar("T")


def to_json(value: object) -> bytes:
    """Encode a wire value; a ``Fraction`` travels as ``"30000/1001"``."""
    return msgspec.json.encode(value, enc_hook=_encode)


def from_json(kind: type[T], data: bytes | str) -> T:
    """Decode and validate; raises ``Invalid`` (code ``bad_message``)."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_decode)
    except (msgspec.MsgspecError, ValueError, ZeroDivisionError) as error:
        raise Invalid(f"Not a valid message: {error}", code="bad_message") from error


def _encode(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"cannot encode {type(value).__name__}")


def _decode(kind: type[Any], value: object) -> object:
    if kind is Fraction and isinstance(value, str):
        return Fraction(value)
    raise TypeError(f"cannot decode {kind.__name__}")
