"""`vlog export` and `vlog import`: the library as a file, and back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from vlog.catalog import sheet
from vlog.catalog.sheet import Said
from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library import completing
from vlog.cli.library.words import AsJson, print_json, say, sent
from vlog.cli.plain import FAILED, complain
from vlog.kit.errors import Invalid, NotFound, Unavailable

transfer = typer.Typer()
_ROWS = 100
# Well within what one request may bring.
_BATCH_BYTES = 700_000
_END = b'"total_count":'
_TAIL_BYTES = 64


class Format(StrEnum):
    """How an export is written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


@transfer.command(
    "export",
    rich_help_panel="Library",
    epilog="vlog export -o library.json\n\nvlog export --format csv --bom -o library.csv"
    "\n\nvlog export --format ndjson --tag summer | jq -r .slug",
)
def export(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; default: standard output.")
    ] = None,
    kind: Annotated[
        Format | None, typer.Option("--format", help="Default: by the file's name, or json.")
    ] = None,
    include_deleted: Annotated[
        bool, typer.Option("--include-deleted", help="Also what lies in the archive.")
    ] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Tell spreadsheets that a table is UTF-8.")] = False,
    category: Annotated[
        str | None, typer.Option("-c", "--category", help="Slugs.", autocompletion=completing.categories)
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Slugs.", autocompletion=completing.tags)] = None,
    status: Annotated[str | None, typer.Option("-s", "--status")] = None,
    search: Annotated[str | None, typer.Option("--search", metavar="WORDS")] = None,
) -> None:
    """Write what is known of all videos: all that people wrote, and the facts. Files are not in it."""
    chosen = kind or _format_of(output)
    query = sent(category=category, tag=tag, status=status, search=search)
    query |= {"format": chosen.value, **({"include_deleted": "true"} if include_deleted else {})}
    query |= {"bom": "true"} if bom else {}
    with admin_api() as api, _written(output) as file:
        count = _copy(api, query, file, has_end=chosen is not Format.CSV)
    if output is not None:
        say(f"{output}: {count:,} bytes.")


@transfer.command(
    "import",
    rich_help_panel="Library",
    epilog="vlog import library.json --dry-run\n\nvlog import library.csv --create-missing",
)
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON, NDJSON or CSV of `vlog export`, or -.")],
    kind: Annotated[
        Format | None, typer.Option("--format", help="Default: by the file's name, or json.")
    ] = None,
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="Make categories, playlists, choices that don't exist.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring videos to what a file says of them. Makes no videos; what the file does not say stays."""
    chosen = kind or _format_of(Path(file))
    total: dict[str, Any] = {"dry_run": dry_run, "changed": 0, "unchanged": 0, "failed": 0, "rows": []}
    with admin_api() as api, _read(file) as opened:
        first = 0
        for batch in _batches(sheet.read(opened, chosen.value)):
            videos = [each.video for each in batch if each.video is not None]
            body = {"videos": videos, "create_missing": create_missing, "dry_run": dry_run}
            body |= sent(installation=batch[0].installation)
            answer = api.send("POST", "/api/videos/import", json=body, timeout=120)
            _add(total, _with_unread(batch, answer), first, as_json=as_json)
            first += len(batch)
    if as_json:
        print_json(total)
    else:
        would = "would be changed" if dry_run else "changed"
        say(f"{total['changed']} {would}, {total['unchanged']} as they were, {total['failed']} refused.")
    if total["failed"]:
        raise typer.Exit(FAILED)


def _with_unread(batch: list[Said], answer: dict[str, Any]) -> dict[str, Any]:
    """What became of a batch, with those entries in their places that could not be read and were not sent."""
    told = iter(answer["rows"])
    rows = [_unread(each) if each.video is None else next(told) for each in batch]
    numbered = [{**row, "row": number} for number, row in enumerate(rows)]
    return {**answer, "failed": answer["failed"] + len(batch) - len(answer["rows"]), "rows": numbered}


def _unread(entry: Said) -> dict[str, Any]:
    return {"status": "failed", "slug": None, "code": "invalid_row", "message": entry.problem}


def _add(total: dict[str, Any], answer: dict[str, Any], first: int, *, as_json: bool) -> None:
    for end in ("changed", "unchanged", "failed"):
        total[end] += answer[end]
    for row in answer["rows"]:
        number = row["row"] + first
        name = row["slug"] or f"row {number + 1}"
        if row["status"] == "failed":
            complain(f"{name}: {row['message']}")
        elif row["ignored"]:
            complain(f"{name}: nothing is known of {', '.join(row['ignored'])}")
        if row["status"] == "changed" and not as_json:
            say(f"{name}: {', '.join(row['changed'])}")
        if row["status"] != "unchanged":
            total["rows"].append({**row, "row": number})


def _copy(api: AdminApi, query: dict[str, Any], file: BinaryIO, *, has_end: bool) -> int:
    """How many bytes were written; raises ``Unavailable`` when they are not all."""
    count, tail = 0, b""
    with api.stream("/api/videos/export", **query) as response:
        for block in response.iter_bytes():
            file.write(block)
            count += len(block)
            tail = (tail + block)[-_TAIL_BYTES:]
    # A proxy in between may end a broken answer as if it were whole.
    if has_end and _END not in tail:
        raise Unavailable("The export broke off.", code="export_incomplete")
    return count


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    """A file that has its name only once it is complete."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    pending = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with pending.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        pending.replace(output)
    except OSError as error:
        raise Invalid(f"{output} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            pending.unlink(missing_ok=True)


@contextmanager
def _read(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        opened = Path(file).open(encoding="utf-8-sig", newline="")  # noqa: SIM115 - closed below
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {file}.") from error
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}.") from error
    with opened:
        try:
            yield opened
        except (ValueError, TypeError, AttributeError) as error:
            raise Invalid(f"{file} is not what `vlog export` writes: {error}") from error


def _format_of(path: Path | None) -> Format:
    suffix = path.suffix.lower().removeprefix(".") if path is not None else ""
    return Format(suffix) if suffix in set(Format) else Format.JSON


def _batches(entries: Iterator[Said]) -> Iterator[list[Said]]:
    batch: list[Said] = []
    size_bytes = 0
    for entry in entries:
        length = len(json.dumps(entry.video))
        if batch and (len(batch) >= _ROWS or size_bytes + length > _BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(entry)
        size_bytes += length
    if batch:
        yield batch
