"""`vlog playlists`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library import naming
from vlog.cli.library.acts import each
from vlog.cli.library.editing import Visibility, text_of
from vlog.cli.library.words import (
    AsJson,
    PlaylistName,
    Videos,
    Yes,
    add,
    length,
    print_json,
    print_table,
    say,
    sent,
    table,
    tell_deleted,
)
from vlog.kit.errors import Invalid
from vlog.kit.lines import printable

playlists = typer.Typer(help="List playlists, and look after them.")


class Kind(StrEnum):
    """How a playlist is shown."""

    PLAYLIST = "playlist"
    COLLECTION = "collection"
    SERIES = "series"
    COURSE = "course"


_Title = Annotated[str | None, typer.Option("-t", "--title")]
_Slug = Annotated[str | None, typer.Option("--slug")]
_Description = Annotated[
    str | None, typer.Option("-d", "--description", metavar="TEXT", help="Or @FILE, or - for standard input.")
]
_Visibility = Annotated[Visibility | None, typer.Option("--visibility")]
_Kind = Annotated[Kind | None, typer.Option("--type")]
_Featured = Annotated[bool | None, typer.Option("--featured/--not-featured")]
_Before = Annotated[
    str | None, typer.Option("--before", metavar="VIDEO", help="In front of it; else the end.")
]


@playlists.callback(invoke_without_command=True)
def playlists_alone(context: typer.Context, as_json: AsJson = False) -> None:
    """List playlists, and look after them."""
    if context.invoked_subcommand is None:
        list_playlists(kind=None, as_json=as_json)


@playlists.command("list")
def list_playlists(kind: _Kind = None, as_json: AsJson = False) -> None:
    """List playlists, newest first."""
    with admin_api() as api:
        found = list(naming.playlists(api, **({"playlist_type": kind.value} if kind else {})))
    if as_json:
        print_json(found)
    elif not found:
        print("There are no playlists yet: `vlog playlists create TITLE` makes one.")
    else:
        rows = table("ID", "Title", "Type", "Visibility", "Videos", "Length", "Address")
        for each in found:
            add(
                rows,
                each["id"],
                each["title"],
                each["playlist_type"],
                each["visibility"],
                each["video_count"],
                length(each["total_duration"]),
                f"/playlist/{each['slug']}",
            )
        print_table(rows)


@playlists.command("show")
def show_playlist(playlist: PlaylistName, as_json: AsJson = False) -> None:
    """Show a playlist with its videos."""
    with admin_api() as api:
        found = naming.playlist(api, playlist)
        items = list(_items(api, int(found["id"])))
    if as_json:
        print_json({**found, "videos": items})
        return
    say(f"{found['title']}: {found['playlist_type']}, {found['visibility']}, {found['video_count']} videos")
    if items:
        rows = table("No.", "ID", "Title", "Length", "Status")
        for each in items:
            add(rows, each["number"], each["id"], each["title"], length(each["duration"]), each["status"])
        print_table(rows)


@playlists.command("create", epilog="vlog playlists create 'Learn to sail' --type course")
def create_playlist(
    title: Annotated[str, typer.Argument(metavar="TITLE", show_default=False)],
    slug: _Slug = None,
    description: _Description = None,
    visibility: _Visibility = None,
    kind: _Kind = None,
    featured: _Featured = None,
    as_json: AsJson = False,
) -> None:
    """Make a playlist, empty."""
    body = _body(title=title, slug=slug, description=description, featured=featured)
    body |= sent(visibility=visibility and visibility.value, playlist_type=kind and kind.value)
    with admin_api() as api:
        _tell(api.send("POST", "/api/playlists", json=body), "is there", as_json=as_json)


@playlists.command("edit")
def edit_playlist(
    playlist: PlaylistName,
    title: _Title = None,
    slug: _Slug = None,
    description: _Description = None,
    visibility: _Visibility = None,
    kind: _Kind = None,
    featured: _Featured = None,
    as_json: AsJson = False,
) -> None:
    """Change what is known of a playlist; what is not named stays as it is."""
    body = _body(title=title, slug=slug, description=description, featured=featured)
    body |= sent(visibility=visibility and visibility.value, playlist_type=kind and kind.value)
    if not body:
        raise Invalid("Say what to change: `vlog playlists edit --help` lists what can be.")
    with admin_api() as api:
        found = naming.playlist(api, playlist)["id"]
        _tell(api.send("PUT", f"/api/playlists/{found}", json=body), "is changed", as_json=as_json)


@playlists.command("add", epilog="vlog playlists add learn-to-sail knots wind harbour")
def add_videos(
    playlist: PlaylistName, videos: Videos, before: _Before = None, as_json: AsJson = False
) -> None:
    """Put videos in, in this order. Those that are in it already stay where they are."""
    with admin_api() as api:
        body: dict[str, Any] = {"video_ids": [naming.video_id(api, video) for video in videos]}
        if before is not None:
            body["before"] = naming.video_id(api, before)
        found = naming.playlist(api, playlist)["id"]
        _tell(api.send("POST", f"/api/playlists/{found}/videos", json=body), "has them", as_json=as_json)


@playlists.command("remove")
def remove_videos(playlist: PlaylistName, videos: Videos, as_json: AsJson = False) -> None:
    """Take videos out; they stay in the library."""
    with admin_api() as api:
        found = naming.playlist(api, playlist)["id"]

        def act(api: AdminApi, number: int) -> Any:
            return api.send("DELETE", f"/api/playlists/{found}/videos/{number}")

        each(api, videos, act, told=f"Video {{}} is no longer in {_braced(playlist)}.", as_json=as_json)


@playlists.command("move", epilog="vlog playlists move learn-to-sail wind --before knots")
def move_video(
    playlist: PlaylistName,
    video: Annotated[str, typer.Argument(metavar="VIDEO")],
    before: _Before = None,
    as_json: AsJson = False,
) -> None:
    """Put a video elsewhere in a playlist."""
    with admin_api() as api:
        found = naming.playlist(api, playlist)["id"]
        body = {
            "video_id": naming.video_id(api, video),
            "before": naming.video_id(api, before) if before is not None else None,
        }
        _tell(api.send("POST", f"/api/playlists/{found}/move", json=body), "is in order", as_json=as_json)


@playlists.command("reorder")
def reorder_videos(playlist: PlaylistName, videos: Videos, as_json: AsJson = False) -> None:
    """Put videos first, in this order; those that are not named follow."""
    with admin_api() as api:
        found = int(naming.playlist(api, playlist)["id"])
        first = list(dict.fromkeys(naming.video_id(api, video) for video in videos))
        rest = [each["id"] for each in _items(api, found) if each["id"] not in first]
        body = {"video_ids": [*first, *rest]}
        _tell(api.send("POST", f"/api/playlists/{found}/reorder", json=body), "is in order", as_json=as_json)


@playlists.command("delete")
def delete_playlist(playlist: PlaylistName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a playlist; its videos stay, and `vlog playlists restore NUMBER` brings it back."""
    with admin_api() as api:
        found = naming.playlist(api, playlist)
        if not yes:
            typer.confirm(f"Delete the playlist “{printable(found['title'])}”? Its videos stay.", abort=True)
        api.send("DELETE", f"/api/playlists/{found['id']}")
    words = f"“{found['title']}” is deleted; `vlog playlists restore {found['id']}` brings it back."
    tell_deleted(found, words, as_json=as_json)


@playlists.command("restore")
def restore_playlist(
    number: Annotated[int, typer.Argument(min=1, metavar="NUMBER")], as_json: AsJson = False
) -> None:
    """Bring a removed playlist back, by its number."""
    with admin_api() as api:
        _tell(api.send("POST", f"/api/playlists/{number}/restore"), "is back", as_json=as_json)


def _body(
    *, title: str | None, slug: str | None, description: str | None, featured: bool | None
) -> dict[str, Any]:
    text = None if description is None else text_of(description)
    return sent(title=title, slug=slug, description=text, is_featured=featured)


def _items(api: AdminApi, playlist_id: int) -> Iterator[dict[str, Any]]:
    query: dict[str, int] = {"limit": 500}
    while True:
        page = api.get(f"/api/playlists/{playlist_id}/videos", **query)
        yield from page["videos"]
        if page["next_position"] is None:
            return
        query["after"] = page["next_position"]


def _tell(playlist: dict[str, Any], fate: str, *, as_json: bool) -> None:
    if as_json:
        print_json(playlist)
    else:
        say(f"Playlist {playlist['title']} ({playlist['slug']}) {fate}.")


def _braced(name: str) -> str:
    """Braces as they are, in a text that has places to be filled."""
    return name.replace("{", "{{").replace("}", "}}")
