"""Videos on other sites: who may frame them, and what oEmbed answers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.support.api import change, make_ready, make_video
from vlog.catalog import trash, videos
from vlog.context import Context
from vlog.settings import store

BASE = "http://127.0.0.1:9000"


def ancestors(answer: httpx.Response) -> str:
    found = re.search(r"frame-ancestors ([^;]+)", answer.headers["content-security-policy"])
    assert found is not None
    return found[1]


def tree_of(answer: httpx.Response) -> ET.Element:
    return ET.fromstring(answer.text)  # noqa: S314 - our own answer


async def allow(ctx: Context, domains: str) -> None:
    await change(ctx.db, lambda tx: store.put(tx, "embed.allowed_domains", domains, actor="test"))
    ctx.settings.forget()


async def test_the_frame_holds_the_player_and_nothing_else(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx, "Boats")
    answer = await public.get("/embed/boats")
    assert answer.status_code == 200
    assert "data-player" in answer.text
    assert f'href="{BASE}/watch/boats" target="_blank" rel="noopener"' in answer.text
    assert "topbar" not in answer.text
    assert "set-cookie" not in answer.headers
    assert ancestors(answer) == "*"
    assert "x-frame-options" not in answer.headers
    assert "script-src 'self';" in answer.headers["content-security-policy"]


async def test_only_named_sites_may_frame_it(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx, "Boats")
    await allow(ctx, "Example.com, *.example.org:8443")
    for path in ("/embed/boats", "/embed/nobody"):
        assert ancestors(await public.get(path)) == "'self' example.com *.example.org:8443"
    page = await public.get("/watch/boats")
    assert ancestors(page) == "'self'"
    assert page.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("domains", ["a.example; script-src *", "https://a.example", "a b/c", "'none'", "*"])
async def test_what_is_no_domain_is_refused(admin: httpx.AsyncClient, ctx: Context, domains: str) -> None:
    with pytest.raises(Exception, match="must be domains"):
        await allow(ctx, domains)


async def test_what_cannot_be_shown_is_said_calmly(ctx: Context, public: httpx.AsyncClient) -> None:
    private = await make_ready(ctx, "Private")
    gone = await make_ready(ctx, "Gone")
    await make_ready(ctx, "Kept back", public=False)
    await change(ctx.db, lambda tx: videos.edit(tx, private.id, {"visibility": "private"}))
    await change(ctx.db, lambda tx: trash.soft_delete(tx, gone.id))
    for slug in ("private", "gone", "kept-back", "nobody"):
        answer = await public.get(f"/embed/{slug}", headers={"Accept": "*/*"})
        assert answer.status_code == 404
        assert "This video is not available" in answer.text
        assert slug not in answer.text
        assert ancestors(answer) == "*"
    await make_video(ctx, "Waiting")
    assert "is being made ready" in (await public.get("/embed/waiting")).text


async def test_old_addresses_lead_to_the_present_ones(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Boats")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"slug": "ships"}))
    assert (await public.get("/embed/boats")).headers["location"] == "/embed/ships"
    answer = await public.get("/oembed", params={"url": f"{BASE}/watch/boats"})
    assert "/embed/ships" in answer.json()["html"]


async def test_oembed_answers_within_the_limits(ctx: Context, public: httpx.AsyncClient) -> None:
    await make_ready(ctx, 'Boats & "nets" <b>')
    url = f"{BASE}/watch/boats-nets-b"
    body = (await public.get("/oembed", params={"url": url})).json()
    assert (body["version"], body["type"], body["width"], body["height"]) == ("1.0", "video", 1280, 720)
    assert body["title"] == 'Boats & "nets" <b>'
    assert "&lt;b&gt;" in body["html"]
    assert body["thumbnail_width"] == 640
    small = (await public.get("/oembed", params={"url": url, "maxwidth": 400, "maxheight": 400})).json()
    assert (small["width"], small["height"], small["thumbnail_width"]) == (400, 225, 320)
    answer = await public.get("/oembed", params={"url": url, "format": "xml"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    tree = tree_of(answer)
    assert tree.findtext("title") == 'Boats & "nets" <b>'


async def test_xml_holds_nothing_that_xml_cannot_say(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Boats")
    await ctx.db.pool.execute("UPDATE videos SET title = $2 WHERE id = $1", video.id, "a\x0bb\ufffec")
    answer = await public.get("/oembed", params={"url": f"{BASE}/watch/boats", "format": "xml"})
    assert tree_of(answer).findtext("title") == "abc"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"url": "x"}, 422),
        ({"url": "https://other.example/watch/boats"}, 422),
        ({"url": f"{BASE}/"}, 422),
        ({"url": "http://[::1"}, 422),
        ({"url": f"{BASE}/watch/nobody"}, 404),
        ({"url": f"{BASE}/watch/waiting"}, 404),
        ({"url": f"{BASE}/watch/boats", "format": "yaml"}, 501),
        ({"url": f"{BASE}/watch/boats", "maxwidth": "0"}, 422),
    ],
)
async def test_oembed_refuses(
    ctx: Context, public: httpx.AsyncClient, query: dict[str, str], status: int
) -> None:
    await make_ready(ctx, "Boats")
    await make_video(ctx, "Waiting")
    assert (await public.get("/oembed", params=query)).status_code == status
