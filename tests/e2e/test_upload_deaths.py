"""A few rounds of what ``python -m harness uploads`` does hundreds of times."""

from __future__ import annotations

import random

import pytest

from harness.uploads import kill_rounds
from vlog.context import Context


@pytest.mark.timeout(300)
async def test_kills_of_the_service_lose_nothing(ctx: Context) -> None:
    tally = await kill_rounds(ctx, rounds=5, dice=random.Random(20261123))
    assert tally.kills >= 5
    assert tally.uploads >= 1
