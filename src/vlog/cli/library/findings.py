"""`vlog storage findings` and `vlog storage acknowledge`: what checks have found, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.text import Text

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import AsJson, add, moment, print_json, print_table, say, table
from vlog.cli.plain import NOT_FOUND
from vlog.kit.errors import Invalid

findings = typer.Typer()
_STRAYS = "files of no video"


@findings.command("findings", epilog="vlog storage findings --open --json")
def list_findings(
    acknowledged: Annotated[
        bool | None,
        typer.Option("--acknowledged/--open", help="Only what somebody has acknowledged, or nobody."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what checks of the stored files have found, by video: first what nobody has acknowledged."""
    with admin_api() as api:
        found = _troubles(api, acknowledged=acknowledged)
    if as_json:
        print_json(found)
        return
    if not found:
        print(
            "Nothing is wrong that is known of." if acknowledged is None else "There is nothing of the kind."
        )
        return
    rows = table("ID", "Video", "File", "What", "Found", "State")
    for trouble in found:
        for each in trouble["files"]:
            title = trouble["title"] or Text(_STRAYS, style="dim")
            found_at = moment(each["found_at"])
            add(rows, trouble["video_id"], title, each["key"], each["kind"], found_at, _state(trouble))
        if trouble["count"] > len(trouble["files"]):
            add(rows, None, None, f"and {trouble['count'] - len(trouble['files'])} more", None, None, None)
    print_table(rows)


@findings.command(
    "acknowledge", epilog="vlog storage acknowledge am-see 12\n\nvlog storage acknowledge --strays --undo"
)
def acknowledge(
    videos: Annotated[
        list[str] | None,
        typer.Argument(metavar="VIDEO…", help="By number, slug or address.", show_default=False),
    ] = None,
    strays: Annotated[bool, typer.Option("--strays", help="The files that belong to no video.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Have them count as open again.")] = False,
) -> None:
    """Say that you know of what is wrong with these videos' files: checks tell of it no more as news."""
    if not videos and not strays:
        raise Invalid("Name a video, or give --strays.")
    has_failed = False
    with admin_api() as api:
        wrong = {trouble["video_id"] for trouble in _troubles(api)}
        asked: list[int | None] = [video_id(api, name) for name in videos or ()]
        for each in [*asked, *([None] if strays else [])]:
            name = f"video {each}" if each is not None else _STRAYS
            # An acknowledgement of nothing would look like one of what comes later.
            if each not in wrong:
                say(f"Nothing is known to be wrong with {name}.")
                has_failed = True
                continue
            wish = {"video_id": each, "acknowledged": not undo}
            api.send("POST", "/api/storage/acknowledge", json=wish)
            say(f"{'Open again' if undo else 'Acknowledged'}: {name}.")
    if has_failed:
        raise typer.Exit(NOT_FOUND)


def _troubles(api: AdminApi, *, acknowledged: bool | None = None) -> list[dict[str, Any]]:
    found: Iterable[dict[str, Any]] = api.get("/api/storage")["troubles"]
    return [each for each in found if acknowledged in {None, each["is_acknowledged"]}]


def _state(trouble: dict[str, Any]) -> str:
    if trouble["is_mending"]:
        return "is being made again"
    return "acknowledged" if trouble["is_acknowledged"] else "open"
