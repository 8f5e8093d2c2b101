"""Every page of both faces, found in the applications themselves: axe objects to nothing in either theme,
nothing moves while a page comes up, and the watch page weighs little.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import pytest

from tests.api.test_openapi import table
from tests.support.api import SECRET, change, make_ready
from tests.support.axe import contrast, violations
from tests.support.browser import Watched, chromium
from tests.support.serving import Running, serving
from vlog.catalog import chapters, fields, index, playlist_items, playlists, tags, taxonomy, videos
from vlog.catalog.videos import VideoChanges
from vlog.context import Context
from vlog.db.transaction import Transaction

pytestmark = pytest.mark.timeout(240)
VIDEOS = 4
# Bytes of scripts and style as they travel, without the engine, which comes when something is to be played.
WATCH_PAGE_BYTES = 120_000
# ``/cards`` are parts of pages.
NO_PAGES = ("/api/", "/videos/{", "/cards")
FACES = {"public": 0, "admin": 1}
# What moves less than this in all is not seen: scores are told with two decimals.
UNSEEN = 0.005
# What a browser remembers only its script knows: an empty list, and by this address a list of one video.
OWN_LISTS = ("/history", "/watch-later")
_REMEMBERED = """
  if (location.search === "?remembered")
    localStorage.setItem("vlog:library", '{"history":{"1":[1,50]},"later":{"1":1}}');
"""
NAMES = {"watch": "film-0", "embed": "film-0", "category": "nature", "tag": "water", "playlist": "evenings"}
_MOVED = """
  window.__moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
# Colours that were on their way have arrived.
_DRAWN = """
async (theme) => {
  const frame = () => new Promise(requestAnimationFrame);
  const { dataset } = document.documentElement;
  for (let tries = 0; dataset.shade !== theme && tries < 100; tries += 1) await frame();
  await frame();
  await new Promise((drawn) => setTimeout(drawn, 100));
}
"""
_WEIGHT = """
  performance.getEntriesByType("resource")
    .filter(({ name }) => /\\/static\\/.*\\.(js|css)$/.test(name) && !name.includes("shaka-engine"))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
"""


async def furnish(ctx: Context) -> None:
    """A little of everything that pages show."""
    found = [await make_ready(ctx, f"Film {number}") for number in range(VIDEOS)]

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Nature", description="Out of doors.")
        water = await tags.named(tx, ["Water"])
        playlist = await playlists.create(tx, {"title": "Evenings", "playlist_type": "series"})
        await playlist_items.add(tx, playlist.id, [each.id for each in found])
        await fields.create(tx, {"name": "Place", "field_type": "text"})
        for each in found:
            text = "A walk.\n\n- one\n- two\n\n[A link](https://example.com)"
            said: VideoChanges = {
                "category_id": category.id,
                "tag_ids": water,
                "description": text,
                "is_featured": True,
            }
            await videos.edit(tx, each.id, said)
            await chapters.add(tx, each.id, {"title": "The lake", "start_time": 0.0})
        await index.fold(tx)

    await change(ctx.db, work)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    await furnish(ctx)
    async with serving(ctx) as process:
        yield process


async def pages(ctx: Context, running: Running) -> list[str]:
    """The address of every page: what answers a browser's GET with HTML."""
    found = []
    async with httpx.AsyncClient(headers={"X-Admin-Secret": SECRET}, timeout=30) as client:
        for row in table(ctx):
            path = row["path"]
            if row["method"] != "GET" or row["zone"] not in FACES or path.startswith(NO_PAGES):
                continue
            path = path.replace("{slug}", NAMES.get(path.split("/")[1], "film-0"))
            path = re.sub(r"\{\w+_id\}", "1", path)
            address = running.url(FACES[row["zone"]]) + path
            answer = await client.get(address, headers={"Accept": "text/html"})
            if answer.status_code == httpx.codes.OK and "text/html" in answer.headers["content-type"]:
                found.append(address)
        found.append(running.url(0) + "/search?search=film")
        found.append(running.url(0) + "/nothing/here")
    return found


async def visit(watched: Watched, address: str, *, dark: bool) -> list[str]:
    """What is wrong with the page once its scripts have filled it."""
    await watched.page.goto(address, wait_until="load")
    await watched.page.wait_for_timeout(500)
    moved = await watched.page.evaluate("window.__moved")
    found = [*await violations(watched.page), *([] if moved < UNSEEN else [f"moved by {moved:.3f}"])]
    # The same page in the other colours: the sheet knows no other rules for them.
    themes: list[Literal["light", "dark"]] = ["light", "dark"]
    usual, other = themes[dark], themes[not dark]
    await watched.page.emulate_media(reduced_motion="reduce")
    await watched.page.emulate_media(color_scheme=other)
    await watched.page.evaluate(_DRAWN, other)
    found += [f"in {other} colours: {each}" for each in await contrast(watched.page)]
    await watched.page.emulate_media(color_scheme=usual, reduced_motion="no-preference")
    return found


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["phone", "desk"])
async def test_axe_and_the_eye_object_to_nothing(
    ctx: Context, running: Running, width: int, dark: bool
) -> None:
    """Each page whole in one theme, its colours in both."""
    found = {}
    addresses = await pages(ctx, running)
    assert len(addresses) > 20
    addresses += [f"{running.url(0)}{path}?remembered" for path in OWN_LISTS]
    async with chromium(width=width, dark=dark) as watched:
        await watched.page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await watched.page.context.add_init_script(_MOVED + _REMEMBERED)
        for address in addresses:
            if complaints := await visit(watched, address, dark=dark):
                found[address.partition("//")[2]] = complaints
    assert not found, "\n".join(f"{page}: {said}" for page, said in found.items())


async def test_the_watch_page_weighs_little(running: Running) -> None:
    async with chromium() as watched:
        await watched.page.goto(running.url(0) + "/watch/film-0", wait_until="networkidle")
        weight = await watched.page.evaluate(_WEIGHT)
    assert 5_000 < weight <= WATCH_PAGE_BYTES
