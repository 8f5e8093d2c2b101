"""`vlog chapters`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library.editing import text_of
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import AsJson, Video, Yes, add, length, print_json, print_table, sent, table
from vlog.kit.errors import Invalid, NotFound
from vlog.media.chapters import Mark, in_description, in_webvtt, seconds_of, webvtt

chapters = typer.Typer(help="List a video's chapters, and look after them.", no_args_is_help=True)
_Time = typer.Option(metavar="TIME", help="Such as 1:02:03, 4:30 or 270.5.")
_Number = Annotated[
    int, typer.Argument(min=1, metavar="NUMBER", help="Which one, counted as `vlog chapters list` does.")
]


@chapters.command("list")
def list_chapters(video: Video, as_json: AsJson = False) -> None:
    """List the chapters of a video."""
    with admin_api() as api:
        found = api.get(_path(api, video))
    _tell(found, as_json=as_json)


@chapters.command("add", epilog="vlog chapters add am-see 4:30 'The other shore'")
def add_chapter(
    video: Video,
    start: Annotated[str, typer.Argument(metavar="TIME", help="Such as 1:02:03, 4:30 or 270.5.")],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    end: Annotated[str | None, _Time] = None,
    as_json: AsJson = False,
) -> None:
    """Add a chapter where it belongs by its start."""
    body = sent(title=title, start_time=_seconds(start), end_time=None if end is None else _seconds(end))
    with admin_api() as api:
        path = _path(api, video)
        api.send("POST", path, json=body)
        _tell(api.get(path), as_json=as_json)


@chapters.command("edit", epilog="vlog chapters edit am-see 2 --title 'The shore' --start 4:35")
def edit_chapter(
    video: Video,
    number: _Number,
    title: Annotated[str | None, typer.Option("-t", "--title")] = None,
    start: Annotated[str | None, _Time] = None,
    end: Annotated[str | None, _Time] = None,
    as_json: AsJson = False,
) -> None:
    """Change a chapter. An --end of “” is where the next one begins."""
    body = sent(title=title, start_time=None if start is None else _seconds(start))
    if end is not None:
        body["end_time"] = _seconds(end) if end else None
    if not body:
        raise Invalid("Say what to change: --title, --start or --end.")
    with admin_api() as api:
        path = _path(api, video)
        api.send("PUT", f"{path}/{_numbered(api, path, number)['id']}", json=body)
        _tell(api.get(path), as_json=as_json)


@chapters.command("remove")
def remove_chapter(video: Video, number: _Number, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a chapter."""
    with admin_api() as api:
        path = _path(api, video)
        found = _numbered(api, path, number)
        if not yes:
            typer.confirm(f"Remove chapter {number}, “{found['title']}”?", abort=True)
        api.send("DELETE", f"{path}/{found['id']}")
        _tell(api.get(path), as_json=as_json)


@chapters.command("reorder", epilog="vlog chapters reorder am-see 2 1 3")
def reorder_chapters(
    video: Video,
    numbers: Annotated[
        list[int], typer.Argument(metavar="NUMBER", help="Present numbers, as they shall follow.")
    ],
    as_json: AsJson = False,
) -> None:
    """Put chapters into another order."""
    with admin_api() as api:
        path = _path(api, video)
        present = [each["id"] for each in api.get(path)["chapters"]]
        if sorted(numbers) != list(range(1, len(present) + 1)):
            raise Invalid(f"Name each number from 1 to {len(present)} once.")
        body = {"chapter_ids": [present[number - 1] for number in numbers]}
        _tell(api.send("POST", f"{path}/reorder", json=body), as_json=as_json)


@chapters.command(
    "import",
    epilog="vlog chapters import am-see chapters.txt\n\n"
    "vlog chapters import am-see --from-description --replace",
)
def import_chapters(
    video: Video,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="WebVTT, or lines such as “4:30 Title”; - is standard input."),
    ] = None,
    described: Annotated[
        bool, typer.Option("--from-description", help="From the video's description.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="In the place of those that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take chapters from a file, or from the description of the video."""
    if described == (file is not None):
        raise Invalid("Name a file, or ask for --from-description.")
    marks = _marks(text_of("-" if file == "-" else f"@{file}"), str(file)) if file is not None else []
    with admin_api() as api:
        path = _path(api, video)
        if described:
            found = api.send("POST", f"{path}/from-description", json={"replace_existing": replace})
        else:
            body = {"chapters": [_body(mark) for mark in marks], "replace_existing": replace}
            found = api.send("PUT", path, json=body)
    _tell(found, as_json=as_json)


@chapters.command("export", epilog="vlog chapters export am-see > chapters.vtt")
def export_chapters(
    video: Video,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; default: standard output.")
    ] = None,
) -> None:
    """Write the chapters as a WebVTT track."""
    with admin_api() as api:
        path = _path(api, video)
        duration = api.get(path.removesuffix("/chapters"))["duration"] or 0.0
        found = api.get(path)["chapters"]
    marks = [Mark(each["start_time"], each["title"], each["end_time"]) for each in found]
    track = webvtt(marks, duration_seconds=duration)
    if output is None:
        print(track, end="")
        return
    try:
        output.write_text(track, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{output} can't be written: {error.strerror}.") from error


def _path(api: AdminApi, video: str) -> str:
    return f"/api/videos/{video_id(api, video)}/chapters"


def _marks(text: str, name: str) -> list[Mark]:
    marks = in_webvtt(text) if text.startswith("WEBVTT") else in_description(text, duration_seconds=0)
    if not marks:
        raise Invalid(
            f"{name} lists no chapters: it is WebVTT, or has lines such as “0:00 Opening”, beginning at 0:00."
        )
    return marks


def _body(mark: Mark) -> dict[str, Any]:
    return {"title": mark.title, "start_time": mark.start_seconds, "end_time": mark.end_seconds}


def _numbered(api: AdminApi, path: str, number: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = api.get(path)["chapters"]
    if number > len(found):
        raise NotFound(f"There is no chapter {number}: this video has {len(found)}.", code="unknown_chapter")
    return found[number - 1]


def _seconds(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        raise Invalid(f"{text} is no time: write 1:02:03, 4:30 or 270.5.")
    return seconds


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif not found["chapters"]:
        print("This video has no chapters.")
    else:
        rows = table("No.", "Begins", "Ends", "Title")
        for number, each in enumerate(found["chapters"], 1):
            add(rows, number, length(each["start_time"]), length(each["end_time"]), each["title"])
        print_table(rows)
