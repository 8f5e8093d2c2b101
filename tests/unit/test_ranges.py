"""The Range header, as RFC 9110 means it, and as hostile clients write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.api.ranges import ByteRange, Unsatisfiable, parse


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-", ByteRange(0, 100)),
        ("bytes=10-19", ByteRange(10, 20)),
        ("bytes=10-1000", ByteRange(10, 100)),
        ("bytes=99-", ByteRange(99, 100)),
        ("bytes=-1", ByteRange(99, 100)),
        ("bytes=-1000", ByteRange(0, 100)),
        (" bytes=5-6 ", ByteRange(5, 7)),
    ],
)
def test_one_range(header: str, part: ByteRange) -> None:
    assert parse(header, size_bytes=100) == part


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-1",
        "bytes=0-1,5-6",
        "bytes=" + ",".join(["0-0"] * 1000),
        "items=0-1",
        "bytes=0x1-2",
        "bytes=+1-2",
        "bytes=1 -2",
        "bytes=٣-٤",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_everything_else_means_the_whole(header: str | None) -> None:
    assert parse(header, size_bytes=100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9999999999999999999-"])
def test_beyond_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, size_bytes=100)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5"])
def test_nothing_of_an_empty_file_can_be_had(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, size_bytes=0)


@given(st.text(alphabet="bytes=0123456789-, ", max_size=40), st.integers(0, 10**12))
def test_a_part_lies_inside_the_file(header: str, size_bytes: int) -> None:
    try:
        part = parse(header, size_bytes=size_bytes)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.end <= size_bytes
