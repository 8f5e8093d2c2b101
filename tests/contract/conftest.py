"""What contracts are tried on: storages, and servers for clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.worlds import FakeWorld, LocalWorld, World
from vlog.context import Context
from vlog.storage.base import Storage
from vlog.storage.local import LocalStorage


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


@pytest.fixture(params=["local"])
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    """Each implementation is a parameter."""
    local = LocalStorage(tmp_path / "root")
    assert await local.adopt("us", may_create=True)
    yield local
    await local.close()
