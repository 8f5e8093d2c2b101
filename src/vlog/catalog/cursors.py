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
_KINDS: dict[type[Key], str] = {datetime: "t", str: "s", float: "f", int: "i"}
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
    kind = _KINDS[type(key)]
    plain = key.isoformat() if isinstance(key, datetime) else key
    packed = msgspec.json.encode(_Cursor(of, kind, plain, position.id, position.moment))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(cursor: str, *, of: str, key: type[Key]) -> Position:
    """The position in a client's cursor, whose sort key is a ``key``; raises ``Invalid`` (code
    ``invalid_cursor``) for anything else.
    """
    if len(cursor) > MAX_LENGTH:
        raise refusal()
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(packed, type=_Cursor)
        if found.kind != _KINDS[key]:
            raise refusal()
        position = Position(_key(found.kind, found.key), found.id, _in_utc(found.moment))
    except (ValueError, binascii.Error, msgspec.MsgspecError, OverflowError) as error:
        raise refusal() from error
    if found.list != of or not 0 < found.id <= _MAX_ID:
        raise refusal()
    return position


def _key(kind: str, value: str | float | int) -> Key:
    match kind, value:
        case "t", str():
            moment = _in_utc(datetime.fromisoformat(value))
            if moment is not None:
                return moment
        case "s", str() if "\0" not in value:
            return value.encode("utf-8", errors="strict").decode()
        case "f", float() | int():
            return float(value)
        case "i", int() if abs(value) <= _MAX_ID:
            return value
    raise ValueError("not a sort key")


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a moment of no time zone")
    return None if moment is None else moment.astimezone(UTC)


def refusal() -> Invalid:
    """What to say of a cursor that fits nothing."""
    return Invalid("This cursor is not one of ours: begin with the first page.", code="invalid_cursor")
