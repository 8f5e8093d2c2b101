"""Behind a proxy: who is counted, what cookies and logs say, and files that nginx sends itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from tests.support.api import SECRET, SEGMENT, client_of, make_ready, media_files
from vlog.api.app import FAILURES_PER_ADDRESS, build_admin, build_public
from vlog.config import load
from vlog.context import Context
from vlog.kit.errors import Invalid
from vlog.kit.proxies import TrustedProxies

# What the test client's peer address is.
PROXY = "203.0.113.7"
PREFIX = "/internal-media"
NGINX = {"X-Sendfile-Type": "X-Accel-Redirect"}


@asynccontextmanager
async def zones(ctx: Context, trusted: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Public and admin service whose peer is a proxy."""
    proxies = TrustedProxies.parse(trusted)
    config = replace(ctx.config, admin_secret=SECRET, trusted_proxies=proxies, x_accel_prefix=PREFIX)
    behind = replace(ctx, config=config)
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(client_of(build_public(behind), port=9000))
        admin = await stack.enter_async_context(client_of(build_admin(behind), port=9001))
        yield public, admin


async def failures(admin: httpx.AsyncClient, address: str, count: int) -> int:
    status = 0
    for _ in range(count):
        headers = {"X-Forwarded-For": f"198.51.100.99, {address}"}
        answer = await admin.post("/api/auth/login", json={"secret": "wrong" * 4}, headers=headers)
        status = answer.status_code
    return status


async def test_guesses_are_counted_per_visitor(ctx: Context) -> None:
    async with zones(ctx, PROXY) as (_, admin):
        assert await failures(admin, "198.51.100.1", FAILURES_PER_ADDRESS + 1) == 429
        assert await failures(admin, "198.51.100.2", 1) == 403


async def test_a_stranger_can_not_escape_by_a_header(ctx: Context) -> None:
    async with zones(ctx, "10.0.0.0/8") as (_, admin):
        assert await failures(admin, "198.51.100.1", FAILURES_PER_ADDRESS + 1) == 429
        assert await failures(admin, "198.51.100.2", 1) == 429


async def sign_in(ctx: Context, trusted: str, headers: dict[str, str]) -> tuple[str, str]:
    async with zones(ctx, trusted) as (_, admin):
        answer = await admin.post("/api/auth/login", json={"secret": SECRET}, headers=headers)
        assert answer.status_code == 200
        address = await ctx.db.fetchval("SELECT ip FROM admin_sessions ORDER BY id DESC LIMIT 1")
        return answer.headers["set-cookie"].lower(), str(address)


async def test_sessions_know_the_visitor_and_cookies_the_scheme(ctx: Context) -> None:
    said = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
    cookie, address = await sign_in(ctx, PROXY, said)
    assert "; secure" in cookie
    assert address == "198.51.100.1"
    cookie, address = await sign_in(ctx, "10.0.0.0/8", said)
    assert "; secure" not in cookie
    assert address == PROXY
    cookie, _ = await sign_in(ctx, PROXY, {"X-Forwarded-Proto": "javascript"})
    assert "; secure" not in cookie


async def test_a_trusted_proxy_is_told_which_file_to_send(ctx: Context) -> None:
    video = await make_ready(ctx)
    path = media_files(video)[4]
    async with zones(ctx, PROXY) as (public, admin):
        for extra in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}):
            answer = await public.get(path, headers={**NGINX, **extra})
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["x-accel-redirect"] == PREFIX + path
            assert answer.headers["content-type"] == "video/iso.segment"
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["access-control-allow-origin"] == "*"
        private = await admin.get(path, headers={**NGINX, "X-Admin-Secret": SECRET})
        assert private.headers["x-accel-redirect"] == PREFIX + path
        assert private.headers["cache-control"] == "private, no-cache"
        assert (await admin.get(path)).status_code == 401
        # Small files are in memory already.
        assert (await public.get(media_files(video)[0])).content.startswith(b"#EXTM3U")
        missing = await public.get(path.replace("segment_0", "segment_9"), headers=NGINX)
        assert missing.status_code == 404
        assert "x-accel-redirect" not in missing.headers
        # A proxy that does not say that it can.
        assert (await public.get(path)).content == SEGMENT


async def test_visitors_get_bytes_and_never_learn_where_files_lie(ctx: Context) -> None:
    path = media_files(await make_ready(ctx))[4]
    async with zones(ctx, "10.0.0.0/8") as (public, _):
        answer = await public.get(path, headers={**NGINX, "X-Forwarded-For": "10.0.0.1"})
        assert answer.content == SEGMENT
        assert "x-accel-redirect" not in answer.headers


@pytest.mark.parametrize(
    "environment",
    [
        {"VLOG_TRUSTED_PROXIES": "everybody"},
        {"VLOG_X_ACCEL_PREFIX": "internal", "VLOG_TRUSTED_PROXIES": "127.0.0.1"},
        {"VLOG_X_ACCEL_PREFIX": "/a/../b", "VLOG_TRUSTED_PROXIES": "127.0.0.1"},
        {"VLOG_X_ACCEL_PREFIX": "/internal-media"},
    ],
)
def test_what_can_not_be_meant_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="VLOG_"):
        load({"HOME": "/nowhere", **environment})
