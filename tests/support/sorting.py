"""Rows that people sort, moved with the mouse as a hand would move them."""

from __future__ import annotations

from playwright.async_api import Locator, Page


async def drag(page: Page, row: Locator, onto: Locator) -> None:
    """Take a row by its grip, carry it to the lower edge of another one and let it go there."""
    await onto.scroll_into_view_if_needed()
    await row.locator("[data-grip]").hover()
    await page.mouse.down()
    box = await onto.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 2, steps=8)
    await page.mouse.up()
