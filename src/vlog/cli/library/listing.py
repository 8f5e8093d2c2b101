"""`vlog list`, `vlog archive` and `vlog show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.foreseen import foreseen
from vlog.cli.library import completing
from vlog.cli.library.acts import PANEL
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import (
    AsJson,
    Video,
    add,
    given_moment,
    length,
    moment,
    print_facts,
    print_json,
    print_table,
    sent,
    size,
    table,
)
from vlog.cli.plain import complain
from vlog.kit.lines import printable

_PAGE = 200
_STYLES = {"ready": "green", "failed": "red", "processing": "cyan", "pending": "dim"}
listing = typer.Typer()


class Sort(StrEnum):
    """By what a list is sorted."""

    DATE = "date"
    TITLE = "title"
    DURATION = "duration"
    VIEWS = "views"
    RELEVANCE = "relevance"


class Order(StrEnum):
    """In which direction."""

    ASC = "asc"
    DESC = "desc"


_Limit = Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many.")]
_All = Annotated[bool, typer.Option("--all", help="However many there are.")]
_Category = Annotated[
    str,
    typer.Option(
        "-c", "--category", help="Slugs, separated by commas.", autocompletion=completing.categories
    ),
]
_Tag = Annotated[
    str,
    typer.Option("--tag", help="Slugs, separated by commas; all of them.", autocompletion=completing.tags),
]


@listing.command(
    "list",
    rich_help_panel=PANEL,
    epilog="vlog list --status failed\n\nvlog list --tag music,live --sort views -n 10"
    "\n\nvlog list --all --json | jq -r '.[].slug'",
)
def list_videos(
    search: Annotated[str, typer.Argument(metavar="WORDS", help="What to search for.")] = "",
    status: Annotated[str, typer.Option("-s", "--status", help="pending, processing, ready, failed.")] = "",
    category: _Category = "",
    tag: _Tag = "",
    visibility: Annotated[str, typer.Option("--visibility", help="public, unlisted, private.")] = "",
    publication: Annotated[str, typer.Option("--publication", help="published, scheduled, draft.")] = "",
    duration: Annotated[str, typer.Option("--duration", help="short, medium, long.")] = "",
    featured: Annotated[bool, typer.Option("--featured", help="Only these.")] = False,
    chapters: Annotated[bool, typer.Option("--has-chapters", help="Only these.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Created from then on.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Created before then.")] = None,
    sort: Annotated[Sort | None, typer.Option("--sort", help="Newest first, or by this.")] = None,
    order: Annotated[Order | None, typer.Option("--order", help="Which way.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="What lies in the archive.")] = False,
    limit: _Limit = 100,
    everything: _All = False,
    as_json: AsJson = False,
) -> None:
    """List videos, newest first. Values of one option are separated by commas."""
    query = sent(
        status=status or None,
        deleted="true" if deleted else None,
        search=search or None,
        category=category or None,
        tag=tag or None,
        visibility=visibility or None,
        publication=publication or None,
        duration=duration or None,
        featured="true" if featured else None,
        has_chapters="true" if chapters else None,
        date_from=given_moment(since, option="--since") if since else None,
        date_to=given_moment(until, option="--until") if until else None,
        sort=sort.value if sort else None,
        order=order.value if order else None,
    )
    with admin_api() as api:
        _print(api, query, limit=None if everything else limit, as_json=as_json)


@listing.command(rich_help_panel=PANEL, epilog="vlog archive\n\nvlog restore 12")
def archive(limit: _Limit = 100, everything: _All = False, as_json: AsJson = False) -> None:
    """List what lies in the archive, last deleted first."""
    with admin_api() as api:
        _print(api, {"deleted": "true"}, limit=None if everything else limit, as_json=as_json)


@listing.command(rich_help_panel=PANEL, epilog="vlog show am-see\n\nvlog show am-see --json | jq .qualities")
def show(video: Video, as_json: AsJson = False) -> None:
    """Show all that is known of a video."""
    with admin_api() as api:
        found = video_id(api, video)
        detail = api.get(f"/api/videos/{found}")
        fields = api.get(f"/api/videos/{found}/custom-fields")["fields"]
        marks = api.get(f"/api/videos/{found}/chapters")["chapters"]
        public = api.config.public_base_url
    if as_json:
        print_json({**detail, "custom_fields": fields, "chapters": marks})
        return
    qualities = [
        f"{each['quality']} ({each['codec']}, {size(each['size_bytes'])})" for each in detail["qualities"]
    ]
    print_facts(
        {
            "ID": detail["id"],
            "Title": detail["title"],
            "Address": f"{public}/watch/{detail['slug']}",
            "Status": _status(detail).plain,
            "Error": detail["error_message"],
            "Published": moment(detail["published_at"]) or "no",
            "Scheduled": moment(detail["publish_at"]),
            "Deleted": moment(detail["deleted_at"]),
            "Visibility": detail["visibility"],
            "Featured": "yes" if detail["is_featured"] else None,
            "Category": detail["category_name"],
            "Tags": [each["name"] for each in detail["tags"]],
            "Length": length(detail["duration"]),
            "Views": detail["view_count"],
            "Source": f"{detail['source_filename']} ({size(detail['source_size_bytes'])})",
            "Qualities": qualities,
            "Created": moment(detail["created_at"]),
            **{each["field_name"]: each["value"] for each in fields},
            "Chapters": "\n".join(f"{length(each['start_time'])} {each['title']}" for each in marks),
            "Warnings": "\n".join(detail["warnings"]),
            "Description": detail["description"],
        }
    )


def pages(
    api: AdminApi, query: Mapping[str, str | int], *, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    """The list page by page, one video more than ``limit`` (``None``: all)."""
    wanted = limit
    sending: dict[str, str | int] = {"limit": _PAGE, "include_total": "false", **query}
    while True:
        if wanted is not None:
            sending["limit"] = min(_PAGE, wanted + 1)
        page = api.get("/api/videos", **sending)
        yield page["videos"]
        if wanted is not None:
            wanted -= len(page["videos"])
        if not page["has_more"] or (wanted is not None and wanted < 0):
            return
        sending["cursor"] = page["next_cursor"]


def _print(api: AdminApi, query: Mapping[str, str | int], *, limit: int | None, as_json: bool) -> None:
    every = (video for page in pages(api, query, limit=limit) for video in page)
    videos = list(islice(every, limit + 1 if limit is not None else None))
    has_more = limit is not None and len(videos) > limit
    videos = videos[:limit]
    if as_json:
        print_json(videos)
    elif not videos:
        print("No video matches." if query else "There are no videos yet.")
    else:
        rows = table("ID", "Title", "Status", "Length", "Published", "Address")
        for video in videos:
            add(
                rows,
                str(video["id"]),
                Text(printable(video["title"])),
                _status(video),
                length(video.get("duration")),
                _publication(video),
                f"/watch/{video['slug']}",
            )
        print_table(rows)
    if has_more:
        complain(f"There are more than these {limit}: ask for --all, or for another --limit.")


def _publication(video: Mapping[str, Any]) -> str:
    if video.get("published_at"):
        hidden = video.get("visibility", "public")
        return "yes" if hidden == "public" else str(hidden)
    return moment(video.get("publish_at")) or "no"


def _status(video: Mapping[str, Any]) -> Text:
    status = str(video["status"])
    progress = video.get("progress") or {}
    percent = progress.get("percent")
    words = f"{status} {percent:.0f} %" if status == "processing" and percent is not None else status
    if status == "processing" and (when := foreseen(progress)):
        words += f", {when}"
    return Text(words, style=_STYLES.get(status, ""))
