"""A real Chromium that remembers what went wrong on its pages."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Page, async_playwright

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Collected in the page: a report of a broken content policy must never pass unseen.
_WATCH_POLICY = """
  window.__violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Watched:
    """A page and the complaints that it has caused."""

    page: Page
    errors: list[str] = field(default_factory=list)

    async def complaints(self) -> list[str]:
        """Console errors, uncaught exceptions and reports of broken content policy so far."""
        violations: list[str] = await self.page.evaluate("window.__violations ?? []")
        return [*self.errors, *violations]


@asynccontextmanager
async def chromium(*, width: int = 1280, height: int = 800, dark: bool = False) -> AsyncIterator[Watched]:
    """One page of a fresh browser."""
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if program is None:
        raise RuntimeError("Chromium is missing; `make test` installs it.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            # As root Chromium refuses its own sandbox; pages may play without a click in tests.
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"],
        )
        try:
            context = await browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
            await context.add_init_script(_WATCH_POLICY)
            page = await context.new_page()
            watched = Watched(page)
            page.on(
                "console", lambda entry: watched.errors.append(entry.text) if entry.type == "error" else None
            )
            page.on("pageerror", lambda error: watched.errors.append(str(error)))
            yield watched
        finally:
            await browser.close()
