"""Where something is that was here once."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import RedirectResponse


def moved(path: str) -> RedirectResponse:
    """For good, as search engines take it. Browsers ask again all the same (RFC 9110 §15.4.2 lets them keep
    it for ever): a name that is given back, or to something else, would lead in a circle, or astray.
    """
    return RedirectResponse(path, HTTPStatus.MOVED_PERMANENTLY, headers={"cache-control": "no-cache"})
