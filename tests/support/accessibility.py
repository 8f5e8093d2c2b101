"""What a page must keep for everybody (WCAG 2.2 AA), as far as a program can see it."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


async def complaints_about(page: Page) -> list[str]:
    """What is wrong with the page as it is shown now."""
    await page.evaluate(_SCRIPT)
    found: list[str] = await page.evaluate("window.examine()")
    return found


async def tab_through(page: Page, *, at_most: int = 60) -> list[str]:
    """The names of what Tab reaches, in their order; asserts that each shows that it has the focus."""
    names: list[str] = []
    await page.evaluate(_SCRIPT)
    await page.evaluate("document.activeElement?.blur()")
    for _ in range(at_most):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("window.focused()")
        if focused is None or (names and focused["name"] == names[0]):
            break
        assert focused["isSeen"], f"nobody sees the focus on {focused['name']!r}"
        names.append(focused["name"])
    return names
