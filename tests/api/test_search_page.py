"""The search page without any script: an address for every question, choices with numbers, spelling."""

from __future__ import annotations

import re
from html import unescape

import httpx

from tests.support.api import change, make_ready
from vlog.catalog import fields, index, tags, taxonomy, videos
from vlog.context import Context
from vlog.db.transaction import Transaction


async def library(ctx: Context) -> None:
    """Three videos; two of them in categories of their own, all with tags."""
    lake, walk, film = [(await make_ready(ctx, title)).id for title in ("Glacier lake", "A walk", "A film")]

    async def work(tx: Transaction) -> None:
        mountains, town = [await taxonomy.create(tx, name) for name in ("Mountains", "Town")]
        ice, light = await tags.named(tx, ["Ice", "Light"])
        await videos.edit(tx, lake, {"category_id": mountains.id, "tag_ids": [ice, light]})
        await videos.edit(tx, walk, {"category_id": town.id, "tag_ids": [light]})
        await videos.edit(tx, film, {"tag_ids": [light]})
        await tx.execute("UPDATE videos SET duration = 1800 WHERE id = $1", film)
        await index.refresh(tx, film)
        await index.fold(tx)

    await change(ctx.db, work)


def titles(page: str) -> list[str]:
    return re.findall(r'class="video-card-title"[^>]*><a [^>]*>([^<]+)', page)


async def found(public: httpx.AsyncClient, query: str) -> str:
    answer = await public.get(f"/search?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_every_filter_stands_in_the_address(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    assert len(titles(await found(public, ""))) == 3
    assert titles(await found(public, "category=mountains")) == ["Glacier lake"]
    # A form repeats the name, an address joins the values.
    for both in ("category=mountains&category=town", "category=mountains,town"):
        assert set(titles(await found(public, both))) == {"Glacier lake", "A walk"}
    assert titles(await found(public, "tag=ice,light")) == ["Glacier lake"]
    assert titles(await found(public, "duration=long")) == ["A film"]
    assert len(titles(await found(public, "quality=360p"))) == 3
    assert titles(await found(public, "date_to=2001-01-01")) == []
    assert len(titles(await found(public, "within=week&date_from=&featured=&search="))) == 3
    assert titles(await found(public, "featured=true")) == []
    assert titles(await found(public, "sort=title")) == ["A film", "A walk", "Glacier lake"]
    assert titles(await found(public, "sort=longest"))[0] == "A film"


async def test_choices_have_numbers_and_chosen_ones_can_be_taken_away(
    ctx: Context, public: httpx.AsyncClient
) -> None:
    await library(ctx)
    page = await found(public, "category=mountains&tag=ice&sort=title")
    assert 'value="mountains" checked' in page
    # Choosing the other one as well would add its video, were it not for the tag.
    numbers = dict(
        re.findall(r'value="([\w-]+)"[^>]*>\s*<span dir="auto">[^<]*</span>\s*<span [^>]*>(\d+)', page)
    )
    assert (numbers["mountains"], numbers["ice"]) == ("1", "1")
    chips = [unescape(each) for each in re.findall(r'class="filter-chip" href="([^"]+)"', page)]
    assert chips == ["/search?tag=ice&sort=title", "/search?category=mountains&sort=title"]
    other = await found(public, "category=mountains")
    assert re.search(r'value="town"[^>]*>\s*<span dir="auto">Town</span>\s*<span [^>]*>1<', other)


async def test_custom_fields_are_choices(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)

    async def work(tx: Transaction) -> None:
        field = await fields.create(tx, {"name": "Speaker", "field_type": "text"})
        await fields.answer(tx, 1, {field.id: "Ada, L."})
        await index.fold(tx)

    await change(ctx.db, work)
    page = await found(public, "")
    assert 'name="custom.speaker" value="Ada, L."' in page
    assert titles(await found(public, "custom.speaker=Ada%2C%20L.")) == ["Glacier lake"]


async def test_another_spelling_is_shown_or_offered(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    page = await found(public, "search=glasier")
    assert "Showing results for “glacier”" in page
    assert titles(page) == ["Glacier lake"]
    assert 'href="/search?search=glasier&amp;exact=true"' in page
    exact = await found(public, "search=glasier&exact=true")
    assert titles(exact) == []
    assert "Did you mean" in exact
    assert "Nothing found for “glasier”" in exact


async def test_what_cannot_be_asked(ctx: Context, public: httpx.AsyncClient) -> None:
    await library(ctx)
    gone = await public.get("/search?category=sea")
    assert gone.status_code == 404
    assert "One of these filters leads nowhere" in gone.text
    for query in ("sort=luck", "duration=endless", "date_from=yesterday", "within=hour", "quality=fine"):
        assert (await public.get(f"/search?{query}")).status_code == 422, query
    assert (await public.get("/search?cursor=nonsense")).status_code == 400
