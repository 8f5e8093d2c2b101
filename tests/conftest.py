"""What every test shares: one way to run coroutines.

anyio's pytest plugin runs `async def` tests and fixtures (`anyio_mode = "auto"`). All fixtures and tests that
are alive at the same time share one event loop, so a session-wide pool works in every test.
Browser tests use `playwright.async_api`: the synchronous one keeps a loop of its own running in the thread.
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio alone; the product knows no other loop."""
    return "asyncio"
