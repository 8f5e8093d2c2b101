"""Which thing somebody means: by its number, its slug, its name, or the address of its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from vlog.cli.client import AdminApi
from vlog.kit.errors import NotFound

Thing = Mapping[str, Any]
_PAGE = 200
_MAX_ID = 2**63 - 1


def video_id(api: AdminApi, name: str) -> int:
    """The number of the video; raises ``NotFound``. A video's earlier slugs are known too.

    A bare number is one; in the address of a page for visitors it is the slug of a video that is called so.
    """
    is_slug = "/watch/" in name
    name = _last_part(name)
    if name.isdecimal() and not is_slug and int(name) <= _MAX_ID:
        return int(name)
    return int(api.get(f"/api/videos/by-slug/{quote(name, safe='')}")["id"])


def category(api: AdminApi, name: str) -> Thing:
    """The category; raises ``NotFound``."""
    return _named(api.get("/api/categories"), name, kind="category")


def tag(api: AdminApi, name: str) -> Thing:
    """The tag; raises ``NotFound``."""
    return _named(tags(api), name, kind="tag")


def playlist(api: AdminApi, name: str) -> Thing:
    """The playlist; raises ``NotFound``."""
    return _named(playlists(api), _last_part(name), kind="playlist")


def field(api: AdminApi, name: str) -> Thing:
    """The custom field; raises ``NotFound``."""
    return _named(api.get("/api/custom-fields")["fields"], name, kind="field")


def tag_ids(api: AdminApi, names: list[str]) -> list[int]:
    """The numbers of these tags; those that don't exist are made."""
    known = list(tags(api))
    found = []
    for name in names:
        try:
            found.append(int(_named(known, name, kind="tag")["id"]))
        except NotFound:
            made = api.send("POST", "/api/tags", json={"name": name})
            known.append(made)
            found.append(int(made["id"]))
    return found


def tags(api: AdminApi) -> Iterator[dict[str, Any]]:
    """All tags by name."""
    query: dict[str, int] = {}
    while True:
        page = api.get("/api/tags", **query)
        yield from page["tags"]
        if page["next_after"] is None:
            return
        query["after"] = page["next_after"]


def playlists(api: AdminApi, **query: str | int) -> Iterator[dict[str, Any]]:
    """All playlists, newest first."""
    query["limit"] = _PAGE
    while True:
        page = api.get("/api/playlists", **query)
        yield from page["playlists"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def _named(things: Any, name: str, *, kind: str) -> Thing:
    wanted = name.casefold()
    by_name: Thing | None = None
    for thing in things:
        if wanted == thing["slug"] or (name.isdecimal() and int(name) == thing["id"]):
            found: Thing = thing
            return found
        if by_name is None and wanted == str(thing.get("name") or thing.get("title")).casefold():
            by_name = thing
    if by_name is None:
        raise NotFound(f"There is no {kind} “{name}”.", code=f"unknown_{kind}")
    return by_name


def _last_part(name: str) -> str:
    """``am-see`` of ``https://videos.example/watch/am-see?t=5``."""
    return urlsplit(name).path.rstrip("/").rpartition("/")[2] if "/" in name else name
