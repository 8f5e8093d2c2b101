"""Resumable uploads from the command line (tus 1.0.0): begin, ask how far it is, go on, not give up soon."""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

import httpx

from vlog.cli.client import AdminApi, refusal_of
from vlog.kit.errors import Conflict, Invalid, NotFound, OutOfSpace, Unavailable, VlogError

UPLOADS = "/api/uploads"
# Proxies limit request bodies, often to 100 MB.
CHUNK_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_LONGEST_PAUSE_SECONDS = 5.0
_OUTCOME_POLL_SECONDS = 1.0
# The answer to the last piece comes when all is durable and known; a slow disk needs its time for that.
_PIECE_TIMEOUT = httpx.Timeout(60.0, connect=5.0, read=600.0)
_HEADERS = {"Tus-Resumable": "1.0.0"}
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# What time may mend: see `again`.
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.LOCKED,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        460,
    }
)


@dataclass(frozen=True)
class Made:
    """The video that came of it."""

    video_id: int
    slug: str


@dataclass(frozen=True)
class Watch:
    """Who is told how it goes: bytes that the server has or that are on their way, pauses, the address."""

    on_progress: Callable[[int], None]
    on_pause: Callable[[str, float], None]
    on_address: Callable[[str | None], None]


class Passing(Exception):
    """Something that time may mend."""

    def __init__(self, words: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.retry_after_seconds = retry_after_seconds


class Patience:
    """Waits between tries, longer each time, until nothing has gone through for ``seconds``."""

    def __init__(self, seconds: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._since = time.monotonic()
        self._attempt = 0

    def encourage(self) -> None:
        """Something went through."""
        self._since = time.monotonic()
        self._attempt = 0

    def wait(self, passing: Passing, on_pause: Callable[[str, float], None]) -> None:
        """Pause before another try; raises ``Unavailable`` when it has been enough."""
        waited = time.monotonic() - self._since
        pause = passing.retry_after_seconds or min(_LONGEST_PAUSE_SECONDS, 0.5 * 2**self._attempt)
        if waited + pause > self._seconds:
            raise Unavailable(
                f"{passing.words} Nothing has gone through for {_minutes(waited)}: run the same command "
                "again later, and it goes on where it stopped."
            )
        self._attempt += 1
        on_pause(passing.words, pause)
        self._sleep(pause)


class TusUpload:
    """One file on its way. ``address`` is that of an earlier run, if there was one."""

    def __init__(self, api: AdminApi, file: BinaryIO, *, address: str | None, watch: Watch) -> None:
        self._api = api
        self._file = file
        self._address = address
        self._is_recalled = address is not None
        self._watch = watch
        found = os.fstat(file.fileno())
        self._size_bytes = found.st_size
        self._modified_ns = found.st_mtime_ns
        self._idempotency_key = secrets.token_hex(16)
        self._made: Made | None = None

    def run(self, metadata: Callable[[], Mapping[str, str]], *, patience: Patience) -> Made:
        """Send what the server does not have. ``metadata`` is asked only when the upload has to begin.

        Raises ``Unavailable`` when patience ends, and the server's refusals.
        """
        while True:
            try:
                if self._address is None:
                    self._begin(metadata())
                offset = self._ask()
                if offset is not None:
                    self._send_from(offset, patience)
                    return self._made or self._outcome()
            except Passing as passing:
                patience.wait(passing, self._watch.on_pause)

    def _begin(self, metadata: Mapping[str, str]) -> None:
        encoded = {
            name: base64.b64encode(value.encode("utf-8", "replace")).decode()
            for name, value in metadata.items()
            if value
        }
        response = self._exchange(
            "POST",
            UPLOADS,
            headers={
                "Upload-Length": str(self._size_bytes),
                "Upload-Metadata": ",".join(f"{name} {value}" for name, value in encoded.items()),
                "Idempotency-Key": self._idempotency_key,
            },
        )
        location = response.headers.get("location", "")
        if not location:
            raise Invalid(
                f"{self._api.config.admin_base_url} does not speak the tus protocol.", code="not_vlog"
            )
        # Whatever host a proxy has put in front: the path is what this server understands.
        self._address = httpx.URL(location).path
        self._watch.on_address(self._address)

    def _ask(self) -> int | None:
        """How many bytes the server has; ``None`` when the upload has to begin anew."""
        try:
            response = self._exchange("HEAD", self._address or "")
        except (NotFound, Invalid) as error:
            # It has expired, or was refused at the end of an earlier run.
            if isinstance(error, Invalid) and not self._is_recalled:
                raise
            self._address = None
            self._is_recalled = False
            self._idempotency_key = secrets.token_hex(16)
            self._watch.on_address(None)
            return None
        offset = int(response.headers["upload-offset"])
        self._watch.on_progress(offset)
        return offset

    def _send_from(self, offset: int, patience: Patience) -> None:
        while offset < self._size_bytes:
            self._check_unchanged()
            length = min(CHUNK_BYTES, self._size_bytes - offset)
            response = self._exchange(
                "PATCH",
                self._address or "",
                content=self._piece(offset, length),
                timeout=_PIECE_TIMEOUT,
                headers={
                    "Content-Type": "application/offset+octet-stream",
                    "Content-Length": str(length),
                    "Upload-Offset": str(offset),
                },
            )
            offset = int(response.headers["upload-offset"])
            patience.encourage()
            self._watch.on_progress(offset)
            if "vlog-video-id" in response.headers:
                self._made = Made(
                    int(response.headers["vlog-video-id"]), response.headers.get("vlog-video-slug", "")
                )

    def _piece(self, offset: int, length: int) -> Iterator[bytes]:
        end = offset + length
        self._file.seek(offset)
        while offset < end:
            block = self._file.read(min(_BLOCK_BYTES, end - offset))
            if not block:
                raise _changed()
            yield block
            offset += len(block)
            self._watch.on_progress(offset)

    def _outcome(self) -> Made:
        """All bytes are there, and the answer that named the video was lost."""
        while True:
            found = self._exchange("GET", self._address or "").json()
            if found["video_id"] is not None:
                return Made(int(found["video_id"]), str(found["slug"]))
            if found["state"] == "accepted":
                raise Invalid("It arrived, and the video was deleted since.", code="video_deleted")
            if found["state"] == "failed":
                raise Invalid(str(found["error_message"]), code=str(found["error_code"]))
            time.sleep(_OUTCOME_POLL_SECONDS)

    def _check_unchanged(self) -> None:
        found = os.fstat(self._file.fileno())
        if (found.st_size, found.st_mtime_ns) != (self._size_bytes, self._modified_ns):
            raise _changed()

    def _exchange(self, method: str, path: str, **options: object) -> httpx.Response:
        """A request that is a part of the upload; raises ``Passing`` for what time may mend."""
        headers = {**_HEADERS, **options.pop("headers", {})}  # type: ignore[dict-item]
        try:
            response = self._api.exchange(method, path, headers=headers, **options)
        except Unavailable as error:
            raise Passing(error.message) from error
        if response.is_success:
            return response
        raise _judged(response, self._api.config.admin_base_url)


def _judged(response: httpx.Response, address: str) -> Exception:
    refusal = refusal_of(response, address)
    status = response.status_code
    if status in _GONE:
        return NotFound(refusal.message, code=refusal.code)
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        return OutOfSpace(f"{refusal.message} {_figures(refusal.details)}".strip(), code=refusal.code)
    if refusal.code == "upload_taken":
        return Conflict("Another program goes on with this upload.", code=refusal.code)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = response.headers.get("retry-after", "")
        return Passing(refusal.message, retry_after_seconds=float(wait) if wait.isdecimal() else None)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Invalid(refusal.message, code=refusal.code)
    return refusal


def _figures(details: Mapping[str, object]) -> str:
    free, needed = details.get("free_bytes"), details.get("needed_bytes")
    if not isinstance(free, int) or not isinstance(needed, int):
        return "Run the same command again once there is room."
    return (
        f"It needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free: run the same command again once "
        "there is room."
    )


def _changed() -> VlogError:
    return Invalid("The file has changed while it was being uploaded.", code="file_changed")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
