"""The servers that client contracts are tried on."""

from __future__ import annotations

import pytest

from tests.contract.worlds import FakeWorld, LocalWorld, World
from vlog.context import Context


@pytest.fixture
def fake_world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
async def local_world(ctx: Context) -> LocalWorld:
    return await LocalWorld.create(ctx)


@pytest.fixture(params=["fake", "local"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found
