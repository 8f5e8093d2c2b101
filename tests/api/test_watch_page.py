"""The watch page: what stands around a video, and what other sites are told of it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import httpx

from tests.support.api import change, make_ready
from vlog.catalog import chapters, fields, playlist_items, playlists, tags, videos
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.settings import store

HTML = {"Accept": "text/html"}
HOSTILE = "</script><script>alert(1)</script>\u2028<!--"


def structured(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


async def set_up(ctx: Context, key: str, value: object) -> None:
    await change(ctx.db, lambda tx: store.put(tx, key, value, actor="test"))
    ctx.settings.forget()


async def furnished(ctx: Context, title: str = "Boats") -> VideoRow:
    """A video with everything that a page can show."""
    video = await make_ready(ctx, title)
    await make_ready(ctx, "Another one")

    async def work(tx: Transaction) -> None:
        await videos.edit(tx, video.id, {"description": "# About\n**Boats** at 0:30 and 9:00"})
        await chapters.add(tx, video.id, {"title": "Leaving", "start_time": 0.0})
        await chapters.add(tx, video.id, {"title": HOSTILE, "start_time": 20.0})
        field = await fields.create(tx, {"name": "Place", "field_type": "text"})
        await fields.answer(tx, video.id, {field.id: "Harbour & quay"})

    await change(ctx.db, work)
    return await videos.by_id(ctx.db, video.id)


async def test_everything_about_a_video_stands_on_its_page(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await furnished(ctx)
    page = (await public.get(f"/watch/{video.slug}", headers=HTML)).text
    assert "<h3>About</h3>" in page
    assert '<a href="?t=30" rel="nofollow ugc noopener">0:30</a>' in page
    assert "9:00</a>" not in page
    assert 'href="?t=20" data-seek-to="20.0"' in page
    assert "Harbour &amp; quay" in page
    assert "Related videos" in page
    assert 'href="/watch/another-one"' in page
    marks = re.search(r'data-chapters="([^"]+)"', page)
    assert marks is not None
    assert json.loads(unescape(marks[1])) == [[0.0, "Leaving"], [20.0, HOSTILE]]
    assert "<script>alert" not in page


async def test_facts_for_search_engines(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await furnished(ctx, HOSTILE)
    page = (await public.get(f"/watch/{video.slug}", headers=HTML)).text
    facts, trail = structured(page)
    base = f"http://127.0.0.1:9000/watch/{video.slug}"
    assert facts["@type"] == "VideoObject"
    assert facts["name"] == HOSTILE
    assert facts["duration"] == "PT1M2S"
    assert facts["embedUrl"] == base.replace("watch", "embed")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", facts["uploadDate"])
    assert [(clip["startOffset"], clip["endOffset"]) for clip in facts["hasPart"]] == [(0, 20), (20, 62)]
    assert facts["hasPart"][1]["url"] == f"{base}?t=20"
    assert [each["name"] for each in trail["itemListElement"]] == ["VLog", HOSTILE]


async def test_previews_offer_the_player_only_where_it_may_be_framed(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx, "Boats")
    page = (await public.get(f"/watch/{video.slug}")).text
    player = 'twitter:player" content="http://127.0.0.1:9000/embed/boats"'
    assert player in page
    assert '<meta property="og:video:type" content="text/html">' in page
    await set_up(ctx, "embed.allowed_domains", "example.com")
    page = (await public.get(f"/watch/{video.slug}")).text
    assert player not in page
    assert "summary_large_image" in page


async def test_unlisted_videos_are_not_offered_to_search_engines(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx, "Boats")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"visibility": "unlisted"}))
    page = (await public.get(f"/watch/{video.slug}")).text
    assert structured(page) == []
    assert '<meta name="robots" content="noindex">' in page


async def test_a_playlist_stands_beside_the_video(ctx: Context, public: httpx.AsyncClient) -> None:
    made = [await make_ready(ctx, title) for title in ("One", "Two", "Three")]
    hidden = await make_ready(ctx, "Hidden", public=False)

    async def work(tx: Transaction) -> str:
        course = await playlists.create(tx, {"title": "A course", "playlist_type": "course"})
        ids = [made[0].id, hidden.id, made[1].id, made[2].id]
        await playlists.locked(tx, course.id)
        await playlist_items.add(tx, course.id, ids)
        return course.slug

    slug = await change(ctx.db, work)
    page = (await public.get("/watch/two", params={"playlist": slug})).text
    assert "2 of 3" in page
    assert f'href="/watch/one?playlist={slug}" rel="prev"' in page
    assert f'href="/watch/three?playlist={slug}" rel="next"' in page
    assert page.count('aria-current="true"') >= 1
    assert "Hidden" not in page
    outside = await make_ready(ctx, "Outside")
    for address in (f"/watch/{outside.slug}?playlist={slug}", "/watch/two?playlist=nobody", "/watch/two"):
        assert "data-playlist" not in (await public.get(address)).text


async def test_an_old_address_keeps_its_question(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Boats")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"slug": "ships"}))
    answer = await public.get("/watch/boats?t=10&playlist=x")
    assert (answer.status_code, answer.headers["location"]) == (301, "/watch/ships?t=10&playlist=x")


async def test_views_are_shown_where_the_site_wants_it(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Boats")
    await ctx.db.pool.execute("UPDATE video_views SET views = 12345 WHERE video_id = $1", video.id)
    assert "12,345 views" in (await public.get("/watch/boats")).text
    german = {"Accept-Language": "de"}
    assert "12.345" in (await public.get("/watch/boats", headers=german)).text
    await set_up(ctx, "display.show_view_counts", False)
    assert "12,345" not in (await public.get("/watch/boats")).text


async def test_tags_and_category_lead_on(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Boats")

    async def work(tx: Transaction) -> None:
        await tags.assign(tx, video.id, await tags.named(tx, ["Open sea"]))

    await change(ctx.db, work)
    assert 'href="/tag/open-sea"' in (await public.get("/watch/boats")).text
