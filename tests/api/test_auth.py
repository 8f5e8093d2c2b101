"""Becoming the admin, staying it, and what others try."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tests.support.api import SECRET, client_of, make_video
from tests.support.databases import shift_clock
from vlog.accounts import setup
from vlog.api import app as apps
from vlog.api.app import build_admin
from vlog.context import Context

COOKIE = "vlog_admin_session"
HTML = {"Accept": "text/html"}


@pytest.fixture
async def newborn(ctx: Context) -> AsyncIterator[httpx.AsyncClient]:
    """An installation whose secret nobody has chosen yet."""
    async with client_of(build_admin(ctx), port=9001) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, secret: str = SECRET) -> httpx.Response:
    return await client.post("/api/auth/login", json={"secret": secret})


async def csrf(client: httpx.AsyncClient) -> dict[str, str]:
    token = (await client.get("/api/auth/csrf-token")).json()["csrf_token"]
    return {"X-CSRF-Token": token}


async def test_first_run(ctx: Context, newborn: httpx.AsyncClient) -> None:
    link = await setup.create_link(ctx)
    assert link is not None
    token = link.partition("#token=")[2]
    page = await newborn.get("/", headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/setup")
    assert "Choose the secret" in (await newborn.get("/setup")).text
    for body, status, code in (
        ({"token": "wrong", "secret": SECRET}, 403, "invalid_setup_link"),
        ({"token": token, "secret": "short"}, 422, "weak_secret"),
        ({"token": token}, 422, "invalid_request"),
        ({"token": token, "secret": SECRET}, 200, None),
        ({"token": token, "secret": SECRET}, 403, "invalid_setup_link"),
    ):
        answer = await newborn.post("/api/auth/setup", json=body)
        assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert (await newborn.get("/api/auth/check")).json() == {"authenticated": True, "auth_required": True}
    assert (await newborn.get("/", headers=HTML)).status_code == 200
    newborn.cookies.clear()
    assert (await sign_in(newborn)).status_code == 200
    newborn.cookies.clear()
    by_header = await newborn.get("/api/videos", headers={"X-Admin-Secret": SECRET})
    assert by_header.status_code == 200


async def test_nobody_is_let_in_while_there_is_no_secret(newborn: httpx.AsyncClient) -> None:
    for secret in ("", "None", "anything long enough"):
        assert (await sign_in(newborn, secret)).status_code == 403
        answer = await newborn.get("/api/videos", headers={"X-Admin-Secret": secret})
        assert answer.status_code == 403


async def test_the_cookie_is_for_this_server_only(stranger: httpx.AsyncClient) -> None:
    answer = await sign_in(stranger)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert SECRET not in answer.text + cookie


async def test_changing_something_needs_the_page_s_token(ctx: Context, stranger: httpx.AsyncClient) -> None:
    video = await make_video(ctx)
    await sign_in(stranger)
    path = f"/api/videos/{video.id}/unpublish"
    for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": "é"}):
        raw = [(name.encode(), value.encode()) for name, value in wrong.items()]
        answer = await stranger.post(path, headers=raw)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert (await stranger.get("/api/videos")).status_code == 200
    assert (await stranger.post(path, headers=await csrf(stranger))).status_code == 200


async def test_logout_ends_the_session_wherever_its_cookie_is(stranger: httpx.AsyncClient) -> None:
    await sign_in(stranger)
    stolen = stranger.cookies[COOKIE]
    assert (await stranger.post("/api/auth/logout")).status_code == 403
    answer = await stranger.post("/api/auth/logout", headers=await csrf(stranger))
    assert answer.json()["authenticated"] is False
    assert COOKIE not in stranger.cookies
    stranger.cookies.set(COOKIE, stolen)
    assert (await stranger.get("/api/videos")).status_code == 401


async def test_a_session_that_somebody_planted_is_not_taken_over(stranger: httpx.AsyncClient) -> None:
    stranger.cookies.set(COOKIE, "A" * 43)
    await sign_in(stranger)
    values = {cookie.value for cookie in stranger.cookies.jar}
    assert (await stranger.get("/api/videos")).status_code in {200, 401}
    stranger.cookies.clear()
    stranger.cookies.set(COOKIE, "A" * 43)
    assert (await stranger.get("/api/videos")).status_code == 401
    assert len(values) == 2


async def test_signing_in_again_ends_the_session_before(stranger: httpx.AsyncClient) -> None:
    await sign_in(stranger)
    first = stranger.cookies[COOKIE]
    await sign_in(stranger)
    assert stranger.cookies[COOKIE] != first
    stranger.cookies.clear()
    stranger.cookies.set(COOKIE, first)
    assert (await stranger.get("/api/videos")).status_code == 401


async def test_sessions_end_by_themselves(ctx: Context, stranger: httpx.AsyncClient) -> None:
    await sign_in(stranger)
    await shift_clock(ctx.db, "13 hours")
    assert (await stranger.get("/api/videos")).status_code == 401
    page = await stranger.get("/video/7?x=1", headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=%2Fvideo%2F7%3Fx%3D1")


async def test_guessing_is_stopped_and_only_for_who_guesses(ctx: Context) -> None:
    service = build_admin(ctx)
    guesser = httpx.ASGITransport(service.app, client=("198.51.100.9", 1))
    other = httpx.ASGITransport(service.app, client=("192.0.2.1", 1))
    base = "http://127.0.0.1:9001"
    forged = ({"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.1.{n}"} for n in range(30))
    async with httpx.AsyncClient(transport=guesser, base_url=base) as client:
        statuses = [
            (await client.post("/api/auth/login", json={"secret": f"guess {n}"}, headers=headers)).status_code
            for n, headers in enumerate(forged)
        ]
        assert statuses == [403] * apps.FAILURES_PER_ADDRESS + [429] * (30 - apps.FAILURES_PER_ADDRESS)
        refused = await client.get("/api/videos", headers={"X-Admin-Secret": "guess"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_failures")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
    async with httpx.AsyncClient(transport=other, base_url=base) as client:
        assert (await client.post("/api/auth/login", json={"secret": "guess"})).status_code == 403
    service.close()


async def test_other_sites_can_change_nothing(ctx: Context, stranger: httpx.AsyncClient) -> None:
    await sign_in(stranger)
    headers = await csrf(stranger)
    video = await make_video(ctx)
    path = f"/api/videos/{video.id}/unpublish"
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "http://127.0.0.1:9001.evil.example"},
        {"Origin": "http://evil@127.0.0.1:9001"},
        {"Origin": "ftp://127.0.0.1:9001"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = await stranger.post(path, headers={**headers, **foreign})
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), foreign
        login = await stranger.post("/api/auth/login", json={"secret": SECRET}, headers=foreign)
        assert login.json()["code"] == "cross_site"
        assert "access-control-allow-origin" not in answer.headers
    own = {"Origin": "http://127.0.0.1:9001", "Sec-Fetch-Site": "same-origin"}
    assert (await stranger.post(path, headers={**headers, **own})).status_code == 200
    https = {"Origin": "https://127.0.0.1:9001"}
    assert (await stranger.post(path, headers={**headers, **https})).status_code == 200


async def test_a_form_of_another_site_is_no_json(stranger: httpx.AsyncClient) -> None:
    body = b'{"secret": "' + SECRET.encode() + b'"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await stranger.post("/api/auth/login", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422
    assert COOKIE not in stranger.cookies


@pytest.mark.parametrize("secret", ["é" * 20, "\ud800" * 20, "\x00" * 20, "x" * 4097, "", 7, None, ["x"]])
async def test_strange_secrets_are_wrong_and_no_fault_of_ours(
    stranger: httpx.AsyncClient, secret: object
) -> None:
    body = json.dumps({"secret": secret}).encode()
    answer = await stranger.post(
        "/api/auth/login", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {403, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    sent = str(secret).encode("utf-8", "replace").replace(b"\x00", b"")
    assert (await stranger.get("/api/videos", headers=[(b"X-Admin-Secret", sent)])).status_code == 403


async def test_a_configured_secret_may_have_any_letters(ctx: Context) -> None:
    config = replace(ctx.config, admin_secret="пароль — длинный")
    service = build_admin(replace(ctx, config=config))
    async with client_of(service, port=9001) as client:
        right = [(b"X-Admin-Secret", "пароль — длинный".encode())]
        assert (await client.get("/api/videos", headers=right)).status_code == 200
        assert (await sign_in(client, "пароль — длинный")).status_code == 200
