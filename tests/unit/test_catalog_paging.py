"""Cursors come back as they went out, and nothing else is taken for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.catalog.paging import Position, decode, encode
from vlog.kit.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = st.integers(0, 253_000_000_000 * 10**6)
MOMENTS = MICROSECONDS.map(lambda count: EPOCH + timedelta(microseconds=count))


@given(MOMENTS, st.integers(1, 2**63 - 1))
def test_a_cursor_comes_back_exactly(moment: datetime, item_id: int) -> None:
    position = Position(moment, item_id)
    assert decode(encode(position, of="public"), of="public") == position


def test_a_cursor_fits_its_own_list_only() -> None:
    cursor = encode(Position(datetime(2026, 1, 1, tzinfo=UTC), 7), of="admin")
    with pytest.raises(Invalid):
        decode(cursor, of="public")


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_garbage_is_refused(text: str) -> None:
    """Whatever is sent: a position that a cursor can have, or the one error."""
    try:
        position = decode(text, of="public")
    except Invalid:
        return
    assert position.id >= 1
    assert position.moment >= EPOCH


@pytest.mark.parametrize("text", ["", "A", "====", "UAAAAAAAAAAAAAAAAAAAAAA", "é" * 23, "\x00"])
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode(text, of="public")
    assert refused.value.code == "invalid_cursor"
