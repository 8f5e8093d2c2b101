"""Cursors: where a list goes on, as an opaque string. Keyset paging costs the same on every page."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Literal, TypeVar

from vlog.kit.errors import Invalid

T = TypeVar("T")
ListName = Literal["public", "admin"]

_LAYOUT = struct.Struct(">cqq")
_KINDS: dict[ListName, bytes] = {"public": b"P", "admin": b"A"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """The sort key of the last item shown: newest first, ids break ties."""

    moment: datetime
    id: int


# Before every item: a first page is asked for like any other.
START = Position(_LATEST, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and where the next one begins (``None``: this is the last)."""

    items: list[T]
    next_position: Position | None


def encode(position: Position, *, of: ListName) -> str:
    """The cursor for a client; it fits only the list that it was made for."""
    micros = (position.moment - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(_LAYOUT.pack(_KINDS[of], micros, position.id)).rstrip(b"=").decode()


def decode(cursor: str, *, of: ListName) -> Position:
    """The position in a client's cursor; raises ``Invalid`` (code ``invalid_cursor``) for anything else."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        kind, micros, item_id = _LAYOUT.unpack(packed)
        moment = _EPOCH + micros * _MICROSECOND
    except (ValueError, binascii.Error, struct.error, OverflowError) as error:
        raise _refusal() from error
    if kind != _KINDS[of] or item_id < 1 or not _EPOCH <= moment <= _LATEST:
        raise _refusal()
    return Position(moment, item_id)


def _refusal() -> Invalid:
    return Invalid("This cursor is not one of ours: begin with the first page.", code="invalid_cursor")
