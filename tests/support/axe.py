"""axe-core, run in a page as it stands: the rules of WCAG 2.2 AA that a program can judge."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

_FOLDER = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core"
_RUN = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}
"""


async def violations(page: Page) -> list[str]:
    """The rule and the element of everything that axe objects to."""
    await page.evaluate((_FOLDER / "axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(_RUN)
    return found
