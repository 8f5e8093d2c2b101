"""Pages in the visitor's language, and the choice of another one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vlog.api.deps import context_of
from vlog.api.languages import COOKIE, LANGUAGES, chosen
from vlog.api.render import Pages
from vlog.kit.errors import Invalid, VlogError
from vlog.settings.known import LANGUAGE

router = APIRouter(include_in_schema=False)
_A_YEAR_SECONDS = 365 * 86_400


async def spoken_pages(request: Request) -> Pages:
    """The templates in the language that this request asks for, whatever else fails."""
    pages: Pages = request.app.state.pages
    ctx = context_of(request)
    try:
        setting = await ctx.settings.get(LANGUAGE)
    except VlogError:
        setting = LANGUAGE.default
    language = chosen(
        cookie=request.cookies.get(COOKIE),
        setting=setting,
        accepted=request.headers.get("accept-language", ""),
    )
    query = request.url.query
    return pages.spoken(language, address=request.url.path + (f"?{query}" if query else ""))


PagesOf = Annotated[Pages, Depends(spoken_pages)]


@router.get("/language", response_class=Response)
async def choose_language(request: Request, to: str, back: str = "/") -> Response:
    """Remember a language in this browser and go back to the page; works without script."""
    if to not in LANGUAGES:
        raise Invalid("The site is not written in this language.", code="unknown_language", field="to")
    answer = RedirectResponse(_own_path(back), HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})
    answer.set_cookie(
        COOKIE,
        to,
        max_age=_A_YEAR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


def _own_path(text: str) -> str:
    """A path of this site; anything that could lead elsewhere becomes the first page."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_path and not parts.scheme and not parts.netloc else "/"
