"""The pages that visitors see, as they come from the server."""

from __future__ import annotations

import json
import re
from html import unescape

import httpx

from tests.support.api import change, make_ready, make_video
from vlog.catalog import index, playlist_items, playlists, taxonomy, trash, videos
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.media import stills

HTML = {"Accept": "text/html,application/xhtml+xml"}


async def test_home_lists_what_is_published(ctx: Context, public: httpx.AsyncClient) -> None:
    empty = await public.get("/", headers=HTML)
    assert "Nothing here yet" in empty.text
    await make_ready(ctx, "Blue mountain")
    await make_ready(ctx, "Kept back", public=False)
    page = await public.get("/", headers=HTML)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'href="/watch/blue-mountain"' in page.text
    assert "Kept back" not in page.text
    moved = await public.get("/", params={"search": "blue mountain"})
    assert (moved.status_code, moved.headers["location"]) == (301, "/search?search=blue+mountain")


async def test_home_has_a_row_for_what_is_featured_and_each_category(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    lake, _, hidden = [await make_ready(ctx, title) for title in ("Lake", "Walk", "Hidden")]

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Mountains")
        await taxonomy.create(tx, "Empty")
        await videos.edit(tx, lake.id, {"category_id": category.id, "is_featured": True})
        await videos.edit(tx, hidden.id, {"category_id": category.id, "visibility": "private"})
        playlist = await playlists.create(tx, {"title": "A series", "is_featured": True})
        await playlist_items.add(tx, playlist.id, [hidden.id, lake.id])
        await index.fold(tx)

    await change(ctx.db, work)
    page = (await public.get("/")).text
    assert '<a class="hero-link" href="/watch/lake">' in page
    rows = re.findall(r'<a class="shelf-link" href="([^"]+)"', page)
    assert rows == ["/history", "/search?sort=newest", "/playlist/a-series", "/category/mountains"]
    assert "Hidden" not in page
    assert "Empty" not in page


async def test_cards_by_number_leave_out_what_is_gone(ctx: Context, public: httpx.AsyncClient) -> None:
    first, second, hidden = [await make_ready(ctx, title) for title in ("First", "Second", "Hidden")]
    await change(ctx.db, lambda tx: videos.edit(tx, hidden.id, {"visibility": "unlisted"}))
    ids = f"{second.id},{hidden.id},999,{first.id}"
    page = (await public.get("/cards", params={"ids": ids})).text
    assert re.findall(r'data-video-id="(\d+)"', page) == [str(second.id), str(first.id)]
    found = (await public.get("/api/videos/bulk", params={"ids": ids})).json()
    assert [each["id"] for each in found] == [second.id, first.id]
    for refused in ("a", "-1", "0", ",".join(map(str, range(1, 22))), str(2**63)):
        assert (await public.get("/api/videos/bulk", params={"ids": refused})).status_code == 400


async def test_search_goes_on(ctx: Context, public: httpx.AsyncClient) -> None:
    for number in range(25):
        await make_ready(ctx, f"Walk {number}")
    first = await public.get("/search", params={"search": "walk"})
    assert "25 videos" in first.text
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following is not None
    second = await public.get(unescape(following[1]))
    assert second.text.count('<li class="video-card"') == 1
    assert 'rel="next"' not in second.text
    assert 'href="/search?search=walk" data-load-first' in second.text


async def test_the_watch_page_tells_other_sites_what_it_shows(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx, "Boats & <nets>")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"description": "One\ntwo " + "x" * 300}))
    page = (await public.get(f"/watch/{video.slug}", headers=HTML)).text
    base = "http://127.0.0.1:9000"
    assert f'<link rel="canonical" href="{base}/watch/boats-nets">' in page
    assert '<meta property="og:title" content="Boats &amp; &lt;nets&gt;">' in page
    assert f'<meta property="og:image" content="{base}/videos/boats-nets/thumbnail_640.jpg?v=1">' in page
    assert f'<meta property="og:video" content="{base}/videos/boats-nets/master.m3u8">' in page
    description = re.search(r'og:description" content="([^"]+)"', page)
    assert description is not None
    assert len(description[1]) == 200
    assert 'data-status="ready"' in page


async def test_other_sites_are_shown_the_picture_in_their_shape(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    """They cut what is upright: for them there is one in 16:9."""
    video = await make_ready(ctx, "Upright")
    files = stills.files((720, 1280), ["jpeg"])
    await change(
        ctx.db, lambda tx: videos.set_thumbnail(tx, video.id, source="auto", timestamp=5.0, files=files)
    )
    page = (await public.get(f"/watch/{video.slug}", headers=HTML)).text
    assert re.search(r'og:image" content="[^"]+/videos/upright/thumbnail_wide\.jpg\?v=2"', page)
    width, height = (int(found) for found in re.findall(r'og:image:(?:width|height)" content="(\d+)"', page))
    assert width * 9 == height * 16


async def test_text_is_text(ctx: Context, public: httpx.AsyncClient) -> None:
    attack = """<img src=x onerror=alert(1)>"'{{7*7}}${7*7}</script><script>alert(1)</script>"""
    video = await make_ready(ctx, attack)
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"description": attack}))
    for path in ("/", f"/watch/{video.slug}", f"/search?search={attack[:20]}"):
        page = (await public.get(path, headers=HTML)).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "{{7*7}}" in page or path.startswith("/search")


async def test_pages_of_videos_on_their_way(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_video(ctx, "On its way")
    assert 'data-status="pending"' in (await public.get("/watch/on-its-way")).text
    await change(ctx.db, lambda tx: videos.mark_processing(tx, video.id))
    assert 'data-status="processing"' in (await public.get("/watch/on-its-way")).text
    await change(
        ctx.db, lambda tx: videos.mark_failed(tx, video.id, code="x", message="The file is cut off.")
    )
    page = (await public.get("/watch/on-its-way")).text
    assert "The file is cut off." in page


async def test_what_is_wrong_with_the_source_is_said(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Half a film")
    assert (await public.get(f"/api/videos/{video.slug}")).json()["warnings"] == []
    told = ["The file ends early: 4:12 of 7:30 could be read.", "<b>"]
    await change(ctx.db, lambda tx: videos.set_warnings(tx, video.id, told))
    assert (await public.get(f"/api/videos/{video.slug}")).json()["warnings"] == told
    page = (await public.get(f"/watch/{video.slug}")).text
    assert "4:12 of 7:30" in page
    assert "<li>&lt;b&gt;</li>" in page


async def test_an_old_address_leads_to_the_new_one(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Old name")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"slug": "new-name"}))
    moved = await public.get("/watch/old-name")
    assert (moved.status_code, moved.headers["location"]) == (301, "/watch/new-name")
    await change(ctx.db, lambda tx: trash.soft_delete(tx, video.id))
    assert (await public.get("/watch/old-name")).status_code == 404


async def test_head_is_get_without_its_body(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    for path in ("/", f"/watch/{video.slug}", "/api/videos", f"/api/videos/{video.slug}", "/health"):
        get, head = await public.get(path), await public.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "content-type", "cache-control"):
            assert head.headers[name] == get.headers[name]
    assert (await public.head("/watch/nothing")).status_code == 404


async def test_errors_are_pages_for_people_and_problems_for_programs(public: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/watch/nothing", "/videos/nothing/master.m3u8", "/static/nothing.js"):
        page = await public.get(path, headers=HTML)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "nothing at this address" in page.text
        problem = await public.get(path)
        assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    api = await public.get("/api/nothing", headers=HTML)
    assert api.headers["content-type"] == "application/problem+json"
    refused = await public.get("/search?search=" + "x" * 201, headers=HTML)
    assert refused.status_code == 422
    assert "Search must have at most 200 characters." in refused.text


async def test_scripts_and_styles_are_kept_for_ever(public: httpx.AsyncClient) -> None:
    page = (await public.get("/")).text
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(addresses) >= 4
    for address in addresses:
        answer = await public.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = await public.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        plain = await public.get(address, headers={"Accept-Encoding": "identity"})
        assert plain.content == answer.content
        assert "content-encoding" not in plain.headers
        head = await public.head(address, headers={"Accept-Encoding": "identity"})
        assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))
    script = next(address for address in addresses if address.endswith(".js"))
    assert (await public.get(script)).headers["content-type"] == "text/javascript; charset=utf-8"
    assert (await public.get("/static/manifest.json")).status_code == 404
    assert (await public.get("/static/..%2ftemplates%2fpublic%2fhome.html")).status_code == 404


async def test_lists_tell_other_sites_what_they_hold(ctx: Context, public: httpx.AsyncClient) -> None:
    """A category, a tag or a playlist is a collection with its videos in order, and a picture."""
    video = await make_ready(ctx, "Quay </script>")

    async def work(tx: Transaction) -> str:
        category = await taxonomy.create(tx, "Sea", description="Salt & water")
        await videos.edit(tx, video.id, {"category_id": category.id})
        made = await playlists.create(tx, {"title": "Walks", "visibility": "public"})
        await playlist_items.add(tx, made.id, [video.id])
        return made.slug

    slug = await change(ctx.db, work)
    base = "http://127.0.0.1:9000"
    for path, name in (("/category/sea", "Sea"), (f"/playlist/{slug}", "Walks")):
        page = (await public.get(path, headers=HTML)).text
        assert f'<link rel="canonical" href="{base}{path}">' in page
        assert f'<meta property="og:title" content="{name}">' in page
        assert f'og:image" content="{base}/videos/{video.slug}/thumbnail_640.jpg?v=1"' in page
        found = re.findall(r'<script type="application/ld\+json">(.+?)</script>', page)
        collection, crumbs = (json.loads(each) for each in found)
        assert (collection["@type"], collection["name"]) == ("CollectionPage", name)
        entries = collection["mainEntity"]["itemListElement"]
        assert [(each["position"], each["name"]) for each in entries] == [(1, "Quay </script>")]
        assert crumbs["itemListElement"][-1]["item"] == f"{base}{path}"
