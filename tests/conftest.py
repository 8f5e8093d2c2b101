"""What every test shares: one way to run coroutines.

anyio's pytest plugin runs `async def` tests and fixtures (`anyio_mode = "auto"`). All fixtures and tests that
are alive at the same time share one event loop, so a session-wide pool works in every test.
Browser tests use `playwright.async_api`: the synchronous one keeps a loop of its own running in the thread.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator

import pytest

from tests.support.databases import fresh, make_template, opened
from tests.support.order import rank
from tests.support.postgres import temporary_postgres
from vlog.db.engine import Database
from vlog.kit.acting import act_as

# A shell that starts us in the background has us ignore Ctrl-C, and so would every command that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.support.rooms"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Processes that share the tests take file by file in this order; one process keeps the random one."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.path))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio alone; the product knows no other loop."""
    return "asyncio"


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[str]:
    """A PostgreSQL server with a migrated template database; the value is its DSN."""
    async with temporary_postgres() as dsn:
        await make_template(dsn)
        yield dsn


@pytest.fixture
async def dsn(postgres: str) -> AsyncIterator[str]:
    """An empty, migrated database of this test's own."""
    async with fresh(postgres) as name:
        yield name


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """That database, open. Nobody acts yet: what a test's requests said stays in the context of all tests."""
    act_as(None)
    async with opened(dsn) as database:
        yield database
