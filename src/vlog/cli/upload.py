"""`vlog upload`: files to the admin service, resumably, with progress, and perhaps until they play."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

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

from vlog.catalog.text import title_of_file
from vlog.cli.client import AdminApi
from vlog.cli.foreseen import foreseen
from vlog.cli.plain import complain
from vlog.cli.tus import Patience, TusUpload, Watch
from vlog.cli.upload_memory import Upload, UploadMemory, state_folder
from vlog.kit.errors import Conflict, Invalid, NotFound, NotPermitted, VlogError
from vlog.kit.lines import printable

_POLL_SECONDS = 1.0
_HASH_BLOCK_BYTES = 4 << 20
READY, FAILED = "ready", "failed"


@dataclass(frozen=True)
class Wish:
    """What shall become of the files."""

    title: str | None
    description: str
    category: str | None
    publish: bool
    wait: bool
    sha256: bool = False
    patience_minutes: float = 10.0
    replaces: int | None = None
    """The video whose source the file takes the place of."""


@dataclass(frozen=True)
class Uploaded:
    """One file's fate, as ``--json`` prints it."""

    file: str
    video_id: int | None = None
    slug: str | None = None
    url: str | None = None
    status: str | None = None
    error: str | None = None


def upload(api: AdminApi, files: list[Path], *, wish: Wish, as_json: bool) -> bool:
    """Upload all ``files``, each whatever becomes of the others; whether all went well."""
    if wish.replaces is not None and len(files) > 1:
        raise Invalid("One file takes the place of a source, not several.")
    if wish.title is not None and len(files) > 1:
        raise Invalid("One title does not suit several files: leave --title out or upload one at a time.")
    # Before gigabytes travel: is the secret right, is there such a category?
    category_id = find_category(api, wish.category) if wish.category else None
    api.get("/api/videos", limit=1)
    results = []
    memory = UploadMemory(state_folder(os.environ))
    for file in files:
        try:
            result = _upload_one(api, _Sending(file, wish, category_id), memory)
        except VlogError as error:
            result = Uploaded(str(file), error=error.message)
        results.append(result)
        if not as_json:
            tell(result, waited=wish.wait)
    if as_json:
        print(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2))
    return all(result.error is None for result in results)


def send(api: AdminApi, file: Path, wish: Wish, *, category_id: int | None) -> Uploaded:
    """Upload one file; raises ``VlogError``."""
    return _upload_one(api, _Sending(file, wish, category_id), UploadMemory(state_folder(os.environ)))


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


@dataclass(frozen=True)
class _Sending:
    """One file, and what is asked for it."""

    file: Path
    wish: Wish
    category_id: int | None

    @property
    def metadata(self) -> dict[str, str]:
        """What the server is told when the upload begins."""
        if self.wish.replaces is not None:
            return {**self._name, "replaces": str(self.wish.replaces)}
        category = {} if self.category_id is None else {"category_id": str(self.category_id)}
        return {
            **self._name,
            "title": self.wish.title or title_of_file(self.file.name),
            "description": self.wish.description,
            "publish": "true" if self.wish.publish else "false",
            **category,
        }

    @property
    def _name(self) -> dict[str, str]:
        # A name that is no UTF-8 can still be shown.
        return {"filename": os.fsencode(self.file.name).decode("utf-8", "backslashreplace")}

    def identity(self, opened: BinaryIO, server: str) -> Upload:
        """By what another run of the same command finds it again."""
        found = os.fstat(opened.fileno())
        wish = json.dumps([self.metadata, self.wish.sha256], sort_keys=True)
        path = str(self.file.resolve())
        return Upload(
            server, path, found.st_size, found.st_mtime_ns, hashlib.sha256(wish.encode()).hexdigest()
        )


def _upload_one(api: AdminApi, sending: _Sending, memory: UploadMemory) -> Uploaded:
    file, wish = sending.file, sending.wish
    with progress_bar() as progress, file.open("rb") as opened:
        identity = sending.identity(opened, api.config.admin_base_url)
        bar = Bar(progress, printable(file.name), identity.size_bytes)
        watch = Watch(
            on_progress=bar.show,
            on_pause=bar.pause,
            on_address=lambda address: (
                memory.remember(identity, address) if address else memory.forget(identity)
            ),
        )
        tus = TusUpload(api, opened, address=memory.recall(identity), watch=watch)
        try:
            made = tus.run(
                lambda: {**sending.metadata, **(_promise(opened, bar) if wish.sha256 else {})},
                patience=Patience(wish.patience_minutes * 60),
            )
        except KeyboardInterrupt:
            progress.stop()
            complain(f"{file}: stopped at {bar.percent} %. The same command goes on from there.")
            raise
        except (Invalid, Conflict):
            # A final refusal: the next try is another upload.
            memory.forget(identity)
            raise
        memory.forget(identity)
    url = f"{api.config.public_base_url}/watch/{made.slug}"
    if wish.wait:
        status, error = _wait(api, made.video_id, name=file.name)
        return Uploaded(str(file), made.video_id, made.slug, url, status, error)
    return Uploaded(str(file), made.video_id, made.slug, url, "pending")


class Bar:
    """One line of progress, which also tells why nothing moves."""

    def __init__(self, progress: Progress, name: str, size_bytes: int) -> None:
        self._progress = progress
        self._name = name
        self._size_bytes = size_bytes
        self._task = progress.add_task(name, total=size_bytes)
        self._done_bytes = 0
        self._is_paused = False

    @property
    def percent(self) -> int:
        """Of all bytes, rounded down."""
        return 100 * self._done_bytes // self._size_bytes

    def show(self, done_bytes: int, total_bytes: int | None = None) -> None:
        """So far it is; ``total_bytes`` where that was not known."""
        self._done_bytes = done_bytes
        self._is_paused = False
        total = self._size_bytes or total_bytes
        self._progress.update(self._task, completed=done_bytes, total=total, description=self._name)

    def pause(self, words: str, seconds: float) -> None:
        """Nothing moves, for this reason; once in words where nobody sees the line."""
        pause = f"next try in {max(1, round(seconds))} s"
        self._progress.update(self._task, completed=self._done_bytes, description=f"{self._name}: {pause}")
        if self._progress.disable and not self._is_paused:
            complain(f"{self._name}: {words} Trying again.")
        self._is_paused = True

    def hash(self, done_bytes: int) -> None:
        """So far it has been read for its hash."""
        self._progress.update(self._task, completed=done_bytes, description=f"{self._name}: hashing")


def _promise(opened: BinaryIO, bar: Bar) -> dict[str, str]:
    """The hash of the whole file, which the server compares with what arrives."""
    digest = hashlib.sha256()
    opened.seek(0)
    done_bytes = 0
    while block := opened.read(_HASH_BLOCK_BYTES):
        digest.update(block)
        done_bytes += len(block)
        bar.hash(done_bytes)
    bar.show(0)
    return {"sha256": digest.hexdigest()}


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
            words = ", ".join(filter(None, (status, foreseen(done))))
            progress.update(
                bar, completed=done.get("percent") or 0, description=f"{printable(name)}: {words}"
            )
            time.sleep(_POLL_SECONDS)


def tell(result: Uploaded, *, waited: bool) -> None:
    """Where it can be watched, or why not."""
    if result.error is not None:
        complain(f"{result.file}: {result.error}")
    else:
        print(f"{result.url}" if waited else f"{result.url}  (being made ready)")
