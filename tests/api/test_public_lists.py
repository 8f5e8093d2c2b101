"""Pages of categories, tags and playlists; feeds, site maps, and the small files at fixed addresses."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import httpx
import pytest

from tests.support.api import change, make_ready
from vlog.catalog import index, playlist_items, playlists, site_map, tags, taxonomy, videos
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.settings.known import INDEXABLE
from vlog.settings.store import put

BASE = "http://127.0.0.1:9000"
ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"


async def library(ctx: Context, *, playlist_type: str = "series") -> dict[str, int]:
    """Three videos with a category, a tag and a playlist; one of them is unlisted."""
    made = {title: (await make_ready(ctx, title)).id for title in ("Glacier lake", "A walk", "Hidden")}

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Mountains", description="Snow & <ice>")
        (water,) = await tags.named(tx, ["Water"])
        for video_id in made.values():
            await videos.edit(tx, video_id, {"category_id": category.id, "tag_ids": [water]})
        await videos.edit(tx, made["Hidden"], {"visibility": "unlisted"})
        playlist = await playlists.create(tx, {"title": "A series", "playlist_type": playlist_type})  # type: ignore[typeddict-item]
        await playlist_items.add(tx, playlist.id, [made["Hidden"], made["A walk"], made["Glacier lake"]])
        await index.fold(tx)

    await change(ctx.db, work)
    return made


def parsed(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - our own text


def titles(page: str) -> list[str]:
    return re.findall(r'class="video-card-title"[^>]*><a [^>]*>([^<]+)', page)


async def shown(public: httpx.AsyncClient, path: str) -> str:
    answer = await public.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_categories_and_tags(ctx: Context, public: httpx.AsyncClient) -> None:
    assert "There are no categories yet." in await shown(public, "/categories")
    assert "No video has a tag yet." in await shown(public, "/tags")
    await library(ctx)
    overview = await shown(public, "/categories")
    assert titles(overview) == ["Mountains"]
    assert "2 videos" in overview
    assert "thumbnail_640.jpg" in overview
    assert 'href="/tag/water"' in await shown(public, "/tags")
    for path in ("/category/mountains", "/tag/water"):
        page = await shown(public, path)
        assert titles(page) == ["A walk", "Glacier lake"]
        assert f'type="application/rss+xml" title="VLog" href="{path}/feed.rss"' in page
        assert titles(await shown(public, f"{path}?sort=title")) == ["A walk", "Glacier lake"]
        assert titles(await shown(public, f"{path}?sort=oldest")) == ["Glacier lake", "A walk"]
        assert (await public.get(f"{path}?sort=luck")).status_code == 422
    assert "Snow &amp; &lt;ice&gt;" in await shown(public, "/category/mountains")


async def test_lists_go_on_by_links(ctx: Context, public: httpx.AsyncClient) -> None:
    ids = [(await make_ready(ctx, f"Walk {number}")).id for number in range(26)]

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Walks")
        for video_id in ids:
            await videos.edit(tx, video_id, {"category_id": category.id})

    await change(ctx.db, work)
    seen: list[str] = []
    path: str | None = "/category/walks?sort=title"
    while path is not None:
        page = await shown(public, path)
        seen += titles(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = unescape(following[1]) if following else None
    assert seen == [f"Walk {number}" for number in range(26)]


async def test_former_addresses_lead_to_the_present_ones(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)

    async def work(tx: Transaction) -> None:
        await taxonomy.edit(tx, 1, {"slug": "peaks"})
        await tags.rename(tx, 1, "Waters")
        (sea,) = await tags.named(tx, ["Sea"])
        await tags.merge(tx, 1, into=sea)
        await playlists.edit(tx, 1, {"slug": "the-series"})

    await change(ctx.db, work)
    # As the background process does all the time: a tag is visitors' once its videos are counted.
    await change(ctx.db, lambda tx: index.work_off(tx, limit=10))
    await change(ctx.db, index.fold)
    moved = {
        "/category/mountains": "/category/peaks",
        "/tag/water": "/tag/sea",
        "/tag/waters": "/tag/sea",
        "/playlist/a-series": "/playlist/the-series",
        "/category/mountains/feed.rss": "/category/peaks/feed.rss",
    }
    for path, goal in moved.items():
        answer = await public.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (301, goal)
    await change(ctx.db, lambda tx: playlists.edit(tx, 1, {"visibility": "private"}))
    for path in ("/playlist/a-series", "/playlist/the-series", "/playlist/none", "/category/none"):
        assert (await public.get(path)).status_code == 404


@pytest.mark.parametrize("playlist_type", ["playlist", "collection", "series", "course"])
async def test_a_playlist_by_its_type(ctx: Context, public: httpx.AsyncClient, playlist_type: str) -> None:
    await library(ctx, playlist_type=playlist_type)
    page = await shown(public, "/playlist/a-series")
    assert titles(page) == ["A walk", "Glacier lake"]
    assert 'href="/watch/a-walk?playlist=a-series" data-playlist-go' in page
    assert ("2 of 2" in page) == (playlist_type in {"series", "course"})
    assert ("data-course-progress" in page) == (playlist_type == "course")
    assert titles(await shown(public, "/playlists")) == ["A series"]
    assert titles(await shown(public, f"/playlists?kind={playlist_type}")) == ["A series"]
    other = "course" if playlist_type != "course" else "series"
    assert titles(await shown(public, f"/playlists?kind={other}")) == []


async def test_feeds_are_xml_whatever_a_title_holds(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    await change(
        ctx.db, lambda tx: tx.execute("UPDATE videos SET title = $1 WHERE id = 1", "A \v\x1b<&> lake")
    )
    for path, count in (("/feed", 2), ("/category/mountains/feed", 2), ("/tag/water/feed", 2)):
        rss = await public.get(f"{path}.rss")
        assert rss.headers["content-type"] == "application/rss+xml; charset=utf-8"
        items = parsed(rss.content).findall("channel/item")
        assert len(items) == count
        assert [item.findtext("title") for item in items] == ["A walk", "A <&> lake"]
        first = items[0]
        assert first.findtext("link") == f"{BASE}/watch/a-walk"
        enclosure = first.find("enclosure")
        assert enclosure is not None
        assert enclosure.attrib["url"] == f"{BASE}/videos/a-walk/master.m3u8"
        picture = first.find(f"{MEDIA}thumbnail")
        assert picture is not None
        assert picture.attrib["url"] == f"{BASE}/videos/a-walk/thumbnail_640.jpg?v=1"
        atom = parsed((await public.get(f"{path}.atom")).content)
        assert len(atom.findall(f"{ATOM}entry")) == count
        assert atom.findtext(f"{ATOM}updated") is not None
    playlist = parsed((await public.get("/playlist/a-series/feed.atom")).content)
    assert len(playlist.findall(f"{ATOM}entry")) == 2
    for path in ("/feed.xml", "/category/none/feed.rss", "/playlist/none/feed.atom", "/user/x/feed.rss"):
        assert (await public.get(path)).status_code in {404, 422}


async def test_feeds_are_sent_once(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    first = await public.get("/feed.rss")
    assert "GMT" in first.headers["last-modified"]
    again = await public.get("/feed.rss", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await change(ctx.db, lambda tx: videos.edit(tx, 1, {"visibility": "private"}))
    changed = await public.get("/feed.rss", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert "Glacier" not in changed.text


async def test_the_site_map_names_what_is_public(
    ctx: Context, public: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await library(ctx)
    monkeypatch.setattr(site_map, "PART", 2)
    # Tags come in parts of their own, however many there are.
    monkeypatch.setattr(site_map, "LIST_PART", 2)

    async def more(tx: Transaction) -> None:
        sand, _, snow = await tags.named(tx, ["Sand", "Unused", "Snow"])
        await videos.edit(tx, 1, {"tag_ids": [1, sand, snow]})
        await index.fold(tx)

    await change(ctx.db, more)
    parts = [
        found.text or "" for found in parsed((await public.get("/sitemap.xml")).content).iter(f"{MAP}loc")
    ]
    names = ["pages", *(f"tags-{part}" for part in range(3)), "playlists-0", "videos-0", "videos-1"]
    assert parts == [f"{BASE}/sitemap-{name}.xml" for name in names]
    found: list[str] = []
    for part in parts:
        root = parsed((await public.get(part.removeprefix(BASE))).content)
        found += [(each.text or "").removeprefix(BASE) for each in root.iter(f"{MAP}loc")]
        for entry in root.iter(f"{VIDEO}video"):
            assert {f"{VIDEO}title", f"{VIDEO}description", f"{VIDEO}thumbnail_loc"} <= {
                each.tag for each in entry
            }
    assert found[4:] == [
        "/category/mountains",
        "/tag/water",
        "/tag/sand",
        "/tag/snow",
        "/playlist/a-series",
        "/watch/glacier-lake",
        "/watch/a-walk",
    ]
    for name in ("videos-7", "tags-7", "tags--1", "tags-99999999999", "playlists-7", "playlists-99999999999"):
        assert (await public.get(f"/sitemap-{name}.xml")).status_code == 404


async def test_an_owner_can_keep_robots_away(ctx: Context, public: httpx.AsyncClient) -> None:
    robots = (await public.get("/robots.txt")).text
    assert f"Sitemap: {BASE}/sitemap.xml" in robots
    assert "Disallow: /search\n" in robots
    assert "noindex" not in (await public.get("/")).text
    assert "noindex" in (await public.get("/search")).text
    await change(ctx.db, lambda tx: put(tx, INDEXABLE.key, False, actor="test"))
    ctx.settings.forget()
    assert (await public.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"
    assert "noindex" in (await public.get("/")).text
    assert (await public.get("/sitemap.xml")).status_code == 404


async def test_the_site_can_be_installed(public: httpx.AsyncClient) -> None:
    answer = await public.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("VLog", "/", "standalone")
    sizes = {each["sizes"] for each in manifest["icons"]}
    assert {"192x192", "512x512"} <= sizes
    for icon in manifest["icons"]:
        assert (await public.get(icon["src"])).headers["content-type"] == icon["type"]
    moved = await public.get("/favicon.ico")
    assert moved.status_code == 302
    assert (await public.get(moved.headers["location"])).content[:4] == b"\0\0\1\0"


async def test_own_lists_say_that_they_are_private(public: httpx.AsyncClient) -> None:
    for path in ("/history", "/watch-later"):
        page = await shown(public, path)
        assert "never sent to this site" in page
        assert "<noscript>" in page
        assert "noindex" in page
