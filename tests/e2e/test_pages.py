"""All pages by day and night, on phones and desks, by keyboard; and the page of the storage at work."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.accessibility import complaints_about, tab_through
from tests.support.browser import chromium
from tests.support.clips import clip
from tests.support.installation import SECRET, Installation

pytestmark = pytest.mark.timeout(240)
TITLE = "A film with a title that is too long for any line on any telephone"


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One film, one file that is none, and one that lies in the inbox in vain."""
    with tempfile.TemporaryDirectory(prefix="vlog-pages-") as folder:
        running = Installation(Path(folder))
        try:
            running.start({"VLOG_STORAGE_INBOX_SETTLE_SECONDS": "1"})
            (running.storage / "uploads" / "inbox" / f"{'long' * 40}.mp4").touch()
            nothing = Path(folder) / "nothing.mp4"
            nothing.write_bytes(b"This is no film.")
            for path, title in ((clip("sintel_small.mp4"), TITLE), (nothing, "Nothing")):
                video_id = int(running.upload(path, title)["video_id"])
                running.wait_until_over(video_id, whole_job=True)
            yield running
            assert running.stop() == 0
        finally:
            running.kill()


def pages(installation: Installation) -> list[str]:
    slug = installation.video(1)["slug"]
    admin = [
        f"{installation.admin}{path}"
        for path in ("/", "/videos", "/archive", "/audit", "/uploads", "/storage", "/video/1", "/video/2")
    ]
    return [*admin, installation.public, f"{installation.public}/watch/{slug}"]


async def signed_in(page: Page) -> None:
    await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
async def test_every_page_can_be_read_and_used(installation: Installation, width: int, dark: bool) -> None:
    found = {}
    async with chromium(width=width, dark=dark) as watched:
        await signed_in(watched.page)
        for address in await asyncio.to_thread(pages, installation):
            await watched.page.goto(address, wait_until="networkidle" if "watch" in address else "load")
            await watched.page.wait_for_timeout(400)
            if complaints := await complaints_about(watched.page):
                found[address] = complaints
        assert found == {}
        assert await watched.complaints() == []


async def test_the_keyboard_reaches_everything_in_order(installation: Installation) -> None:
    async with chromium() as watched:
        page = watched.page
        await signed_in(page)
        await page.goto(f"{installation.admin}/uploads")
        await expect(page.get_by_text("Stays in the inbox")).to_be_visible()
        names = await tab_through(page)
        assert names[0] == "Skip to content"
        order = ["Videos", "Uploads", "Storage", "Log out", "Choose files"]
        assert [name for name in names if name in order] == order
        await page.goto(f"{installation.public}/watch/{installation.video(1)['slug']}")
        await expect(page.get_by_role("button", name="Play").first).to_be_visible()
        names = await tab_through(page)
        order = ["Skip to content", "Position", "Volume", "Keyboard shortcuts", "Full screen", "Share"]
        assert [name for name in names if name in order] == order


async def test_many_videos_go_into_the_archive_and_come_back(installation: Installation) -> None:
    """By keys to the page and to the rows, by mouse for the rest."""
    async with chromium() as watched:
        page = watched.page
        await signed_in(page)
        await page.goto(installation.admin)
        await expect(page.get_by_role("heading", name="Newest")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("g")
        await page.keyboard.press("v")
        await page.wait_for_url("**/videos")
        await expect(page.get_by_role("link", name=TITLE, exact=True)).to_be_visible()
        for keys in ("j", "x", "j", "Shift+X"):
            await page.keyboard.press(keys)
        await expect(page.get_by_text("2 videos selected")).to_be_visible()
        await page.get_by_role("button", name="Archive", exact=True).click()
        await page.get_by_role("button", name="Move to the archive").click()
        await expect(page.get_by_text("2 videos in the archive.")).to_be_visible()
        await expect(page.get_by_text("No videos yet")).to_be_visible()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_text("Undone.")).to_be_visible()
        await expect(page.get_by_role("link", name=TITLE, exact=True)).to_be_visible()
        await page.goto(f"{installation.admin}/archive")
        await expect(page.get_by_text("The archive is empty")).to_be_visible()
        await page.goto(f"{installation.admin}/audit?subject_type=videos")
        await expect(page.get_by_text("restored 2 videos")).to_be_visible()
        assert await watched.complaints() == []


async def test_the_address_keeps_what_is_shown(installation: Installation) -> None:
    async with chromium(width=360) as watched:
        page = watched.page
        await signed_in(page)
        await page.goto(f"{installation.admin}/videos?status=failed")
        await expect(page.get_by_role("link", name="Nothing", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name=TITLE, exact=True)).to_have_count(0)
        await page.get_by_role("button", name="Clear", exact=True).click()
        await expect(page.get_by_role("link", name=TITLE, exact=True)).to_be_visible()
        assert page.url.endswith("/videos")
        await page.get_by_role("button", name="Menu").click()
        await expect(page.get_by_role("link", name="Storage")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("link", name="Storage")).to_be_hidden()
        assert await watched.complaints() == []


async def test_a_damaged_film_is_found_and_made_whole_on_the_page(installation: Installation) -> None:
    (segment, *_) = sorted(installation.storage.glob("videos/*/*/*/segment_0.m4s"))
    damaged = segment.read_bytes()[:-1]
    segment.write_bytes(damaged)
    async with chromium() as watched:
        page = watched.page
        await signed_in(page)
        await page.goto(f"{installation.admin}/storage")
        await page.get_by_role("button", name="Check now").click()
        await expect(page.get_by_role("link", name=TITLE)).to_be_visible(timeout=60_000)
        await expect(page.get_by_text("is damaged")).to_be_visible()
        await expect(page.get_by_role("button", name="Check now")).to_be_visible(timeout=60_000)
        assert await complaints_about(page) == []
        await page.get_by_role("button", name=f"Make again: {TITLE}").click()
        await expect(page.get_by_text("Every file is as it should be.")).to_be_visible(timeout=90_000)
        assert await watched.complaints() == []
    assert segment.read_bytes() != damaged
