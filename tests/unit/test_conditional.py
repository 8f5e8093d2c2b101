"""Conditions of requests, with what clients and proxies make of them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from vlog.api.conditional import is_known, is_same, is_unchanged, tag_of

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


MODIFIED = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("since", "unchanged"),
    [
        (MODIFIED, True),
        ("Wed, 21 Oct 2026 07:28:01 GMT", True),
        ("Wed, 21 Oct 2026 07:27:59 GMT", False),
        # The older forms that a recipient has to understand (RFC 9110 §5.6.7).
        ("Wednesday, 21-Oct-26 07:28:00 GMT", True),
        ("Wed Oct 21 07:28:00 2026", True),
        ("Tue Oct 20 07:28:00 2026", False),
        (None, False),
        ("", False),
        ("yesterday", False),
        ("Wed, 99 Oct 2026 07:28:00 GMT", False),
        ("x" * 10_000, False),
    ],
)
def test_unchanged_since(since: str | None, unchanged: bool) -> None:
    assert is_unchanged(since, modified=MODIFIED) is unchanged


def test_a_date_of_this_very_moment_is_not_believed() -> None:
    now = format_datetime(datetime.now(UTC), usegmt=True)
    assert not is_unchanged(now, modified=now)
    assert not is_same(now, tag=TAG, modified=now)
    assert is_same(MODIFIED, tag=TAG, modified=MODIFIED)
    assert is_same(TAG, tag=TAG, modified=now)
