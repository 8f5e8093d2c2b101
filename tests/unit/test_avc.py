"""Which pictures of H.264 begin anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.avc import is_idr, length_size, unit_types


def sample(*types: int, size: int = 4) -> bytes:
    return b"".join((2).to_bytes(size, "big") + bytes([0x60 | kind, 0]) for kind in types)


@pytest.mark.parametrize(
    ("types", "begins"),
    [((7, 8, 6, 5, 5), True), ((5,), True), ((9, 6, 1), False), ((1, 5), False), ((), False)],
)
def test_an_idr_slice_makes_an_idr_picture(types: tuple[int, ...], begins: bool) -> None:
    assert is_idr(sample(*types), 4) is begins


def test_the_length_of_lengths_is_configured() -> None:
    assert [length_size(bytes([1, 100, 0, 31, 0xFC | code])) for code in (0, 1, 3)] == [1, 2, 4]
    assert list(unit_types(sample(9, 5, size=2), 2)) == [9, 5]
    with pytest.raises(Invalid):
        length_size(b"\1\2\3\4")


def test_a_unit_that_is_cut_off_is_refused() -> None:
    with pytest.raises(Invalid, match="cut off"):
        list(unit_types(sample(5)[:-1], 4))


def test_endless_small_units_are_not_followed() -> None:
    assert not is_idr(sample(*[6] * 1000, 5), 4)


@given(st.binary(max_size=100), st.sampled_from([1, 2, 4]))
def test_noise_is_judged_or_refused(noise: bytes, size: int) -> None:
    try:
        is_idr(noise, size)
    except Invalid as error:
        assert error.code == "bad_segment"  # noqa: PT017 - either outcome is right
