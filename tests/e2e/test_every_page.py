"""Every page of both faces, found in the applications themselves: axe objects to nothing in either theme,
nothing moves while a page comes up, and the watch page weighs little.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import pytest

from tests.support.api import SECRET
from tests.support.axe import contrast, violations
from tests.support.browser import Watched, chromium
from tests.support.every_page import furnish, pages
from tests.support.serving import Running, serving
from vlog.context import Context

pytestmark = pytest.mark.timeout(240)
# Bytes of scripts and style as they travel, without the engine, which comes when something is to be played.
WATCH_PAGE_BYTES = 120_000
# What moves less than this in all is not seen: scores are told with two decimals.
UNSEEN = 0.005
# What a browser remembers only its script knows: an empty list, and by this address a list of one video.
OWN_LISTS = ("/history", "/watch-later")
_REMEMBERED = """
  if (location.search === "?remembered")
    localStorage.setItem("vlog:library", '{"history":{"1":[1,50]},"later":{"1":1}}');
"""
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


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    await furnish(ctx)
    async with serving(ctx) as process:
        yield process


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
