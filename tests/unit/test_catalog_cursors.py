"""Cursors come back as they went out, and nothing else is taken for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.catalog.cursors import Position, decode, encode
from vlog.catalog.query import Order
from vlog.kit.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 253_000_000_000 * 10**6).map(lambda count: EPOCH + timedelta(microseconds=count))
TITLES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)
KEYS = MOMENTS | TITLES | st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**53)


@given(KEYS, st.integers(1, 2**63 - 1), st.none() | MOMENTS)
def test_a_cursor_comes_back_exactly(
    key: datetime | str | float | int, item_id: int, moment: datetime | None
) -> None:
    position = Position(key, item_id, moment)
    assert decode(encode(position, of="title+"), of="title+", key=type(key)) == position


def test_a_cursor_fits_its_own_order_only() -> None:
    cursor = encode(Position(datetime(2026, 1, 1, tzinfo=UTC), 7), of="date-")
    with pytest.raises(Invalid):
        decode(cursor, of="date+", key=datetime)


def test_a_cursor_is_of_the_kind_that_its_order_sorts_by() -> None:
    """Another kind of key would be the database's to refuse, in words that help nobody."""
    for key in ("abc", 1.5, 7):
        forged = encode(Position(key, 7), of="date-")
        with pytest.raises(Invalid) as refused:
            decode(forged, of="date-", key=datetime)
        assert refused.value.code == "invalid_cursor"
    early = packed('["relevance-","f",0.5,1,"0001-01-01T00:00:00+14:00"]')
    with pytest.raises(Invalid):
        decode(early, of="relevance-", key=float)
    with pytest.raises(Invalid):
        Order(sort="relevance").position(encode(Position(0.5, 1), of="relevance-"))


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_garbage_is_refused(text: str) -> None:
    """Whatever is sent: a position that a cursor can have, or the one error."""
    try:
        position = decode(text, of="date-", key=datetime)
    except Invalid:
        return
    assert position.id >= 1


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "====",
        "é" * 23,
        "\x00",
        "A" * 5000,
        packed('["date-","t","yesterday",1,null]'),
        packed('["date-","t","2026-01-01T00:00:00",1,null]'),
        packed('["date-","i",1,0,null]'),
        packed('["date-","i",1,-1,null]'),
        packed('["date-","i",1e40,1,null]'),
        packed('["date-","f",1e999,1,null]'),
        packed('["date-","s","a\\u0000b",1,null]'),
        packed('["date-","s","\\ud800",1,null]'),
        packed('["date-","x","a",1,null]'),
        packed('["date-","f",1,1,"2026-01-01T00:00:00"]'),
    ],
)
def test_near_misses_are_refused(text: str) -> None:
    for key in (datetime, str, float, int):
        with pytest.raises(Invalid) as refused:
            decode(text, of="date-", key=key)
        assert refused.value.code == "invalid_cursor"
