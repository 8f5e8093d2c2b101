"""`vlog purge`: what lies in the archive, for good; or only what would go."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library import completing
from vlog.cli.library.acts import PANEL, ask_first, each
from vlog.cli.library.words import AsJson, Yes, add, moment, print_json, print_table, say, size, table
from vlog.kit.errors import Conflict

purging = typer.Typer()
_Named = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[VIDEO]...",
        help="Its number, its slug, or the address of its page.",
        autocompletion=completing.videos,
        show_default=False,
    ),
]


@purging.command(
    rich_help_panel=PANEL,
    epilog="vlog purge am-see --dry-run\n\nvlog purge --due --dry-run\n\nvlog purge --due",
)
def purge(
    videos: _Named = None,
    due: Annotated[
        bool, typer.Option("--due", help="All whose time in the archive (archive.retention_days) is over.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete videos that are in the archive for good, with their sources. Nothing can bring them back."""
    if due == bool(videos):
        raise typer.BadParameter("name videos, or say --due.")
    with admin_api() as api:
        if due:
            _purge_due(api, dry_run=dry_run, yes=yes, as_json=as_json)
        elif dry_run:
            each(api, videos or [], _look, told="Video {} would be deleted for good.", as_json=as_json)
        else:
            if not yes:
                ask_first(api, videos or [], for_good=True)
            each(api, videos or [], _purge, told="Video {} is deleted for good.", as_json=as_json)


def _look(api: AdminApi, found: int) -> None:
    if api.get(f"/api/videos/{found}")["deleted_at"] is None:
        raise Conflict("It is not in the archive: it would be refused.", code="not_deleted")


def _purge(api: AdminApi, found: int) -> None:
    api.send("DELETE", f"/api/videos/{found}", params={"permanent": "true"})


def _purge_due(api: AdminApi, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    archive = api.get("/api/archive")
    count = archive["due_count"]
    if dry_run or count == 0:
        _tell(archive, as_json=as_json, dry_run=dry_run)
        return
    what = f"{_videos(count)} ({size(archive['due_size_bytes'])})"
    if not yes:
        typer.confirm(f"Delete {what} for good? Nothing can bring them back.", abort=True)
    gone, left = 0, count
    while left > 0:
        # As many as somebody has seen and no others: the service refuses another number.
        answer = api.send("POST", "/api/archive/purge", json={"due_count": left}, timeout=600)
        if answer["purged"] == 0:
            break
        gone, left = gone + answer["purged"], left - answer["purged"]
    if as_json:
        print_json({"dry_run": False, "purged": gone, "left": left})
    else:
        say(f"{_videos(gone)} deleted for good{f', {left} left' if left else ''}.")
    if left > 0:
        raise Conflict(f"{_videos(left)} could not be deleted: see the log.", code="purge_incomplete")


def _tell(archive: dict[str, Any], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        print_json({"dry_run": dry_run, "purged": 0, "left": archive["due_count"], "archive": archive})
        return
    days = archive["retention_days"]
    if days == 0:
        say("Deleted videos are kept for ever (archive.retention_days is 0): none is due.")
        return
    if archive["due"]:
        rows = table("ID", "Title", "Deleted", "Size")
        for video in archive["due"]:
            deleted = moment(video["deleted_at"])
            add(rows, video["id"], video["title"], deleted, size(video["size_bytes"]))
        print_table(rows)
    say(
        f"{_videos(archive['due_count'])} of {archive['count']} in the archive would go now "
        f"({size(archive['due_size_bytes'])}), kept for {days} days."
    )
    if archive["is_stopped"]:
        say(f"That is more than archive.purge_limit ({archive['limit']}): none goes by itself.")


def _videos(count: int) -> str:
    return f"{count} video" if count == 1 else f"{count} videos"
