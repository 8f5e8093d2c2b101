"""The public site in a browser: each screen's main act by mouse, by keyboard, and without any script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.accessibility import complaints_about
from tests.support.api import change, make_ready
from tests.support.browser import chromium
from tests.support.serving import serving
from vlog.catalog import index, playlist_items, playlists, tags, taxonomy, videos
from vlog.context import Context
from vlog.db.transaction import Transaction

pytestmark = pytest.mark.timeout(120)
WALKS = 30
PAGES = (
    *("/", "/search", "/search?search=walk&tag=light", "/search?search=nothing", "/categories", "/tags"),
    *("/category/mountains", "/tag/light", "/playlists", "/playlist/a-course", "/history", "/watch-later"),
)


@pytest.fixture
async def site(ctx: Context) -> AsyncIterator[str]:
    """Thirty walks and a lake, in a category, with a tag, and a course of four; one is featured."""
    made = [(await make_ready(ctx, f"Walk {number}")).id for number in range(1, WALKS + 1)]
    lake = (await make_ready(ctx, "Glacier lake")).id

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Mountains", description="Above the trees.")
        (light,) = await tags.named(tx, ["Light"])
        for video_id in made:
            await videos.edit(tx, video_id, {"category_id": category.id, "tag_ids": [light]})
        await videos.edit(tx, lake, {"is_featured": True, "description": "Ice *moves*."})
        course = await playlists.create(
            tx, {"title": "A course", "playlist_type": "course", "is_featured": True}
        )
        await playlist_items.add(tx, course.id, made[:4])
        await index.fold(tx)

    await change(ctx.db, work)
    async with serving(ctx) as running:
        yield running.url(0)


async def remember(page: Page, **library: object) -> None:
    await page.evaluate("text => localStorage.setItem('vlog:library', text)", json.dumps(library))


async def test_screens_by_mouse_and_by_keyboard(site: str) -> None:
    async with chromium() as watched:
        page = watched.page
        await search_by_keyboard(page, site)
        await filter_by_mouse(page, site)
        await lists_go_on_and_are_found_again(page, site)
        await save_for_later_and_forget(page, site)
        await follow_a_course(page, site)
        await continue_watching(page, site)
        assert await watched.complaints() == []


async def search_by_keyboard(page: Page, site: str) -> None:
    await page.goto(site)
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search videos")
    await expect(field).to_be_focused()
    await page.keyboard.type("glac")
    await expect(page.get_by_role("option", name="glacier", exact=True)).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", name="glacier", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    await page.keyboard.press("Escape")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("glasier")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Showing results for “glacier”")).to_be_visible()
    await expect(page.get_by_role("link", name="Glacier lake")).to_be_visible()


async def filter_by_mouse(page: Page, site: str) -> None:
    await page.goto(f"{site}/search?search=walk")
    box = page.get_by_role("checkbox", name="Light")
    await box.check()
    await expect(page).to_have_url(f"{site}/search?search=walk&tag=light")
    chip = page.get_by_role("link", name="Remove filter: #Light")
    await expect(chip).to_be_visible()
    # The page was not loaded anew, and the box still has the focus.
    await expect(page.get_by_role("checkbox", name="Light")).to_be_focused()
    await page.get_by_label("Sort by").select_option("title")
    await expect(page).to_have_url(f"{site}/search?search=walk&tag=light&sort=title")
    await expect(page.locator(".video-card-title").first).to_have_text("Walk 1")
    await chip.click()
    await expect(page).to_have_url(f"{site}/search?search=walk&sort=title")
    await page.go_back()
    await expect(chip).to_be_visible()


async def lists_go_on_and_are_found_again(page: Page, site: str) -> None:
    await page.goto(f"{site}/category/mountains?sort=title")
    await page.mouse.wheel(0, 20_000)
    cards = page.locator("[data-video-grid] > li")
    await expect(cards).to_have_count(WALKS)
    last = page.get_by_role("link", name="Walk 30", exact=True)
    await last.scroll_into_view_if_needed()
    before = await page.evaluate("scrollY")
    await page.goto(f"{site}/tags")
    await page.go_back()
    await expect(cards).to_have_count(WALKS)
    await expect(last).to_be_in_viewport()
    assert abs(await page.evaluate("scrollY") - before) < 200


async def save_for_later_and_forget(page: Page, site: str) -> None:
    await page.goto(f"{site}/search?search=glacier")
    button = page.get_by_role("button", name="More about “Glacier lake”")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Watch later")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Saved to watch later.")).to_be_visible()
    await expect(button).to_be_focused()
    await page.goto(f"{site}/watch-later")
    await expect(page.get_by_role("link", name="Glacier lake")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
    path = await (await download.value).path()
    await page.get_by_role("button", name="Clear").click()
    await page.get_by_role("dialog").get_by_role("button", name="Clear").click()
    await expect(page.get_by_role("heading", name="Nothing saved yet")).to_be_visible()
    await page.locator("[data-own-file]").set_input_files(path)
    await expect(page.get_by_role("link", name="Glacier lake")).to_be_visible()
    await page.get_by_role("button", name="More about “Glacier lake”").click()
    await page.get_by_role("menuitem", name="Remove from watch later").click()
    await expect(page.get_by_role("heading", name="Nothing saved yet")).to_be_visible()
    await press_for_more_twice(page, site)


async def press_for_more_twice(page: Page, site: str) -> None:
    """An impatient second press shows nothing twice."""
    await remember(page, history={str(number): [number, 100] for number in range(1, WALKS + 1)}, later={})
    await page.goto(f"{site}/history")
    cards = page.locator("[data-own-cards] [data-video-id]")
    await expect(cards).to_have_count(20)
    await page.locator("[data-own-more]").evaluate("button => { button.click(); button.click(); }")
    await expect(page.locator("[data-own-more]")).to_be_hidden()
    await expect(cards).to_have_count(WALKS)


async def follow_a_course(page: Page, site: str) -> None:
    await page.goto(f"{site}/playlist/a-course")
    await expect(page.get_by_role("link", name="Play all")).to_have_attribute(
        "href", "/watch/walk-1?playlist=a-course"
    )
    await remember(page, history={"1": [1, 100]}, later={})
    await page.reload()
    await expect(page.get_by_text("1 of 4 watched – 25 %")).to_be_visible()
    await expect(page.get_by_text("Watched", exact=True).locator("visible=true")).to_have_count(1)
    await expect(page.get_by_role("link", name="Continue")).to_have_attribute(
        "href", "/watch/walk-2?playlist=a-course"
    )


async def continue_watching(page: Page, site: str) -> None:
    await page.evaluate("localStorage.setItem('vlog:positions', '{\"2\":[20,61,5],\"999\":[20,61,6]}')")
    await page.goto(site)
    row = page.get_by_role("region", name="Continue watching")
    await expect(row.get_by_role("link", name="Walk 2", exact=True)).to_be_visible()
    await expect(row.locator("li")).to_have_count(1)
    await expect(row.get_by_text("33 % watched")).to_be_attached()


async def test_screens_can_be_read_by_everybody(site: str) -> None:
    found = {}
    async with chromium(width=360, dark=True) as watched:
        page = watched.page
        for width in (360, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            for path in PAGES:
                await page.goto(f"{site}{path}")
                await page.wait_for_timeout(60)
                if complaints := await complaints_about(page):
                    found[width, path] = complaints
            await page.emulate_media(color_scheme="light")
        assert found == {}
        assert await watched.complaints() == []
        assert page.context.browser is not None
        await without_script(page.context.browser, site)


async def without_script(browser: Browser, site: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_role("searchbox").fill("walk")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("30 videos")).to_be_visible()
    await page.get_by_role("checkbox", name="Light").check()
    await page.get_by_role("button", name="Show videos").click()
    await expect(page.get_by_role("link", name="Remove filter: #Light")).to_be_visible()
    await page.get_by_role("link", name="Load more").click()
    await expect(page.locator("[data-video-grid] > li")).to_have_count(WALKS - 24)
    await page.get_by_role("link", name="First page").click()
    await expect(page.locator("[data-video-grid] > li")).to_have_count(24)
    await page.locator("summary", has_text="Library").click()
    await page.get_by_role("link", name="History").first.click()
    await expect(page.get_by_text("never sent to this site")).to_be_visible()
    await page.goto(f"{site}/category/mountains")
    await page.get_by_label("Sort by").select_option("oldest")
    await page.get_by_role("button", name="Sort").click()
    await expect(page.locator(".video-card-title").first).to_have_text("Walk 1")
    await page.goto(f"{site}/playlist/a-course")
    await page.get_by_role("link", name="Play all").click()
    await expect(page.get_by_role("heading", name="Walk 1")).to_be_visible()
    await context.close()
