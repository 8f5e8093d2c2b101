"""Every word of the public pages is translated: in German they say nothing that they say in English."""

from __future__ import annotations

import re

from playwright.async_api import Page

from tests.support.browser import chromium
from tests.support.every_page import furnish, pages
from tests.support.serving import serving
from vlog.api.languages import COOKIE, LANGUAGES, catalogue
from vlog.context import Context

# What people named, and names that are the same everywhere.
OWN = {
    *("VLog", "Nature", "Water", "Evenings", "Place", "Out of doors", "A walk", "one", "two", "A link"),
    *("The lake", "Film", "film", "p", *LANGUAGES.values()),
}
_SAID = """
() => {
  const said = new Set();
  const unread = "script, style, template, noscript, code, kbd, textarea, [lang]:not(html)";
  const heard = ["aria-label", "title", "placeholder", "alt", "aria-valuetext", "aria-description"];
  const walker = document.createTreeWalker(document.documentElement, 5);  // elements and texts
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement;
    if (element.closest(unread) !== null) continue;
    if (node instanceof Text) said.add(node.data);
    else for (const name of heard) said.add(node.getAttribute(name) ?? "");
  }
  return [...said];
}
"""
# Each opens something whose words no server has sent.
_MENUS = ("Shift+?", "Escape")


async def said(page: Page, address: str) -> set[str]:
    """What the page says and what a screen reader would, letters and spaces only."""
    await page.goto(address, wait_until="load")
    await page.wait_for_timeout(300)
    found = set(await page.evaluate(_SAID))
    if "/watch/" in address:
        for key in _MENUS:
            await page.keyboard.press(key)
            found |= set(await page.evaluate(_SAID))
        for button in await page.locator("[data-player] button[aria-haspopup]:visible").all():
            await button.click()
            found |= set(await page.evaluate(_SAID))
            await page.keyboard.press("Escape")
    return {text for each in found if (text := bare(each))}


def bare(text: str) -> str:
    """Without numbers, signs and what people named: those are the same in every language."""
    words = " ".join(re.sub(r"[\W\d_]+", " ", text).split())
    return " ".join(re.sub(rf"\b({'|'.join(OWN)})\b", " ", words).split())


def the_same_in_both() -> set[str]:
    """Messages whose translation is the English word: "Video"."""
    forms = catalogue("de").forms
    return {bare(re.sub(r"%\(\w+\)s", " ", message)) for message, there in forms.items() if message in there}


async def test_german_pages_say_nothing_in_english(ctx: Context) -> None:
    await furnish(ctx)
    untranslated = {}
    async with serving(ctx) as running, chromium() as watched:
        addresses = [each for each in await pages(ctx, running) if each.startswith(running.url(0))]
        addresses += [
            running.url(0) + "/search?search=12345",
            running.url(0) + "/search?sort=nonsense",
        ]
        assert len(addresses) > 10
        heard: dict[str, dict[str, set[str]]] = {}
        for language in LANGUAGES:
            await watched.page.context.add_cookies(
                [{"name": COOKIE, "value": language, "url": running.url(0)}]
            )
            heard[language] = {address: await said(watched.page, address) for address in addresses}
    same = the_same_in_both()
    for address in addresses:
        if left := heard["en"][address] & heard["de"][address] - same:
            untranslated[address.partition("//")[2].partition("/")[2]] = sorted(left)
    assert not untranslated, untranslated
