"""The admin's page of one video: edited by one and by two at once, by mouse and by keyboard."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Dialog, Page, expect

from tests.support.accessibility import complaints_about
from tests.support.api import SECRET, change, make_ready
from tests.support.browser import chromium
from tests.support.serving import Running, serving
from tests.support.sorting import drag
from vlog.catalog import chapters, fields, taxonomy, videos
from vlog.catalog.field_values import Constraints
from vlog.context import Context

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def opened(page: Page, running: Running, video_id: int) -> Page:
    await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
    await page.goto(f"{running.url(1)}/video/{video_id}")
    await expect(page.get_by_label("Title", exact=True)).not_to_have_value("")
    return page


async def test_two_admins_edit_one_video_and_nothing_is_lost(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    async with chromium() as watched:
        first = await opened(watched.page, running, video.id)
        second = await opened(await first.context.new_page(), running, video.id)
        # The second hears of nothing by itself: the server has to say it when it is asked to save.
        await second.route("**/api/events/progress", lambda route: route.abort())
        await second.reload()
        await expect(second.get_by_label("Title", exact=True)).to_have_value("Boat")
        await first.get_by_label("Title", exact=True).fill("Boat at sea")
        await first.get_by_label("Description", exact=True).fill("From the quay")
        await second.get_by_label("Title", exact=True).fill("A small boat")
        await second.get_by_label("Featured on the home page", exact=True).check()
        await first.bring_to_front()
        async with first.expect_response("**/api/videos/*") as answer:
            await first.keyboard.press("Control+s")
        assert (await answer.value).request.method == "PUT"
        await second.bring_to_front()
        await second.get_by_role("button", name="Save").click()
        told = second.locator("[data-clashes]")
        await expect(told).to_contain_text("Somebody else has changed this meanwhile")
        await expect(told.locator("[data-theirs]")).to_have_text(["Boat at sea"])
        await expect(told.locator("[data-mine]")).to_have_text(["A small boat"])
        await expect(told).to_be_focused()
        # What they alone have changed is there already, what is mine is there still.
        await expect(second.get_by_label("Description", exact=True)).to_have_value("From the quay")
        assert (await videos.by_id(ctx.db, video.id)).title == "Boat at sea"
        await second.get_by_role("button", name="Keep mine: Title").press("Enter")
        await second.get_by_role("button", name="Save").click()
        await expect(first.get_by_label("Title", exact=True)).to_have_value("A small boat")
        await expect(first.get_by_label("Featured on the home page", exact=True)).to_be_checked()
        after = await videos.by_id(ctx.db, video.id)
        assert (after.title, after.description, after.is_featured) == ("A small boat", "From the quay", True)

        # Live, while somebody types: theirs is taken over with one press.
        await first.get_by_label("Title", exact=True).fill("Mine again")
        await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"title": "Theirs again"}))
        await first.get_by_role("button", name="Take theirs: Title").click()
        await expect(first.get_by_label("Title", exact=True)).to_have_value("Theirs again")
        await expect(first.get_by_role("button", name="Save")).to_be_disabled()


async def test_details_tags_and_fields_are_edited(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    talks = await change(ctx.db, lambda tx: taxonomy.create(tx, "Talks"))
    minutes: fields.NewField = {
        "name": "Minutes",
        "field_type": "number",
        "category_id": talks.id,
        "constraints": Constraints(min=1, max=90),
    }
    await change(ctx.db, lambda tx: fields.create(tx, minutes))
    async with chromium() as watched:
        page = await opened(watched.page, running, video.id)
        await expect(page.get_by_role("spinbutton", name="Minutes")).to_have_count(0)
        await page.get_by_label("Category", exact=True).select_option("Talks")
        await page.get_by_role("spinbutton", name="Minutes").fill("120")
        await page.get_by_label("Address", exact=True).fill("at-sea")
        await expect(page.get_by_text("will lead on to this one")).to_be_visible()
        await page.get_by_role("combobox", name="Tags").press_sequentially("Sea")
        await page.get_by_role("option", name="Create “Sea”").click()
        await expect(page.get_by_role("button", name="Remove the tag Sea")).to_be_visible()
        await page.get_by_role("button", name="Save").click()
        assert await page.get_by_role("spinbutton", name="Minutes").evaluate(
            "field => field.validity.rangeOverflow"
        )
        await page.get_by_role("spinbutton", name="Minutes").fill("45")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert await complaints_about(page) == []
        await page.get_by_label("Title", exact=True).fill("Unsaved")
        asked: list[str] = []

        async def leave(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.accept()

        page.on("dialog", leave)
        await page.goto(f"{running.url(1)}/tags")
        assert asked == ["beforeunload"]
    after = await videos.by_id(ctx.db, video.id)
    assert (
        after.slug,
        after.category_id,
        [given.value for given in await fields.of_video(ctx.db, after)],
    ) == (
        "at-sea",
        talks.id,
        [45],
    )
    assert '"Sea"' in after.tags
    assert await videos.redirect_target(ctx.db, "boat") == "at-sea"


async def test_chapters_are_added_moved_and_read_from_the_description(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    await change(ctx.db, lambda tx: videos.edit(tx, video.id, {"description": "0:00 Quay\n0:30 Sea"}))

    async def present() -> list[tuple[str, float]]:
        return [(each.title, each.start_time) for each in await chapters.of_video(ctx.db, video.id)]

    async with chromium() as watched:
        page = await opened(watched.page, running, video.id)
        add = page.get_by_role("button", name="Add at the player’s time")
        async with page.expect_response("**/chapters"):
            await add.click()
        await page.get_by_label("Title of the chapter at 0:00").fill("Start")
        async with page.expect_response("**/chapters/*"):
            await page.keyboard.press("Enter")
        await expect(add).to_be_enabled()
        # The player follows the keys, not what is typed: it stands one second after the chapter.
        first = page.get_by_label("Start of Start").last
        await first.press("ArrowUp")
        await first.fill("0:00")
        await first.press("Enter")
        await add.click()
        start = page.get_by_label("Start of Chapter 2").last
        await start.focus()
        await page.keyboard.press("Shift+ArrowUp")
        await page.keyboard.press("ArrowUp")
        async with page.expect_response("**/chapters/*"):
            await page.keyboard.press("Enter")
        await expect(start).to_have_value("0:12")
        assert await present() == [("Start", 0), ("Chapter 2", 12)]
        await page.get_by_role("button", name="Move Chapter 2", exact=True).focus()
        async with page.expect_response("**/chapters/reorder"):
            await page.keyboard.press("ArrowUp")
        await expect(page.get_by_text("“Chapter 2” is now number 1 of 2.")).to_be_attached()
        rows = page.locator("[data-chapter-rows] > [data-row-id]")
        async with page.expect_response("**/chapters/reorder"):
            await drag(page, rows.nth(0), rows.nth(1))
        await expect(page.get_by_text("“Chapter 2” is now number 2 of 2.")).to_be_attached()
        mark = page.get_by_role("slider", name="Start of Start")
        async with page.expect_response("**/chapters/*"):
            await mark.press("PageUp")
        await page.get_by_role("button", name="Remove: Chapter 2").click()
        await page.get_by_role("button", name="Undo").click()
        await expect(page.get_by_label("Start of Chapter 2").last).to_have_value("0:12")
        await page.get_by_role("button", name="From the description…").click()
        await expect(page.get_by_text("They take the place of the 2 chapters")).to_be_visible()
        await page.get_by_role("button", name="Replace the chapters").click()
        await expect(page.get_by_label("Title of the chapter at 0:30")).to_have_value("Sea")
    assert await present() == [("Quay", 0), ("Sea", 30)]


async def test_a_description_is_looked_at_and_another_source_is_sent(ctx: Context, running: Running) -> None:
    video = await make_ready(ctx, "Boat")
    async with chromium() as watched:
        page = await opened(watched.page, running, video.id)
        await page.get_by_label("Description", exact=True).fill("**Salt** <img src=x onerror=alert(1)>")
        await page.get_by_role("button", name="Preview").click()
        shown = page.locator("[data-description-preview]")
        await expect(shown.locator("strong")).to_have_text("Salt")
        await expect(shown).to_contain_text("<img src=x onerror=alert(1)>")
        assert await complaints_about(page) == []
        await page.get_by_role("button", name="Write").click()
        sent = {"name": "other.mp4", "mimeType": "video/mp4", "buffer": b"ftyp" * 1000}
        await page.locator("#source input[type=file]").set_input_files(sent)  # type: ignore[arg-type]
        async with page.expect_request(lambda asked: asked.url.endswith("/api/uploads")) as begun:
            await page.get_by_role("button", name="Replace the source", exact=True).click()
        metadata = (await begun.value).headers["upload-metadata"].split(",")
        assert f"replaces {b64encode(str(video.id).encode()).decode()}" in metadata
        await expect(page.get_by_text("The source is replaced")).to_be_visible()
