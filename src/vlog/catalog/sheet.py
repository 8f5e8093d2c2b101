"""What is said of a video in an export, and how it stands in a table: lists as people write them where that
is exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vlog.kit.sheets import guarded

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
            video[name] = cell.strip().lower() in ("true", "yes", "1")
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
