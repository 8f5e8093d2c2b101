"""If-None-Match, with what clients and proxies make of it."""

from __future__ import annotations

import pytest

from vlog.api.conditional import is_known, tag_of

TAG = tag_of(b"body")


@pytest.mark.parametrize("header", [TAG, f"W/{TAG}", f'"other", {TAG}', f'"a",W/{TAG},"b"', "*", " * "])
def test_known(header: str) -> None:
    assert is_known(header, TAG)


@pytest.mark.parametrize(
    "header", [None, "", '"other"', TAG.strip('"'), TAG[:-1], '"' * 5000, f'"x{TAG[1:]}']
)
def test_not_known(header: str | None) -> None:
    assert not is_known(header, TAG)


def test_tags_tell_bodies_apart() -> None:
    assert tag_of(b"body") == TAG
    assert tag_of(b"bodY") != TAG
