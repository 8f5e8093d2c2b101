"""What a newcomer does: start, set up, drop a file, watch. Real processes, real Chromium, real footage."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.support.browser import Watched, chromium
from tests.support.clips import clip
from tests.support.installation import SECRET, Installation

TITLE = "A walk outside"
_DROP = """
  ([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const dropped = new DataTransfer();
    dropped.items.add(new File([bytes], name, { type: "video/mp4" }));
    const zone = document.querySelector("[data-drop-zone]");
    for (const type of ["dragover", "drop"]) {
      zone.dispatchEvent(new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true }));
    }
  }
"""


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    """A fresh home that nobody has set up."""
    fresh = Installation(tmp_path, secret=None)
    try:
        await asyncio.to_thread(fresh.start)
        yield fresh
        assert await asyncio.to_thread(fresh.stop) == 0
    finally:
        fresh.kill()


@pytest.mark.timeout(300)
async def test_from_set_up_to_playback(installation: Installation) -> None:
    async with chromium() as watched:
        page = watched.page
        await _set_up(page, installation)
        await _drop(page, clip("outdoor_vp9_in_mp4.mp4"))
        await _see_progress_move(page)
        installation.secret = SECRET
        video = (await asyncio.to_thread(_videos, installation))[0]
        await page.goto(f"{installation.public}/watch/{video['slug']}")
        await _watch(watched)
        await asyncio.to_thread(installation.wait_until_over, video["id"], seconds=200, whole_job=True)
        await page.reload()
        for lines in (360, 720, 480):
            await _choose_quality(page, lines)
        await page.goto(installation.public)
        await expect(page.get_by_role("link", name=TITLE).first).to_be_visible()
        await _see_the_thumbnail(page)
        assert await watched.complaints() == []


async def _set_up(page: Page, installation: Installation) -> None:
    await page.goto(installation.setup_link())
    await page.get_by_label("New admin secret").fill(SECRET)
    await page.get_by_label("The same once more").fill(SECRET)
    await page.get_by_role("button", name="Set up").click()
    await expect(page.get_by_text("No videos yet")).to_be_visible()


async def _drop(page: Page, source: Path) -> None:
    content = base64.b64encode(source.read_bytes()).decode()
    await page.evaluate(_DROP, [source.name, content])
    await page.get_by_label("Title", exact=True).fill(TITLE)
    await page.get_by_role("button", name=re.compile("^Upload")).click()


async def _see_progress_move(page: Page) -> None:
    """The bar of the video's row grows; it is looked at in one step, for it may go at any moment."""
    name = f"Progress of {TITLE}"
    look = "name => [...document.querySelectorAll('progress')].find((one) => one.ariaLabel === name)?.value"
    seen: list[float] = []
    for _ in range(600):
        value = await page.evaluate(look, name)
        if value is not None and value not in seen:
            seen.append(value)
        if len(seen) >= 3 or (seen and value is None):
            break
        await asyncio.sleep(0.05)
    assert len(seen) >= 2, f"the bar stood still at {seen}"
    assert seen == sorted(seen), f"the bar went back: {seen}"


async def _see_the_thumbnail(page: Page) -> None:
    """In the smallest format, and decoded."""
    picture = "document.querySelector('.video-card img')"
    await _until(page, f"{picture}.complete && {picture}.naturalWidth > 0", seconds=20)
    assert ".avif?v=1" in await page.evaluate(f"{picture}.currentSrc")


async def _watch(watched: Watched) -> None:
    page = watched.page
    player = page.locator("[data-player]")
    # The page may have been opened while the video was still being made: it turns into playback by itself.
    await expect(player).to_be_visible(timeout=120_000)
    await _play(page)
    await _until(page, "document.querySelector('video').currentTime > 1", seconds=20)
    height = await page.evaluate("document.querySelector('video').videoHeight")
    assert height in {360, 480, 720}


async def _play(page: Page) -> None:
    """Press Play unless it plays already: a page that has waited for its video starts it by itself."""
    for _ in range(100):
        if not await page.evaluate("document.querySelector('video').paused"):
            return
        with suppress(PlaywrightTimeout):
            await page.get_by_role("button", name="Play", exact=True).first.click(timeout=1000)
        await asyncio.sleep(0.2)
    raise AssertionError("it does not play")


async def _choose_quality(page: Page, lines: int) -> None:
    # The film is short: on a busy machine it would end before the menu is open or the picture changes.
    await page.evaluate(
        "Object.assign(document.querySelector('video'), {currentTime: 0, playbackRate: 0.25})"
    )
    await _play(page)
    await page.locator("[data-player]").hover()
    await page.get_by_role("button", name=re.compile("^Quality")).click()
    await page.get_by_role("menuitemradio", name=re.compile(f"^{lines}p")).click()
    await _until(page, f"document.querySelector('video').videoHeight === {lines}", seconds=30)
    await page.evaluate("document.querySelector('video').pause()")


async def _until(page: Page, condition: str, *, seconds: float) -> None:
    # Not wait_for_function: it evaluates text inside the page, which the page's content policy forbids.
    for _ in range(int(seconds * 10)):
        if await page.evaluate(condition):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {condition}")


def _videos(installation: Installation) -> list[dict[str, Any]]:
    with installation.api() as client:
        answer = client.get("/api/videos")
        answer.raise_for_status()
        videos: list[dict[str, Any]] = answer.json()["videos"]
        return videos
