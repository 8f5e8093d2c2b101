"""What visitors find: categories, tags, playlists, choices, suggestions, relations, chapters; and
what they don't.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.support.api import change, make_ready
from vlog.catalog import chapters, index, playlist_items, playlists, publishing, tags, taxonomy, trash, videos
from vlog.catalog.playlists import PlaylistChanges
from vlog.context import Context
from vlog.db.transaction import Transaction


async def get(public: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await public.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def eventually(public: httpx.AsyncClient, path: str, status: int) -> None:
    """Where nothing tells of the change, media are asked about again within a second; the limit is five."""
    async with asyncio.timeout(5):
        while (await public.get(path)).status_code != status:
            await asyncio.sleep(0.1)


async def library(ctx: Context) -> dict[str, int]:
    """Three public videos, tagged and sorted into a category, of which one is hidden afterwards."""
    lake, walk, hidden = [
        (await make_ready(ctx, title)).id for title in ("Glacier lake", "A walk", "Glassworks")
    ]

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Mountains")
        water, ice = await tags.named(tx, ["Water", "Ice"])
        await videos.edit(tx, lake, {"category_id": category.id, "tag_ids": [water, ice]})
        await videos.edit(tx, walk, {"category_id": category.id, "tag_ids": [water]})
        await videos.edit(tx, hidden, {"category_id": category.id, "tag_ids": [ice]})
        await publishing.unpublish(tx, hidden)
        await index.fold(tx)

    await change(ctx.db, work)
    return {"lake": lake, "walk": walk, "hidden": hidden}


async def test_counts_are_of_what_visitors_see(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    (category,) = await get(public, "/api/categories")
    assert (category["slug"], category["video_count"]) == ("mountains", 2)
    assert (await get(public, "/api/categories/mountains"))["name"] == "Mountains"
    counted = {each["slug"]: each["video_count"] for each in await get(public, "/api/tags")}
    assert counted == {"water": 2, "ice": 1}
    assert (await get(public, "/api/tags/ice"))["video_count"] == 1
    for path in ("/api/categories/sea", "/api/tags/sea", "/api/playlists/sea", "/api/videos/sea/related"):
        assert (await public.get(path)).status_code == 404


async def test_lists_can_be_narrowed_by_what_is_offered(ctx: Context, public: httpx.AsyncClient) -> None:
    made = await library(ctx)
    everything = await get(public, "/api/search/choices")
    assert [(each["value"], each["videos"]) for each in everything["tag"]] == [("water", 2), ("ice", 1)]
    assert everything["category"] == [{"value": "mountains", "label": "Mountains", "videos": 2}]
    assert everything["duration"] == [{"value": "short", "label": "short", "videos": 2}]
    assert everything["quality"] == [{"value": "360p", "label": "360p", "videos": 2}]
    found = await get(public, "/api/videos", tag="ice", quality="360p", duration="short")
    assert [each["id"] for each in found["videos"]] == [made["lake"]]
    assert [each["slug"] for each in found["videos"][0]["tags"]] == ["ice", "water"]
    of_search = await get(public, "/api/search/choices", search="glacier")
    assert [each["value"] for each in of_search["tag"]] == ["ice", "water"]


async def test_suggestions_while_somebody_types(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    typed = await get(public, "/api/search/suggestions", q="glac")
    assert typed == {
        "words": ["glacier"],
        "videos": [{"title": "Glacier lake", "slug": "glacier-lake"}],
        "corrected": None,
    }
    # A word of the hidden video alone is nobody's business.
    assert (await get(public, "/api/search/suggestions", q="glass"))["words"] == []
    assert (await get(public, "/api/search/suggestions", q="glasier lake"))["corrected"] == "glacier lake"
    assert (await get(public, "/api/search/suggestions", q=" "))["words"] == []


async def test_related_videos(ctx: Context, public: httpx.AsyncClient) -> None:
    made = await library(ctx)
    found = await get(public, "/api/videos/glacier-lake/related", limit=5)
    assert [each["id"] for each in found] == [made["walk"]]
    assert (await public.get("/api/videos/glacier-lake/related?limit=25")).status_code == 422


async def test_playlists_show_what_is_public(ctx: Context, public: httpx.AsyncClient) -> None:
    made = await library(ctx)

    async def work(tx: Transaction, new: PlaylistChanges) -> int:
        playlist = await playlists.create(tx, new)
        await playlist_items.add(tx, playlist.id, [made["hidden"], made["walk"], made["lake"]])
        return playlist.id

    await change(ctx.db, lambda tx: work(tx, {"title": "A series", "playlist_type": "series"}))
    await change(ctx.db, lambda tx: work(tx, {"title": "By link", "visibility": "unlisted"}))
    await change(ctx.db, lambda tx: work(tx, {"title": "Nobody's", "visibility": "private"}))
    listed = await get(public, "/api/playlists")
    assert [each["slug"] for each in listed["playlists"]] == ["a-series"]
    assert listed["playlists"][0]["video_count"] == 2
    assert listed["playlists"][0]["thumbnail_url"] is not None
    assert (await get(public, "/api/playlists/by-link"))["video_count"] == 2
    assert (await public.get("/api/playlists/nobody-s")).status_code == 404
    first = await get(public, "/api/playlists/a-series/videos", limit=1)
    assert [(each["number"], each["video"]["id"]) for each in first["videos"]] == [(1, made["walk"])]
    rest = await get(public, "/api/playlists/a-series/videos", after=first["next_position"])
    assert [(each["number"], each["video"]["id"]) for each in rest["videos"]] == [(2, made["lake"])]


async def test_chapters_are_told_and_can_be_read_as_a_track(ctx: Context, public: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "A film")

    async def work(tx: Transaction) -> None:
        await chapters.replace(
            tx, video.id, [{"title": "Start", "start_time": 0}, {"title": "End <3", "start_time": 60}]
        )

    await change(ctx.db, work)
    detail = await get(public, "/api/videos/a-film")
    assert [each["title"] for each in detail["chapters"]] == ["Start", "End <3"]
    answer = await public.get("/api/videos/a-film/chapters.vtt")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert "00:01:00.000 --> 00:01:01.500\nEnd &lt;3" in answer.text
    known = {"if-none-match": answer.headers["etag"]}
    assert (await public.get("/api/videos/a-film/chapters.vtt", headers=known)).status_code == 304


async def test_what_is_not_public_is_found_nowhere(ctx: Context, public: httpx.AsyncClient) -> None:
    """By list, search, suggestions, related, playlist; by link only when it is unlisted."""
    made = await library(ctx)

    async def playlist(tx: Transaction) -> None:
        both = await playlists.create(tx, {"title": "Both"})
        await playlist_items.add(tx, both.id, [made["lake"], made["walk"]])

    await change(ctx.db, playlist)
    steps = (
        lambda tx: videos.edit(tx, made["lake"], {"visibility": "unlisted"}),
        lambda tx: videos.edit(tx, made["lake"], {"visibility": "private"}),
        lambda tx: trash.soft_delete(tx, made["lake"]),
    )
    for step, by_link in zip(steps, (200, 404, 404), strict=True):
        await change(ctx.db, step)
        await change(ctx.db, index.fold)
        listed = await get(public, "/api/videos")
        assert [each["id"] for each in listed["videos"]] == [made["walk"]]
        assert (await get(public, "/api/videos", search="glacier"))["videos"] == []
        assert (await get(public, "/api/search/suggestions", q="glac"))["words"] == []
        assert await get(public, "/api/videos/a-walk/related") == []
        of_list = await get(public, "/api/playlists/both/videos")
        assert [each["video"]["id"] for each in of_list["videos"]] == [made["walk"]]
        assert (await public.get("/api/tags/ice")).status_code == 404
        assert (await public.get("/api/videos/glacier-lake")).status_code == by_link
        await eventually(public, "/videos/glacier-lake/master.m3u8", by_link)


async def test_a_name_that_is_given_back_leads_in_no_circle(ctx: Context, public: httpx.AsyncClient) -> None:
    """Browsers may keep a lasting redirect for ever, unless they are told to ask again."""
    video = await make_ready(ctx, "First")

    async def rename(slug: str) -> None:
        await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"slug": slug}))

    for here, there in (("second", "first"), ("first", "second")):
        await rename(here)
        for page in ("watch", "embed"):
            answer = await public.get(f"/{page}/{there}", follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (301, f"/{page}/{here}")
            assert answer.headers["cache-control"] == "no-cache"
            assert (await public.get(f"/{page}/{here}", follow_redirects=False)).status_code == 200
