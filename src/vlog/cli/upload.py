"""`vlog upload`: files to the admin service, streamed, with progress, and perhaps until they play."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import httpx
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from vlog.cli.client import AdminApi
from vlog.cli.plain import complain
from vlog.kit.errors import Invalid, NotFound, NotPermitted, VlogError
from vlog.kit.lines import printable

# The answer comes when the last byte is durable; a slow disk with a large file needs its time.
_UPLOAD_TIMEOUT = httpx.Timeout(60.0, connect=5.0, read=600.0)
_POLL_SECONDS = 1.0
_MAX_TITLE = 255
READY, FAILED = "ready", "failed"


@dataclass(frozen=True)
class Wish:
    """What shall become of the files."""

    title: str | None
    description: str
    category: str | None
    publish: bool
    wait: bool


@dataclass(frozen=True)
class Uploaded:
    """One file's fate, as ``--json`` prints it."""

    file: str
    video_id: int | None = None
    slug: str | None = None
    url: str | None = None
    status: str | None = None
    error: str | None = None


class CountedFile:
    """A file that tells how many bytes have been read; httpx takes its size and sends it in pieces."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], None]) -> None:
        self._file = file
        self._on_read = on_read

    def read(self, size: int = -1) -> bytes:
        """The next piece."""
        data = self._file.read(size)
        self._on_read(len(data))
        return data

    def fileno(self) -> int:
        """For the size."""
        return self._file.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Back to the start, should it be sent again."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """How far it has been read."""
        return self._file.tell()


def upload(api: AdminApi, files: list[Path], *, wish: Wish, as_json: bool) -> bool:
    """Upload all ``files``, each whatever becomes of the others; whether all went well."""
    if wish.title is not None and len(files) > 1:
        raise Invalid("One title does not suit several files: leave --title out or upload one at a time.")
    # Before gigabytes travel: is the secret right, is there such a category?
    category_id = find_category(api, wish.category) if wish.category else None
    api.get("/api/videos", limit=1)
    results = []
    for file in files:
        try:
            result = _upload_one(api, file, wish=wish, category_id=category_id)
        except VlogError as error:
            result = Uploaded(str(file), error=error.message)
        results.append(result)
        if not as_json:
            _tell(result, waited=wish.wait)
    if as_json:
        print(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2))
    return all(result.error is None for result in results)


def check_file(file: Path) -> None:
    """Raise ``VlogError`` in plain words unless ``file`` can be read and has something in it."""
    if not file.exists():
        raise NotFound(f"There is no file {file}.")
    if not file.is_file():
        raise Invalid(f"{file} is not a file.")
    try:
        with file.open("rb") as opened:
            first = opened.read(1)
    except PermissionError as error:
        raise NotPermitted(f"You may not read {file}.") from error
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}.") from error
    if not first:
        raise Invalid(f"{file} is empty.")


def find_category(api: AdminApi, name: str) -> int:
    """The id of the category with this name or slug. Raises ``NotFound`` with those that there are."""
    categories = api.get("/api/categories")
    for category in categories:
        if name.casefold() in (category["name"].casefold(), category["slug"]):
            return int(category["id"])
    known = ", ".join(category["name"] for category in categories) or "none yet"
    raise NotFound(f"There is no category {name} (there are: {known}); `vlog categories --create` makes one.")


def title_of(file: Path) -> str:
    """The title that a file name suggests."""
    words = file.stem.replace("_", " ").split()
    return " ".join(words)[:_MAX_TITLE] or file.name[:_MAX_TITLE]


def progress_bar() -> Progress:
    """A progress display on standard error, where it does not mix with results; none without a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(binary_units=False),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _upload_one(api: AdminApi, file: Path, *, wish: Wish, category_id: int | None) -> Uploaded:
    fields = {
        "title": wish.title or title_of(file),
        "description": wish.description,
        "published": "true" if wish.publish else "false",
        **({"category_id": str(category_id)} if category_id is not None else {}),
    }
    with progress_bar() as progress, file.open("rb") as opened:
        bar = progress.add_task(printable(file.name), total=os.fstat(opened.fileno()).st_size)
        counted = CountedFile(opened, lambda size: progress.advance(bar, size))
        # httpx writes the fields first and the file last, which is the order that the service reads.
        answer = api.send(
            "POST",
            "/api/videos",
            data=fields,
            files={"file": (file.name, counted, "application/octet-stream")},
            timeout=_UPLOAD_TIMEOUT,
        )
    video_id, slug = int(answer["video_id"]), str(answer["slug"])
    url = f"{api.config.public_base_url}/watch/{slug}"
    status = str(answer["status"])
    if wish.wait:
        status, error = _wait(api, video_id, name=file.name)
        return Uploaded(str(file), video_id, slug, url, status, error)
    return Uploaded(str(file), video_id, slug, url, status)


def _wait(api: AdminApi, video_id: int, *, name: str) -> tuple[str, str | None]:
    """Follow a video until it plays or has failed: its status, and the reason of a failure."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(f"{printable(name)}: waiting", total=100)
        while True:
            video = api.get(f"/api/videos/{video_id}")
            status = str(video["status"])
            if status == READY:
                return status, None
            if status == FAILED:
                return status, str(video.get("error_message") or "The video could not be made ready.")
            done = video.get("progress") or {}
            progress.update(
                bar, completed=done.get("percent") or 0, description=f"{printable(name)}: {status}"
            )
            time.sleep(_POLL_SECONDS)


def _tell(result: Uploaded, *, waited: bool) -> None:
    if result.error is not None:
        complain(f"{result.file}: {result.error}")
    else:
        print(f"{result.url}" if waited else f"{result.url}  (being made ready)")
