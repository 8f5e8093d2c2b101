"""The admin's pages of playlists and of custom fields: made, filled, sorted and removed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.support.accessibility import complaints_about
from tests.support.api import SECRET, change, make_ready
from tests.support.browser import chromium
from tests.support.serving import Running, serving
from vlog.catalog import fields, playlist_items, playlists
from vlog.context import Context

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def test_a_playlist_is_made_filled_and_sorted(ctx: Context, running: Running) -> None:
    made = [await make_ready(ctx, title) for title in ("Harbour", "Sailing", "Storm")]
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/playlists")
        await page.get_by_role("button", name="New playlist").first.click()
        await page.get_by_label("Title", exact=True).fill("At sea")
        await page.get_by_label("Type", exact=True).select_option("series")
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Create playlist").press("Enter")
        await expect(page).to_have_url(f"{running.url(1)}/playlist/1")
        box = page.get_by_role("combobox", name="Add a video")
        for word in ("harb", "sail", "stor"):
            await box.press_sequentially(word)
            await page.locator("li[role=option]").first.wait_for()
            async with page.expect_response("**/playlists/1/videos**"):
                await page.keyboard.press("Enter")
        await expect(page.locator(".row-title")).to_have_text(["Harbour", "Sailing", "Storm"])
        async with page.expect_response("**/move"):
            await page.get_by_role("button", name="Move Storm", exact=True).press("Home")
        await expect(page.get_by_role("button", name="Move Storm", exact=True)).to_be_focused()
        await page.get_by_role("button", name="Take out: Harbour").click()
        await expect(page.locator(".row-title")).to_have_text(["Storm", "Sailing"])
        await page.get_by_role("button", name="Undo").click()
        await expect(page.locator(".row-title")).to_have_text(["Storm", "Harbour", "Sailing"])
        # Somebody else edits meanwhile: told, and nothing is lost.
        await change(ctx.db, lambda tx: playlists.edit(tx, 1, {"title": "By boat", "description": "Theirs"}))
        await page.get_by_label("Title", exact=True).fill("On the water")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-theirs]")).to_have_text(["By boat"])
        await page.get_by_role("button", name="Keep mine: Title").click()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("On the water")
        assert await complaints_about(page) == []
    after = await playlists.by_id(ctx.db, 1)
    assert (after.title, after.description, after.playlist_type) == ("On the water", "Theirs", "series")
    assert await playlist_items.ids(ctx.db, 1) == [made[2].id, made[0].id, made[1].id]


async def test_custom_fields_are_made_sorted_and_removed(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    place = await change(ctx.db, lambda tx: fields.create(tx, {"name": "Place", "field_type": "text"}))
    await change(ctx.db, lambda tx: fields.answer(tx, video.id, {place.id: "Hamburg"}))
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/fields")
        await page.get_by_role("button", name="New field").first.click()
        await page.locator("#field-name").fill("Camera")
        await page.locator("#field-type").select_option("select")
        await page.locator("#field-options").fill("Handheld\nDrone")
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Create field").click()
        await expect(page.locator(".row-title")).to_have_text(["Place", "Camera"])
        async with page.expect_response("**/api/custom-fields/*"):
            await page.get_by_role("button", name="Move Camera", exact=True).press("ArrowUp")
        await expect(page.locator(".row-title")).to_have_text(["Camera", "Place"])
        await page.get_by_role("button", name="Edit: Place").click()
        await expect(page.locator("#field-type")).to_be_disabled()
        await page.locator("#field-name").fill("Where")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Where", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Delete: Where").click()
        await expect(page.get_by_text("One video says something to “Where”.")).to_be_visible()
        await page.get_by_role("button", name="Delete field").click()
        await expect(page.locator(".row-title")).to_have_text(["Camera"])
        assert await watched.complaints() == []
    assert [field.name for field in await fields.fields(ctx.db)] == ["Camera"]
