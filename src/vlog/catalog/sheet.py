"""What is said of a video in an export, and how it stands in a table: lists as people write them where that
is exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vlog.kit.errors import Invalid
from vlog.kit.sheets import BOM, guarded, records

Format = Literal["json", "ndjson", "csv"]

# What of an exported video is no fact: what an import can set.
WRITTEN = (
    "title",
    "description",
    "category",
    "tags",
    "visibility",
    "is_featured",
    "chapters",
    "custom_fields",
    "playlists",
)
FACTS = (
    "id",
    "slug",
    "status",
    "created_at",
    "published_at",
    "publish_when_ready",
    "publish_at",
    "deleted_at",
    "duration",
    "source_filename",
    "source_size_bytes",
    "source_width",
    "source_height",
    "stored_size_bytes",
    "qualities",
    "view_count",
)

CUSTOM = "custom."
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LISTS = ("tags", "playlists", "qualities")
COLUMNS = (
    *("id", "slug"),
    *(name for name in WRITTEN if name != "custom_fields"),
    *(name for name in FACTS if name not in ("id", "slug")),
)


def header(field_slugs: Sequence[str]) -> list[str]:
    """The names of the columns; each custom field has its own."""
    return [*COLUMNS, *(f"{CUSTOM}{slug}" for slug in dict.fromkeys(field_slugs))]


def row(document: str, columns: Sequence[str]) -> list[str]:
    """One exported video as cells."""
    video = json.loads(document)
    video["playlists"] = [each["slug"] for each in video["playlists"]]
    values = {**video, **{f"{CUSTOM}{slug}": value for slug, value in video["custom_fields"].items()}}
    return [_cell(values.get(name)) for name in columns]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What one entry of a file says: a video of the installation that the file names, or why it says none."""

    video: dict[str, Any] | None = None
    problem: str = ""
    installation: str | None = None


def read(text: Iterable[str], kind: Format) -> Iterator[Said]:
    """The entries of a file that an export has written, or a spreadsheet after it, by its lines.

    A broken entry is told of in its place; raises ``Invalid`` (code ``invalid_file``) where the whole file is
    none.
    """
    try:
        match kind:
            case "csv":
                yield from _of_table(text)
            case "ndjson":
                yield from _of_lines(text)
            case "json":
                yield from _of_document(json.loads("".join(text).removeprefix(BOM)))
    except (ValueError, RecursionError) as error:
        raise _no_file(str(error)) from error


def _of_table(text: Iterable[str]) -> Iterator[Said]:
    for record in records(text):
        if "slug" not in record and "id" not in record:
            raise _no_file("no column is called slug or id")
        try:
            yield Said(video=video_of(record))
        except (ValueError, RecursionError) as error:
            yield Said(problem=f"A cell can't be read: {error}.")


def _of_lines(text: Iterable[str]) -> Iterator[Said]:
    installation = None
    for line in filter(str.strip, text):
        try:
            entry = json.loads(line.removeprefix(BOM))
        except (ValueError, RecursionError) as error:
            yield Said(problem=f"This line is no JSON: {error}.")
            continue
        if isinstance(entry, dict) and "exported_at" in entry:
            installation = _text(entry.get("installation"))
        elif not isinstance(entry, dict) or set(entry) != {"total_count"}:
            yield _entry(entry, installation)


def _of_document(document: object) -> Iterator[Said]:
    found = document.get("videos") if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise _no_file("there is no list of videos")
    installation = _text(document.get("installation")) if isinstance(document, dict) else None
    for entry in found:
        yield _entry(entry, installation)


def _entry(entry: object, installation: str | None) -> Said:
    if isinstance(entry, dict):
        return Said(video=entry, installation=installation)
    return Said(problem="This is not what is said of a video.")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _no_file(why: str) -> Invalid:
    return Invalid(f"This is not what `vlog export` writes: {why}.", code="invalid_file")


def video_of(record: Mapping[str, str]) -> dict[str, Any]:
    """What a line says of a video, as an export in JSON says it. Raises ``ValueError`` for broken JSON.

    Empty cells are left out: only a cell that says something changes anything.
    """
    video: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for name, cell in record.items():
        if cell == "":
            continue
        if name.startswith(CUSTOM):
            fields[name.removeprefix(CUSTOM)] = _value(cell)
        elif name in _LISTS:
            found = json.loads(cell) if cell.startswith("[") else _parts(cell)
            video[name] = [{"slug": slug} for slug in found] if name == "playlists" else found
        elif name in ("chapters", "id"):
            video[name] = json.loads(cell)
        elif name == "is_featured":
            # What is neither is left for who checks what a video may be.
            video[name] = _YES_NO.get(cell.strip().lower(), cell)
        else:
            video[name] = cell
    return {**video, "custom_fields": fields} if fields else video


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return guarded(value)
        case list() if all(isinstance(each, str) and _is_plain(each) for each in value):
            return guarded("; ".join(value))
        case _:
            return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """It can stand in a list with semicolons and be read back."""
    return ";" not in text and text == text.strip() and bool(text) and not text.startswith("[")


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _value(cell: str) -> object:
    return json.loads(cell) if cell.startswith("[") else cell
