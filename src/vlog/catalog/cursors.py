"""Where a list goes on, as an opaque string that fits only the list and the order that it was made for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from vlog.kit.errors import Invalid

Key = datetime | str | float | int

MAX_LENGTH = 1000
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """The last item shown: its sort key, its id, and the moment by which equal ranks are told apart."""

    key: Key
    id: int
    moment: datetime | None = None


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    list: str
    kind: str
    key: str | float | int
    id: int
    moment: datetime | None


def encode(position: Position, *, of: str) -> str:
    """The cursor for a client. ``of`` names the list and its order."""
    key = position.key
    kind = {datetime: "t", str: "s", float: "f", int: "i"}[type(key)]
    plain = key.isoformat() if isinstance(key, datetime) else key
    packed = msgspec.json.encode(_Cursor(of, kind, plain, position.id, position.moment))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(cursor: str, *, of: str) -> Position:
    """The position in a client's cursor; raises ``Invalid`` (code ``invalid_cursor``) for anything else."""
    if len(cursor) > MAX_LENGTH:
        raise _refusal()
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(packed, type=_Cursor)
        key = _key(found.kind, found.key)
    except (ValueError, binascii.Error, msgspec.MsgspecError, OverflowError) as error:
        raise _refusal() from error
    if found.list != of or not 0 < found.id <= _MAX_ID or not _is_aware(found.moment):
        raise _refusal()
    return Position(key, found.id, found.moment)


def _key(kind: str, value: str | float | int) -> Key:
    match kind, value:
        case "t", str():
            moment = datetime.fromisoformat(value)
            if _is_aware(moment):
                return moment.astimezone(UTC)
        case "s", str() if "\0" not in value:
            return value.encode("utf-8", errors="strict").decode()
        case "f", float() | int():
            return float(value)
        case "i", int() if abs(value) <= _MAX_ID:
            return value
    raise ValueError("not a sort key")


def _is_aware(moment: datetime | None) -> bool:
    return moment is None or moment.tzinfo is not None


def _refusal() -> Invalid:
    return Invalid("This cursor is not one of ours: begin with the first page.", code="invalid_cursor")
