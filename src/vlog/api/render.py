"""Turns templates into pages: escaped by default, with the addresses of built files."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from vlog.api.assets import Assets
from vlog.api.languages import LANGUAGES, SEPARATORS, SOURCE, catalogue
from vlog.kit.errors import VlogError
from vlog.settings.known import INDEXABLE, SITE_NAME, TAGLINE
from vlog.settings.store import Settings

FOLDER = Path(__file__).resolve().parent.parent / "web" / "templates"


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says about the site."""

    name: str
    tagline: str
    is_indexable: bool = True


async def site_of(settings: Settings) -> Site:
    """The site as its admin named it."""
    return Site(
        name=await settings.get(SITE_NAME),
        tagline=await settings.get(TAGLINE),
        is_indexable=await settings.get(INDEXABLE),
    )


async def site_or_default(settings: Settings) -> Site:
    """The same, or the names it is born with: a page about an error must not need the database."""
    try:
        return await site_of(settings)
    except VlogError:
        return Site(name=SITE_NAME.default, tagline=TAGLINE.default)


class Pages:
    """The templates. A variable that a template needs and nobody gave is an error, not an empty string."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._environments: dict[str, Environment] = {}
        self._language = SOURCE
        self._address: str | None = None

    def spoken(self, language: str, *, address: str) -> Pages:
        """The same templates in the language of a visitor, who looks at ``address``."""
        pages = copy(self)
        pages._language, pages._address = language, address
        return pages

    @property
    def language(self) -> str:
        """The language of these pages, as in HTML's ``lang``."""
        return self._language

    def asset(self, name: str) -> str:
        """The address of a built file; raises ``Fault``."""
        return self._assets.url(name)

    def render(self, template: str, context: dict[str, object], *, status: int = 200) -> HTMLResponse:
        """A page. It is never kept by caches without asking: what it shows can be hidden at any moment."""
        html = self._environment().get_template(template).render({"address": self._address or "/", **context})
        headers = {"cache-control": "no-cache"}
        if self._address is not None:
            headers |= {"content-language": self._language, "vary": "Accept-Language, Cookie"}
        return HTMLResponse(html, status_code=status, headers=headers)

    def _environment(self) -> Environment:
        if self._language not in self._environments:
            self._environments[self._language] = _environment(self._language, self._assets)
        return self._environments[self._language]


def _environment(language: str, assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals |= {"asset": assets.url, "language": language, "languages": LANGUAGES}
    environment.filters["number"] = lambda number: f"{number:,}".replace(",", SEPARATORS[language])
    words = catalogue(language)
    # English is the source of every message: `_("text %(name)s", name=…)` says what it is given.
    environment.install_gettext_callables(words.say, words.count, newstyle=True)  # type: ignore[attr-defined]
    return environment
