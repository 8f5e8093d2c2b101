"""The admin's pages of playlists and of custom fields: made, filled, sorted and removed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.support.accessibility import complaints_about
from tests.support.api import SECRET, change, make_ready
from tests.support.browser import chromium
from tests.support.serving import Running, serving
from tests.support.sorting import drag
from vlog.catalog import chapters, fields, playlist_items, playlists, tags, taxonomy, videos
from vlog.context import Context
from vlog.kit.acting import Actor, act_as

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
        for title in ("Harbour", "Sailing", "Storm"):
            await box.press_sequentially(title[:4].lower())
            await page.get_by_role("option", name=title).wait_for()
            await page.keyboard.press("Enter")
            await expect(page.locator(".row-title").last).to_have_text(title)
        await expect(page.locator(".row-title")).to_have_text(["Harbour", "Sailing", "Storm"])
        async with page.expect_response("**/move"):
            await page.get_by_role("button", name="Move Storm", exact=True).press("Home")
        await expect(page.get_by_role("button", name="Move Storm", exact=True)).to_be_focused()
        rows = page.locator("[data-row-id]")
        async with page.expect_response("**/move"):
            await drag(page, rows.nth(0), rows.nth(1))
        await expect(page.locator(".row-title")).to_have_text(["Harbour", "Storm", "Sailing"])
        async with page.expect_response("**/move"):
            await page.get_by_role("button", name="Move up: Storm").click()
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
        await page.get_by_label("Shown to visitors").uncheck()
        await expect(page.get_by_label("Visitors can filter by it")).to_be_disabled()
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Create field").click()
        await expect(page.locator(".row-title")).to_have_text(["Place", "Camera"])
        rows = page.locator("[data-row-id]")
        async with page.expect_response("**/api/custom-fields"):
            await drag(page, rows.nth(0), rows.nth(1))
        await expect(page.locator(".row-title")).to_have_text(["Camera", "Place"])
        async with page.expect_response("**/api/custom-fields"):
            await page.get_by_role("button", name="Move Place", exact=True).press("ArrowUp")
        await expect(page.locator(".row-title")).to_have_text(["Place", "Camera"])
        async with page.expect_response("**/api/custom-fields"):
            await page.get_by_role("button", name="Move Camera", exact=True).press("Home")
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
    assert [(field.name, field.is_public) for field in await fields.fields(ctx.db)] == [("Camera", False)]


async def test_pages_follow_others_and_keep_what_is_typed(ctx: Context, running: Running) -> None:
    """Somebody else works beside; nobody reloads, and nobody's words get lost."""
    sea = await change(ctx.db, lambda tx: taxonomy.create(tx, "Sea"))
    storm = await change(ctx.db, lambda tx: tags.create(tx, "Storm"))
    place = await change(ctx.db, lambda tx: fields.create(tx, {"name": "Place", "field_type": "text"}))
    act_as(Actor(name="ada"))
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        titles, alert = page.locator(".row-title"), page.get_by_role("alert").filter(visible=True)

        await page.goto(f"{running.url(1)}/categories")
        await page.get_by_role("button", name="Edit: Sea").click()
        await page.locator("#edit-name").fill("Open sea")
        await change(ctx.db, lambda tx: taxonomy.edit(tx, sea.id, {"description": "Waves"}))
        await expect(page.locator("#edit-about")).to_have_value("Waves")
        await expect(page.locator("#edit-name")).to_have_value("Open sea")
        await change(ctx.db, lambda tx: taxonomy.edit(tx, sea.id, {"name": "Ocean"}))
        await expect(alert).to_contain_text("Name: “Ocean”")
        await expect(page.locator("#edit-name")).to_have_value("Open sea")
        assert await complaints_about(page) == []
        await page.locator("#edit-name").press("Enter")
        await expect(titles).to_have_text(["Open sea"])
        await change(ctx.db, lambda tx: taxonomy.create(tx, "Land"))
        await expect(titles).to_have_text(["Open sea", "Land"])

        await page.goto(f"{running.url(1)}/tags")
        await expect(titles).to_have_text(["Storm"])
        await change(ctx.db, lambda tx: tags.rename(tx, storm.id, "Gale"))
        await change(ctx.db, lambda tx: tags.create(tx, "Calm"))
        await expect(titles).to_have_text(["Calm", "Gale"])

        await page.goto(f"{running.url(1)}/fields")
        await expect(titles).to_have_text(["Place"])
        await page.route("**/api/custom-fields", lambda route: route.abort(), times=9)
        await page.get_by_role("button", name="Edit: Place").click()
        await page.locator("#field-about").fill("Where it was")
        # Not heard of in time: the server refuses, and the page puts both together.
        await change(ctx.db, lambda tx: fields.edit(tx, place.id, {"name": "Harbour"}))
        await page.unroute_all()
        await page.locator("#field-about").press("Enter")
        await expect(titles).to_have_text(["Harbour"])

        await page.goto(f"{running.url(1)}/playlists")
        made = await change(ctx.db, lambda tx: playlists.create(tx, {"title": "At sea"}))
        await expect(titles).to_have_text(["At sea"])
        await page.goto(f"{running.url(1)}/playlist/{made.id}")
        await page.get_by_label("Title", exact=True).fill("At open sea")
        await change(ctx.db, lambda tx: playlists.edit(tx, made.id, {"description": "Theirs"}))
        await expect(page.get_by_label("Description")).to_have_value("Theirs")
        await expect(page.get_by_label("Title", exact=True)).to_have_value("At open sea")
        assert [each for each in await watched.complaints() if "409" not in each] == []
    both = (await taxonomy.by_id(ctx.db, sea.id), await fields.by_id(ctx.db, place.id))
    assert [(each.name, each.description) for each in both] == [
        ("Open sea", "Waves"),
        ("Harbour", "Where it was"),
    ]


async def test_chapters_keep_what_is_typed_beside_others(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    one = await change(ctx.db, lambda tx: chapters.add(tx, video.id, {"title": "Quay", "start_time": 1.0}))
    act_as(Actor(name="ada"))
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/video/{video.id}")
        field = page.locator("[data-chapter-rows] [data-title]").first
        await field.fill("Harbour")
        await change(ctx.db, lambda tx: chapters.edit(tx, video.id, one.id, changes={"title": "Port"}))
        await change(ctx.db, lambda tx: chapters.add(tx, video.id, {"title": "Sea", "start_time": 9.0}))
        await expect(page.locator("[data-chapter-rows] [data-title]")).to_have_count(2)
        await expect(field).to_have_value("Harbour")
        await field.press("Enter")
        await expect(field).to_have_value("Port")
        await page.get_by_role("button", name="Use mine").click()
        await expect(field).to_have_value("Harbour")
        assert [each for each in await watched.complaints() if "409" not in each] == []
    assert [each.title for each in await chapters.of_video(ctx.db, video.id)] == ["Harbour", "Sea"]


async def test_a_file_is_looked_at_and_then_imported(ctx: Context, running: Running) -> None:
    await make_ready(ctx, "Harbour")
    table = "slug,title,tags\nharbour,'=Port,Sea; Ice\nnowhere,None,\n"
    file = {"name": "library.csv", "mimeType": "text/csv", "buffer": table.encode()}
    async with chromium() as watched:
        page = watched.page
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await page.goto(f"{running.url(1)}/transfer")
        chooser = page.get_by_label("Choose a file…")
        await chooser.set_input_files({**file, "name": "library.xlsx"})  # type: ignore[arg-type]
        await expect(page.get_by_role("alert").filter(has_text="is no CSV")).to_be_visible()
        await chooser.set_input_files(file)  # type: ignore[arg-type]
        summary = page.locator("[data-summary]")
        await expect(summary).to_have_text("library.csv: 1 video would be changed, 1 row refused.")
        assert (await videos.by_slug(ctx.db, "harbour")).title == "Harbour"
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Import: change 1 video").press("Enter")
        await expect(summary).to_have_text("library.csv: 1 video changed, 1 row refused.")
        await expect(page.locator(".row-title")).to_have_text(["nowhere", "harbour"])
        assert (await videos.by_slug(ctx.db, "harbour")).title == "=Port"
        address = await page.get_by_role("link", name="Export the library").get_attribute("href")
        answer = await page.request.get(f"{running.url(1)}{address}", headers={"X-Admin-Secret": SECRET})
        exported = await answer.body()
        assert b"harbour,'=Port" in exported
        # What was exported changes nothing.
        await chooser.set_input_files({**file, "buffer": exported})  # type: ignore[arg-type]
        await expect(summary).to_have_text("library.csv: 0 videos would be changed, 1 as they were.")
