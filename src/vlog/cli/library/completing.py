"""What a shell offers when TAB is pressed: asked of the admin service, within a second, or nothing at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from vlog.cli.client import SECRET_HEADER
from vlog.config import load
from vlog.kit.errors import VlogError

_TIMEOUT_SECONDS = 1.0
_OFFERED = 30


def videos(incomplete: str) -> list[str]:
    """Slugs of videos that begin so."""
    words = {"search": incomplete.replace("-", " ")} if incomplete else {}
    found = _ask("/api/videos", limit=str(_OFFERED), include_total="false", **words)
    return _beginning(incomplete, found.get("videos", ()))


def categories(incomplete: str) -> list[str]:
    """Slugs of categories that begin so."""
    return _beginning(incomplete, _ask("/api/categories").get("items", ()))


def tags(incomplete: str) -> list[str]:
    """Slugs of tags that begin so."""
    return _beginning(incomplete, _ask("/api/tags").get("tags", ()))


def playlists(incomplete: str) -> list[str]:
    """Slugs of playlists that begin so."""
    return _beginning(incomplete, _ask("/api/playlists", limit="200").get("playlists", ()))


def _ask(path: str, **query: str) -> Mapping[str, Any]:
    """The answer, a list as ``items``; nothing where there is none in time: a shell shows no errors."""
    if not os.environ.get("VLOG_ADMIN_API_SECRET"):
        return {}
    try:
        config = load()
        headers = {SECRET_HEADER: config.admin_secret or ""}
        url = f"{config.admin_base_url}{path}"
        answer = httpx.get(url, params=query, headers=headers, timeout=_TIMEOUT_SECONDS)
        found = answer.json() if answer.is_success else {}
    except (VlogError, httpx.HTTPError, ValueError):
        return {}
    return found if isinstance(found, dict) else {"items": found}


def _beginning(incomplete: str, items: Iterable[Mapping[str, Any]]) -> list[str]:
    slugs = (str(item["slug"]) for item in items)
    return [slug for slug in slugs if slug.startswith(incomplete.lower())][:_OFFERED]
