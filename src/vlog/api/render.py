"""Turns templates into pages: escaped by default, with the addresses of built files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from vlog.api.assets import Assets
from vlog.kit.errors import VlogError
from vlog.settings.known import SITE_NAME, TAGLINE
from vlog.settings.store import Settings

FOLDER = Path(__file__).resolve().parent.parent / "web" / "templates"


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says about the site."""

    name: str
    tagline: str


async def site_of(settings: Settings) -> Site:
    """The site as its admin named it."""
    return Site(name=await settings.get(SITE_NAME), tagline=await settings.get(TAGLINE))


async def site_or_default(settings: Settings) -> Site:
    """The same, or the names it is born with: a page about an error must not need the database."""
    try:
        return await site_of(settings)
    except VlogError:
        return Site(name=SITE_NAME.default, tagline=TAGLINE.default)


class Pages:
    """The templates. A variable that a template needs and nobody gave is an error, not an empty string."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.globals["asset"] = assets.url
        # English is the source of every message: `_("text %(name)s", name=…)` says what it is given.
        self._environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]

    def render(self, template: str, context: dict[str, object], *, status: int = 200) -> HTMLResponse:
        """A page. It is never kept by caches without asking: what it shows can be hidden at any moment."""
        html = self._environment.get_template(template).render(context)
        return HTMLResponse(html, status_code=status, headers={"cache-control": "no-cache"})
