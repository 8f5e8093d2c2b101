"""axe-core, run in a page as it stands: the rules of WCAG 2.2 AA that a program can judge."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

_FOLDER = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core"
_RUN = """
async (rules) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const runOnly = rules.length > 0 ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}
"""
# The rules that look at colours.
_OF_COLOURS = ["color-contrast", "link-in-text-block"]


async def violations(page: Page) -> list[str]:
    """The rule and the element of everything that axe objects to."""
    await page.evaluate((_FOLDER / "axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(_RUN, [])
    return found


async def contrast(page: Page) -> list[str]:
    """What axe objects to in the colours of a page that ``violations`` has looked at."""
    found: list[str] = await page.evaluate(_RUN, _OF_COLOURS)
    return found
