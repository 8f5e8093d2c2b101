"""What every request meets, whatever it asks for: ids, headers, limits, and answers when something breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request

from tests.support.api import SECRET
from vlog.api import bodies, errors, headers
from vlog.api.app import build_worker
from vlog.api.bodies import MAX_BODY_BYTES, allow_body
from vlog.api.middleware import Edge
from vlog.config import load
from vlog.context import Context
from vlog.kit.errors import Conflict, OutOfSpace, TooMany, VlogError


class Note(BaseModel):
    """A body."""

    text: str
    number: int = 0


@pytest.fixture
async def small() -> AsyncIterator[httpx.AsyncClient]:
    """An application of the same build with handlers that misbehave."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(Edge, headers=headers.policy(may_be_framed=False))
    errors.install(app)

    @app.post("/note")
    async def note(note: Note) -> Note:
        return note

    @app.post("/large")
    async def large(request: Request) -> int:
        allow_body(request.scope, 3 * MAX_BODY_BYTES)
        return len(await request.body())

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret details in " + __file__)

    @app.get("/space")
    async def space() -> None:
        raise OutOfSpace(free_bytes=1, needed_bytes=2)

    @app.get("/busy")
    async def busy() -> None:
        raise TooMany(retry_after_seconds=7)

    @app.get("/own")
    async def own() -> None:
        raise OwnError

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


class OwnError(Conflict):
    """Something of its own kind."""

    default_code = "own"


async def test_every_answer_has_the_request_s_id(public: httpx.AsyncClient) -> None:
    for path in ("/health", "/api/videos", "/nothing", "/", "/static/x", "/videos/x/master.m3u8"):
        answer = await public.get(path, headers={"X-Request-ID": "abc-12345678"})
        assert answer.headers["x-request-id"] == "abc-12345678"
    for forged in ("<script>", "short", "x" * 65, "a b c d e f g h", "évil-évil-évil", ""):
        raw = [(b"X-Request-ID", forged.encode())]
        given = (await public.get("/health", headers=raw)).headers["x-request-id"]
        assert given != forged
        assert len(given) == 32
    problem = await public.get("/nothing")
    assert problem.json()["request_id"] == problem.headers["x-request-id"]


async def test_pages_may_load_from_here_alone(public: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    for client, ancestors, frame in ((public, "'self'", "SAMEORIGIN"), (admin, "'none'", "DENY")):
        page = await client.get("/", headers={"Accept": "text/html"})
        policy = page.headers["content-security-policy"]
        assert f"frame-ancestors {ancestors}" in policy
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "base-uri 'none'" in policy
        assert page.headers["x-frame-options"] == frame
        for name, value in (
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ):
            assert page.headers[name] == value
        data = await client.get("/api/videos")
        assert data.headers["content-security-policy"].startswith("default-src 'none'; base-uri 'none'")
        assert data.headers["x-frame-options"] == "DENY"
        assert "server" not in data.headers


async def test_pages_have_nothing_inline(public: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    for client, paths in ((public, ("/", "/watch/x")), (admin, ("/", "/login", "/setup"))):
        for path in paths:
            page = (await client.get(path, headers={"Accept": "text/html"})).text
            assert "<script>" not in page
            assert " style=" not in page
            assert " onclick=" not in page


async def test_a_bad_host_is_refused(public: httpx.AsyncClient) -> None:
    for host in ("evil/../admin?", "a b", "a@b", "localhost:99999999", "[::1", "", "x" * 300, "a,b", "a\tb"):
        answer = await public.get("/health", headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_host"), host
        assert answer.headers["x-content-type-options"] == "nosniff"
    for host in ("localhost", "127.0.0.1:9000", "[::1]:9000", "vlog.example", "my_nas.local"):
        assert (await public.get("/health", headers={"Host": host})).status_code == 200, host


async def test_only_the_public_site_goes_by_any_name(
    ctx: Context, public: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    """DNS rebinding: a page of another site under whose name this machine's address was put."""
    worker = httpx.ASGITransport(build_worker(ctx).app)
    async with httpx.AsyncClient(transport=worker, base_url="http://localhost") as workers:
        of_admin = ("/api/auth/session", "/login", "/health", "/videos/x/master.m3u8", "/static/x")
        for client, path in (*((admin, path) for path in of_admin), (workers, "/api/health")):
            refused = await client.get(path, headers={"Host": "rebound.example:9001"})
            assert (refused.status_code, refused.json()["code"]) == (421, "foreign_host"), path
            for host in ("192.168.7.9:9001", "[fd00::1]", "localhost", "vlog-admin:9001", "nas.local"):
                assert (await client.get(path, headers={"Host": host})).status_code != 421, (path, host)
    assert (await public.get("/health", headers={"Host": "videos.example"})).status_code == 200


async def test_a_trusted_proxy_hands_on_any_name(ctx: Context) -> None:
    for proxies, named, status in (("127.0.0.1", "", 200), ("", "", 421), ("", "vlog.example.org", 200)):
        own = load({"VLOG_TRUSTED_PROXIES": proxies, "VLOG_ALLOWED_HOSTS": named})
        config = replace(ctx.config, trusted_proxies=own.trusted_proxies, allowed_hosts=own.allowed_hosts)
        transport = httpx.ASGITransport(build_worker(replace(ctx, config=config)).app)
        async with httpx.AsyncClient(transport=transport, base_url="http://vlog.example.org") as client:
            assert (await client.get("/api/health")).status_code == status, (proxies, named)


async def test_errors_tell_what_they_should_and_no_more(small: httpx.AsyncClient) -> None:
    broken = await small.get("/broken")
    assert broken.status_code == 500
    assert broken.json()["code"] == "internal_error"
    for secret in ("secret details", __file__, "ZeroDivisionError", "Traceback"):
        assert secret not in broken.text
    space = (await small.get("/space")).json()
    assert (space["status"], space["details"]) == (507, {"free_bytes": 1, "needed_bytes": 2})
    assert space["title"] == "Insufficient Storage"
    busy = await small.get("/busy")
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    own = await small.get("/own")
    assert (own.status_code, own.json()["code"]) == (409, "own")
    assert (own.json()["detail"], own.headers["cache-control"]) == ("Something of its own kind.", "no-store")


def test_every_error_of_the_house_has_a_status() -> None:
    kinds = [VlogError]
    for kind in kinds:
        kinds += kind.__subclasses__()
        # Some kinds are made with more than words; the status depends on the kind alone.
        error = kind.__new__(kind)
        VlogError.__init__(error)
        assert 400 <= errors.problem_of(error).status < 600


BAD_BODIES = [
    (b"", 422),
    (b"{", 400),
    (b"[]", 422),
    (b"null", 422),
    (b'{"text": 7}', 422),
    (b"\xff\xfe", 400),
    (b"[" * 100_000, 400),
    (b'{"text":' * 100_000, 400),
    (b'{"text": "x", "number": ' + b"9" * 10_000 + b"}", 400),
]


async def test_bad_bodies_are_the_sender_s_fault(small: httpx.AsyncClient) -> None:
    for body, status in BAD_BODIES:
        answer = await small.post("/note", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status, body[:40]
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= {"type", "title", "status", "detail", "code", "request_id"}


async def test_what_was_sent_is_not_sent_back(small: httpx.AsyncClient) -> None:
    answer = await small.post("/note", json={"text": ["my secret"], "number": "my secret"})
    assert answer.status_code == 422
    assert "my secret" not in answer.text
    assert {each["field"] for each in answer.json()["errors"]} == {"text", "number"}


async def test_bodies_are_small_unless_a_handler_allows_more(small: httpx.AsyncClient) -> None:
    fits = json.dumps({"text": "x" * (MAX_BODY_BYTES - 20)}).encode()
    kind = {"Content-Type": "application/json"}
    assert (await small.post("/note", content=fits, headers=kind)).status_code == 200
    for path, size in (("/note", MAX_BODY_BYTES + 1), ("/large", 3 * MAX_BODY_BYTES + 1)):
        answer = await small.post(path, content=b" " * size, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert (await small.post("/large", content=b" " * 3 * MAX_BODY_BYTES)).json() == 3 * MAX_BODY_BYTES


async def test_a_body_that_stops_coming_is_given_up(
    small: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b'{"text":'
        await asyncio.sleep(5)
        yield b' "x"}'

    answer = await small.post("/note", content=dripping(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")


async def test_answers_about_people_are_not_kept(stranger: httpx.AsyncClient) -> None:
    await stranger.post("/api/auth/login", json={"secret": SECRET})
    for path in ("/api/auth/check", "/api/auth/csrf-token", "/", "/login"):
        assert "no-store" in (await stranger.get(path)).headers["cache-control"]
