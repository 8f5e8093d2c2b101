"""Pages in the visitor's language."""

from __future__ import annotations

import httpx
import pytest

from tests.support.api import change
from vlog.context import Context
from vlog.settings import store


async def test_the_page_speaks_as_the_browser_asks(public: httpx.AsyncClient) -> None:
    page = await public.get("/", headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert '<html lang="de">' in page.text
    assert page.headers["content-language"] == "de"
    assert page.headers["vary"] == "Accept-Language, Cookie"
    assert 'src="/static/words-de-' in page.text
    page = await public.get("/", headers={"Accept-Language": "fr"})
    assert '<html lang="en">' in page.text
    assert "words-" not in page.text


async def test_a_choice_is_remembered_and_leads_back(public: httpx.AsyncClient) -> None:
    answer = await public.get("/language", params={"to": "de", "back": "/watch/boats?t=1&playlist=x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/watch/boats?t=1&playlist=x")
    cookie = answer.headers["set-cookie"]
    for word in ("vlog_language=de", "HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    page = await public.get("/", headers={"Accept-Language": "en"})
    assert '<html lang="de">' in page.text
    missing = await public.get("/nothing/here", headers={"Accept": "text/html"})
    assert (missing.status_code, '<html lang="de">' in missing.text) == (404, True)


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nx: y"],
)
async def test_it_leads_nowhere_else(public: httpx.AsyncClient, back: str) -> None:
    answer = await public.get("/language", params={"to": "en", "back": back})
    assert answer.headers["location"] == "/"


async def test_an_unknown_language_is_refused(public: httpx.AsyncClient) -> None:
    answer = await public.get("/language", params={"to": "../de"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_language")


async def test_a_site_has_a_language(ctx: Context, public: httpx.AsyncClient) -> None:
    await change(ctx.db, lambda tx: store.put(tx, "site.language", "de", actor="test"))
    ctx.settings.forget()
    page = await public.get("/", headers={"Accept-Language": "en"})
    assert '<html lang="de">' in page.text
