"""`vlog list`, `categories`, `publish` and the like: what the admin pages do, for scripts and terminals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vlog.cli.client import AdminApi
from vlog.cli.foreseen import foreseen
from vlog.kit.lines import printable

_PAGE = 100
_STYLES = {"ready": "green", "failed": "red", "processing": "cyan", "pending": "dim"}
# A table that another program reads is not broken to a width that nobody sees.
_WIDE = 200


def list_videos(api: AdminApi, *, status: str | None, deleted: bool, as_json: bool) -> None:
    """Print all videos, newest first."""
    videos = list(_pages(api, status=status, deleted=deleted))
    if as_json:
        print(json.dumps(videos, ensure_ascii=False, indent=2))
        return
    if not videos:
        print("There are no videos yet." if status is None and not deleted else "No video matches.")
        return
    rows = table("ID", "Title", "Status", "Length", "Published", "Address")
    for video in videos:
        rows.add_row(
            str(video["id"]),
            Text(printable(video["title"])),
            _status(video),
            _length(video.get("duration")),
            "yes" if video.get("published_at") else "no",
            Text(f"/watch/{video['slug']}"),
        )
    print_table(rows)


def list_categories(api: AdminApi, *, as_json: bool) -> None:
    """Print all categories."""
    categories = api.get("/api/categories")
    if as_json:
        print(json.dumps(categories, ensure_ascii=False, indent=2))
        return
    if not categories:
        print("There are no categories yet: `vlog categories --create NAME` makes one.")
        return
    rows = table("ID", "Name", "Slug")
    for category in categories:
        rows.add_row(str(category["id"]), Text(printable(category["name"])), category["slug"])
    print_table(rows)


def create_category(api: AdminApi, name: str, *, as_json: bool) -> None:
    """Make a category and print it."""
    created = api.send("POST", "/api/categories", json={"name": name})
    if as_json:
        print(json.dumps(created, ensure_ascii=False, indent=2))
    else:
        print(f"Category {printable(created['name'])} ({created['slug']}) is there.")


def delete(api: AdminApi, video_id: int, *, permanent: bool) -> None:
    """Put a video into the trash, and from there out of the world if it shall go for good."""
    # The trash always comes first; a video that lies there already stays there.
    for for_good in (False, True) if permanent else (False,):
        api.send("DELETE", f"/api/videos/{video_id}", params={"permanent": str(for_good).lower()})


def _pages(api: AdminApi, *, status: str | None, deleted: bool) -> Iterator[dict[str, Any]]:
    query: dict[str, str | int] = {"limit": _PAGE}
    if status is not None:
        query["status"] = status
    if deleted:
        query["deleted"] = "true"
    while True:
        page = api.get("/api/videos", **query)
        yield from page["videos"]
        if not page["has_more"]:
            return
        query["cursor"] = page["next_cursor"]


def table(*columns: str) -> Table:
    """An empty table; numbers stand on the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in ("ID", "Length") else "left", no_wrap=True)
    return made


def print_table(rows: Table) -> None:
    """Print for the terminal's width; for another program in full."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(rows)


def _status(video: Mapping[str, Any]) -> Text:
    status = str(video["status"])
    progress = video.get("progress") or {}
    percent = progress.get("percent")
    words = f"{status} {percent:.0f} %" if status == "processing" and percent is not None else status
    if status == "processing" and (when := foreseen(progress)):
        words += f", {when}"
    return Text(words, style=_STYLES.get(status, ""))


def _length(duration_seconds: float | None) -> str:
    if duration_seconds is None:
        return "–"
    minutes, seconds = divmod(round(duration_seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
