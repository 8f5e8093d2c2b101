"""What several verbs have in common: options, what they print, and how they name things."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vlog.cli.library import completing
from vlog.kit.errors import Invalid
from vlog.kit.lines import printable

_NUMBERS = ("ID", "Length", "Videos", "Size", "Views", "No.")
# Another program reads whole lines, however long they are.
_ENDLESS = 20_000

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
_VIDEO_HELP = "Its number, its slug, or the address of its page."
Video = Annotated[
    str,
    typer.Argument(metavar="VIDEO", help=_VIDEO_HELP, autocompletion=completing.videos, show_default=False),
]
Videos = Annotated[
    list[str],
    typer.Argument(metavar="VIDEO", help=_VIDEO_HELP, autocompletion=completing.videos, show_default=False),
]
CategoryName = Annotated[
    str,
    typer.Argument(
        metavar="CATEGORY", help="Its name, slug or number.", autocompletion=completing.categories
    ),
]
TagName = Annotated[
    str, typer.Argument(metavar="TAG", help="Its name, slug or number.", autocompletion=completing.tags)
]
PlaylistName = Annotated[
    str, typer.Argument(metavar="PLAYLIST", help="Its slug or number.", autocompletion=completing.playlists)
]


def print_json(document: object) -> None:
    """One document for another program."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def say(text: str) -> None:
    """A line for a person; text from elsewhere in it can't steer the terminal."""
    print(printable(text))


def tell_deleted(thing: Mapping[str, Any], words: str, *, as_json: bool) -> None:
    """What was removed, for a person or another program."""
    if as_json:
        print_json({"id": thing["id"], "slug": thing.get("slug"), "deleted": True})
    else:
        say(words)


def table(*columns: str) -> Table:
    """An empty table; numbers stand on the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in _NUMBERS else "left", no_wrap=True)
    return made


def add(rows: Table, *cells: object) -> None:
    """Add a line; ``None`` is a dash."""
    rows.add_row(*(cell if isinstance(cell, Text) else Text(_cell(cell)) for cell in cells))


def print_table(rows: Table) -> None:
    """Print for the terminal's width; for another program in full and without lines."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_ENDLESS)
        rows.box = None
        rows.padding = (0, 2, 0, 0)
    console.print(rows)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values under each other; those without a value are left out."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if value not in (None, "", [], ()):
            first, *rest = _cell(value, keep_lines=True).split("\n")
            print(f"{name:<{width}}  {first}")
            for line in rest:
                print(f"{'':<{width}}  {line}")


def length(duration_seconds: float | None) -> str | None:
    """``1:02:03`` or ``2:05``."""
    if duration_seconds is None:
        return None
    minutes, seconds = divmod(round(duration_seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def moment(text: str | None) -> str | None:
    """A moment of the API in this machine's time zone, to the minute."""
    return None if text is None else f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


def size(size_bytes: float) -> str:
    """``12.3 MB``: decimal, as storage is sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def given_moment(text: str, *, option: str) -> str:
    """What somebody typed as a date or a moment; without a zone it is this machine's. Raises ``Invalid``."""
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{option}: write a moment such as 2026-01-31 or 2026-01-31T18:00.") from error


def only_one(names: Sequence[str], *options: tuple[str, object]) -> None:
    """Raise ``Invalid`` when an option that suits one video is given for several."""
    for option, value in options:
        if value is not None and len(names) > 1:
            raise Invalid(f"{option} does not suit several videos at once.")


def sent(**fields: Any) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def _cell(value: object, *, keep_lines: bool = False) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(printable(str(each)) for each in value)
    if keep_lines:
        return "\n".join(map(printable, str(value).split("\n")))
    return printable(str(value))
