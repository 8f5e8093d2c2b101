"""The admin's pages of categories and tags: made, sorted, merged and removed, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.support.accessibility import complaints_about
from tests.support.api import SECRET, change, make_ready
from tests.support.browser import chromium
from tests.support.serving import Running, serving
from tests.support.sorting import drag
from vlog.catalog import index, tags, taxonomy, videos
from vlog.context import Context

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def test_categories_are_made_sorted_and_removed(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "A walk")
    walks = await change(ctx.db, lambda tx: taxonomy.create(tx, "Walks"))
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"category_id": walks.id}))
    await change(ctx.db, lambda tx: taxonomy.create(tx, "Talks"))
    await change(ctx.db, lambda tx: taxonomy.create(tx, "Songs"))
    await change(ctx.db, index.fold)
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/categories")
        await expect(page.locator(".row-title")).to_have_text(["Walks", "Talks", "Songs"])
        rows = page.locator("[data-row-id]")
        names = page.locator(".row-title")
        async with page.expect_response("**/reorder"):
            await drag(page, rows.nth(0), rows.nth(2))
        await expect(names).to_have_text(["Talks", "Songs", "Walks"])
        await page.get_by_role("button", name="Move Walks", exact=True).focus()
        async with page.expect_response("**/reorder"):
            await page.keyboard.press("ArrowUp")
        await expect(page.locator("[role=status]").first).to_have_text("“Walks” is now number 2 of 3.")
        await expect(page.get_by_role("button", name="Move Walks", exact=True)).to_be_focused()
        async with page.expect_response("**/reorder"):
            await page.get_by_role("button", name="Move up: Walks").click()
        assert [each.name for each in await taxonomy.categories(ctx.db)] == ["Walks", "Talks", "Songs"]

        await page.get_by_role("button", name="Edit: Walks").press("Enter")
        await page.get_by_role("textbox", name="Name").fill("Talks")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert").first).to_contain_text("There is a category")
        await page.get_by_role("textbox", name="Name").fill("Hikes")
        await page.get_by_label("Address").fill("on-foot")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".row-title").first).to_have_text("Hikes")
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Delete: Hikes").click()
        await expect(page.get_by_text("One video is in “Hikes”. It stays")).to_be_visible()
        await page.get_by_role("button", name="Delete category").click()
        await expect(page.locator(".row-title")).to_have_text(["Talks", "Songs"])
        assert (await videos.by_id(ctx.db, video.id)).category_id is None
        assert [each for each in await watched.complaints() if "409" not in each] == []


async def test_tags_are_found_renamed_and_merged(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "At the sea")
    names = ["Sea", "Seaside", *(f"Word {number:03}" for number in range(120))]
    made = await change(ctx.db, lambda tx: tags.named(tx, names))
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"tag_ids": made[:1]}))
    await change(ctx.db, index.fold)
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/tags")
        await expect(page.locator(".row")).to_have_count(105)  # 100 and what is shown while they are loaded
        await page.get_by_role("button", name="More tags").click()
        await expect(page.get_by_text("Word 119", exact=True)).to_be_visible()
        await page.get_by_label("Search tags").fill("sEa")
        await expect(page.locator(".row-title")).to_have_text(["Sea", "Seaside"])
        await page.get_by_role("button", name="Merge: Sea", exact=True).press("Enter")
        await page.get_by_role("combobox").press_sequentially("seas")
        await page.get_by_role("option").first.wait_for()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("One video gets “Seaside” instead of “Sea”")).to_be_visible()
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Merge tags").click()
        await expect(page.locator(".row-title")).to_have_text(["Seaside"])
        await page.get_by_role("button", name="Rename: Seaside").click()
        await page.get_by_role("textbox", name="Name").fill("Coast")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("No tag begins with")).to_be_visible()
        await page.get_by_label("Search tags").fill("coast")
        await expect(page.locator(".row-meta")).to_have_text(["/tag/coast"])
        await page.get_by_role("button", name="Delete: Coast").click()
        await page.get_by_role("button", name="Delete tag").click()
        await expect(page.get_by_role("button", name="Create it")).to_be_visible()
        assert await watched.complaints() == []
    assert (await videos.by_id(ctx.db, video.id)).tags == "[]"
