"""The main act of each admin screen that lists videos, once with the mouse and once with the keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.accessibility import complaints_about
from tests.support.api import SECRET, make_ready
from tests.support.browser import chromium
from tests.support.serving import Running, serving
from vlog.catalog import videos
from vlog.context import Context

pytestmark = pytest.mark.timeout(180)
Press = Callable[[Locator], Awaitable[None]]


async def click(what: Locator) -> None:
    """With the mouse."""
    await what.click()


async def enter(what: Locator) -> None:
    """With the keyboard, wherever the focus came from."""
    await what.press("Enter")


BY: dict[str, Press] = {"mouse": click, "keyboard": enter}


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def test_screens_by_mouse_and_by_keyboard(ctx: Context, running: Running, tmp_path: Path) -> None:
    for number in range(1, 7):
        await make_ready(ctx, f"Film {number}")
    async with chromium() as watched:
        page, site = watched.page, running.url(1)
        await log_in_and_out(page, site)
        await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        for how, press in BY.items():
            await deeds_on_many(page, site, how=how, press=press)
            await one_goes_into_the_archive(page, site, how=how, press=press)
            await one_comes_back(page, site, press=press)
            await one_goes_for_good(page, site, how=how, press=press)
            await acts_are_filtered(page, site, how=how, press=press)
            await playlists_come_and_go(page, site, press=press)
        for how, press in BY.items():
            await a_file_is_sent(page, site, file=tmp_path / f"By {how}.mp4", press=press)
            await a_row_of_the_dashboard(page, site, press=press)
        # The wrong secret, and pictures that were still asked for when the session had ended.
        refused = ("(Forbidden)", "(Unauthorized)")
        assert [each for each in await watched.complaints() if not each.endswith(refused)] == []
    left = {each.title for each in [await videos.by_id(ctx.db, number) for number in (1, 2, 3, 4)]}
    assert left == {"Film 1", "Film 2", "Film 3", "Film 4"}
    assert await ctx.db.fetchval("SELECT count(*) FROM videos WHERE title IN ('Film 5', 'Film 6')") == 0
    assert await ctx.db.fetchval("SELECT count(*) FROM videos WHERE deleted_at IS NOT NULL") == 0
    assert await ctx.db.fetchval("SELECT count(*) FROM videos WHERE visibility <> 'public'") == 0


async def log_in_and_out(page: Page, site: str) -> None:
    await page.goto(f"{site}/login")
    await page.get_by_label("Admin secret").fill("not the secret")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Admin secret").fill(SECRET)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Newest")).to_be_visible()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Admin secret")).to_be_focused()
    await page.keyboard.type(SECRET)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Newest")).to_be_visible()
    await page.get_by_role("button", name="Log out").press("Enter")
    await expect(page.get_by_label("Admin secret")).to_be_visible()


async def choose_first(page: Page, how: str, count: int) -> None:
    """Select the first rows."""
    await expect(page.locator("[data-row]").first).to_be_visible()
    boxes = page.locator("[data-row] input[type=checkbox]")
    if how == "mouse":
        await boxes.first.click()
        if count > 1:
            await boxes.nth(count - 1).click(modifiers=["Shift"])
    else:
        for key in ("j", "x", *("j" for _ in range(count - 1)), *(["Shift+X"] if count > 1 else [])):
            await page.keyboard.press(key)
    words = "1 video selected" if count == 1 else f"{count} videos selected"
    await expect(page.get_by_text(words)).to_be_visible()


async def undo(page: Page, press: Press) -> None:
    await press(page.get_by_role("button", name="Undo").last)
    await expect(page.get_by_text("Undone.").last).to_be_visible()


async def deeds_on_many(page: Page, site: str, *, how: str, press: Press) -> None:
    await page.goto(f"{site}/videos")
    bar = page.get_by_role("region", name="Selection")
    await choose_first(page, how, 3)
    await press(bar.get_by_role("button", name="Unpublish"))
    await expect(page.get_by_text("3 videos hidden from visitors.")).to_be_visible()
    await expect(page.get_by_text("Not published").locator("visible=true")).to_have_count(3)
    await undo(page, press)
    await expect(page.get_by_text("Not published").locator("visible=true")).to_have_count(0)
    await page.reload()
    await choose_first(page, how, 2)
    await press(bar.get_by_role("button", name="Edit…"))
    dialog = page.get_by_role("dialog", name="Edit the selected videos")
    await dialog.get_by_label("Visibility").select_option("unlisted")
    assert await complaints_about(page) == []
    await press(dialog.get_by_role("button", name="Change them"))
    await expect(page.get_by_text("2 videos changed.")).to_be_visible()
    await undo(page, press)


async def one_goes_into_the_archive(page: Page, site: str, *, how: str, press: Press) -> None:
    await page.goto(f"{site}/videos")
    button = page.get_by_role("button", name="More for Film 1")
    await press(button)
    menu = page.get_by_role("menu", name="Film 1")
    await expect(menu).to_be_visible()
    if how == "keyboard":
        await page.keyboard.press("End")
        await expect(menu.get_by_role("menuitem", name="Move to the archive")).to_be_focused()
        await page.keyboard.press("Enter")
    else:
        await menu.get_by_role("menuitem", name="Move to the archive").click()
    await press(page.get_by_role("dialog").get_by_role("button", name="Move to the archive"))
    await expect(page.get_by_text("“Film 1” is in the archive.")).to_be_visible()
    await expect(page.get_by_role("link", name="Film 1", exact=True)).to_have_count(0)


async def one_comes_back(page: Page, site: str, *, press: Press) -> None:
    await page.goto(f"{site}/archive")
    await press(page.get_by_role("button", name="Restore: Film 1"))
    await expect(page.get_by_text("“Film 1” is restored.")).to_be_visible()
    await expect(page.get_by_text("The archive is empty")).to_be_visible()


async def one_goes_for_good(page: Page, site: str, *, how: str, press: Press) -> None:
    """By mouse from its row, by keyboard as all that is selected: nothing goes before it is typed out."""
    title = {"mouse": "Film 5", "keyboard": "Film 6"}[how]
    number = int(title[-1])
    assert (await page.request.delete(f"{site}/api/videos/{number}")).ok
    await page.goto(f"{site}/archive")
    if how == "mouse":
        await page.get_by_role("button", name=f"Delete permanently: {title}").click()
        wanted = title
    else:
        await choose_first(page, how, 1)
        bar = page.get_by_role("region", name="Selection")
        await bar.get_by_role("button", name="Delete permanently…").press("Enter")
        wanted = "delete 1"
    dialog = page.get_by_role("dialog")
    yes = dialog.get_by_role("button", name="Delete permanently")
    await expect(yes).to_be_disabled()
    await page.keyboard.type(wanted[:-1])
    await page.keyboard.press("Enter")
    await expect(yes).to_be_disabled()
    await page.keyboard.type(wanted[-1])
    await expect(yes).to_be_enabled()
    assert await complaints_about(page) == []
    if how == "mouse":
        await yes.click()
    else:
        await page.keyboard.press("Enter")
    await expect(page.get_by_text("deleted permanently.")).to_be_visible()
    await expect(page.get_by_text("The archive is empty")).to_be_visible()


async def acts_are_filtered(page: Page, site: str, *, how: str, press: Press) -> None:
    await page.goto(f"{site}/audit")
    entries = page.locator(".act")
    await expect(entries.first).to_be_visible()
    subject = page.get_by_label("Subject")
    if how == "mouse":
        await subject.select_option("videos")
    else:
        await subject.focus()
        await page.keyboard.type("videos")
    await expect(page).to_have_url(f"{site}/audit?subject_type=videos")
    await expect(page.get_by_text("“Film 1”")).to_have_count(0)
    await expect(entries.filter(has_text="2 videos").first).to_be_visible()
    await press(entries.first.locator("summary"))
    await expect(entries.first.locator(".act-more")).to_be_visible()
    await page.reload()
    await expect(subject).to_have_value("videos")
    await press(page.get_by_role("button", name="Clear"))
    await expect(page).to_have_url(f"{site}/audit")
    await page.goto(f"{site}/audit?from=2001-01-01&to=2001-01-02")
    await press(page.get_by_role("button", name="Clear the filters"))
    await expect(entries.first).to_be_visible()


async def playlists_come_and_go(page: Page, site: str, *, press: Press) -> None:
    await page.goto(f"{site}/playlists")
    await press(page.get_by_role("button", name="New playlist").locator("visible=true").first)
    await page.get_by_label("Title", exact=True).fill("Evenings")
    await press(page.get_by_role("button", name="Create playlist"))
    await expect(page.get_by_role("heading", name="Evenings", level=1)).to_be_visible()
    await press(page.get_by_role("link", name="All playlists"))
    await press(page.get_by_role("button", name="Delete: Evenings"))
    asked = page.get_by_role("dialog").get_by_role("button", name="Delete")
    if await asked.count():
        await press(asked)
    await expect(page.get_by_role("link", name="Evenings")).to_have_count(0)


async def a_file_is_sent(page: Page, site: str, *, file: Path, press: Press) -> None:
    file.write_bytes(b"ftyp" * 1000)
    await page.goto(f"{site}/uploads")
    choose = page.locator("[data-choose]")
    async with page.expect_file_chooser() as chooser:
        if press is enter:
            await choose.press("Enter")
        else:
            await page.get_by_text("Choose files").click()
    await (await chooser.value).set_files(file)
    title = page.get_by_role("textbox", name="Title")
    await expect(title).to_have_value(file.stem)
    await press(page.get_by_role("button", name="Upload", exact=True))
    await press(page.get_by_role("link", name=f"Open {file.stem}"))
    await expect(page.get_by_role("heading", name=file.stem, level=1)).to_be_visible()


async def a_row_of_the_dashboard(page: Page, site: str, *, press: Press) -> None:
    await page.goto(site)
    await press(page.get_by_role("button", name="Unpublish: Film 4"))
    await expect(page.get_by_text("“Film 4” is hidden from visitors.")).to_be_visible()
    await press(page.get_by_role("button", name="Publish: Film 4", exact=True))
    await expect(page.get_by_text("“Film 4” is published.")).to_be_visible()
    await expect(page.get_by_role("button", name="Unpublish: Film 4")).to_be_visible()
