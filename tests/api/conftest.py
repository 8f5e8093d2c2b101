"""The three applications, each with a client; the admin's secret is configured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.support.api import SECRET, client_of
from vlog.api.app import build_admin, build_public, build_worker
from vlog.context import Context


@pytest.fixture
async def public(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor, who is told what is true now: nothing here follows the events that empty the cache."""
    service = build_public(ctx)
    service.app.state.answers.life_seconds = 0.0
    async with client_of(service, port=9000) as client:
        yield client


@pytest.fixture
async def stranger(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the admin's door who has shown nothing yet."""
    config = replace(ctx.config, admin_secret=SECRET)
    async with client_of(build_admin(replace(ctx, config=config)), port=9001) as client:
        yield client


@pytest.fixture
async def admin(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """The admin, by the secret itself."""
    stranger.headers["X-Admin-Secret"] = SECRET
    return stranger


@pytest.fixture
async def worker(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the workers' door."""
    async with client_of(build_worker(ctx), port=9002) as client:
        yield client
