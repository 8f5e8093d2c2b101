"""Serves playlists, segments and pictures: one handler, the same grammar and rules on every port.

Bytes leave in one of four ways: from memory (small files), by ``vlog.sendfile`` (the kernel sends them), in
chunks where neither can be (TLS in this process, another server, a storage without descriptors), or not from
here at all: a trusted nginx is told which file to send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vlog.api import media_paths, ranges
from vlog.api.awaiting import Awaiting
from vlog.api.conditional import is_known, is_same
from vlog.api.contract import MEDIA_PREFIX
from vlog.api.media_paths import Kind, MediaPath
from vlog.api.middleware import BEHIND_PROXY
from vlog.api.open_files import OpenFile, OpenFiles
from vlog.api.places import Place, Places
from vlog.api.ranges import ByteRange
from vlog.api.sendfile import EXTENSION, WINDOW_BYTES
from vlog.kit.errors import NotFound
from vlog.storage import pagecache
from vlog.storage.base import Storage

# Large enough that a hop to a thread is cheap beside it, small enough that a thousand viewers fit in memory.
CHUNK_BYTES = 256 << 10
# A viewer who takes nothing for this long is gone, or holds our memory on purpose.
SEND_SECONDS = 60.0
# How long an open file is used again. A manifest is replaced in place and must be right a second later; a
# segment never changes under its name.
LIFE_SECONDS: dict[Kind, float] = {"manifest": 1.0, "picture": 1.0, "versioned": 1.0, "segment": 10.0}
METHODS = ("GET", "HEAD", "OPTIONS")
_EXPOSED = b"Accept-Ranges, Content-Length, Content-Range, ETag"

Authorize = Callable[[Request], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about the bytes that it wants; values as they were sent."""

    method: str
    range: str | None
    if_range: str | None
    if_none_match: str | None
    sendfile_type: str | None

    @classmethod
    def of(cls, scope: Scope) -> Asked:
        """Read one request's head."""
        found = {name: value for name, value in scope["headers"] if name in _NAMES}
        texts = (found[name].decode("latin-1") if name in found else None for name in _NAMES)
        return cls(scope["method"], *texts)


# The last one is set by an nginx that can be told which file to send (as Rack and others know it).
_NAMES = (b"range", b"if-range", b"if-none-match", b"x-sendfile-type")


class MediaFiles:
    """``GET``, ``HEAD`` and ``OPTIONS`` below ``/videos/``.

    Without ``authorize`` only published videos are served, to everybody and every site. With it, whoever it
    lets pass gets the files of every video that is not purged, and nobody may keep or share them.
    """

    def __init__(
        self,
        storage: Storage,
        places: Places,
        awaiting: Awaiting,
        *,
        authorize: Authorize | None = None,
        accel_prefix: str | None = None,
    ) -> None:
        """``accel_prefix``: where nginx has the storage folder, told to trusted proxies alone."""
        self._accel_prefix = accel_prefix
        self._files = OpenFiles(storage)
        self._places = places
        self._awaiting = awaiting
        self._authorize = authorize
        self._headers = {
            kind: _headers_of(kind, is_private=authorize is not None) for kind in media_paths.CACHE_CONTROL
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._preflight()(scope, receive, send)
            return
        if scope["method"] not in METHODS:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"allow": ", ".join(METHODS)})
        if self._authorize is not None:
            await self._authorize(Request(scope, receive))
        path = media_paths.parse(scope["path"].removeprefix(MEDIA_PREFIX))
        if path is None:
            raise _not_found()
        place = await self._place_of(path)
        if (cell := place.promised(path)) is not None:
            if not await self._awaiting.until_durable(Request(scope, receive), cell):
                return
            # The video may have been hidden, or its address may have died, while this waited.
            place = await self._place_of(path)
        path = path.asked_with(scope["query_string"], version=place.thumbnail_version)
        file = await self._find(place, path)
        try:
            await self._answer(scope, receive, send, path=path, file=file)
        finally:
            self._files.release(file)

    async def _place_of(self, path: MediaPath) -> Place:
        place = await self._places.find(path.storage_key)
        if place is None or not (place.is_public or self._authorize is not None):
            raise _not_found()
        return place

    async def _find(self, place: Place, path: MediaPath) -> OpenFile:
        kind = path.kind
        for key in place.keys(path):
            with suppress(NotFound):
                return await self._files.acquire(
                    key, life_seconds=LIFE_SECONDS[kind], as_bytes=kind == "manifest"
                )
        raise _not_found()

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, *, path: MediaPath, file: OpenFile
    ) -> None:
        asked = Asked.of(scope)
        headers = list(self._headers[path.kind])
        if file.content is None and self._may_redirect(scope, asked):
            # nginx adds length, date and tag, and knows ranges and conditions. The path is ours, made of ids.
            headers.append((b"content-type", path.media_type.encode()))
            headers.append((b"content-length", b"0"))
            headers.append((b"x-accel-redirect", f"{self._accel_prefix}/{file.key}".encode()))
            await _send_empty(send, HTTPStatus.OK, headers)
            return
        headers.append((b"etag", file.tag.encode()))
        headers.append((b"last-modified", file.modified.encode()))
        if is_known(asked.if_none_match, file.tag):
            await _send_empty(send, HTTPStatus.NOT_MODIFIED, headers)
            return
        try:
            part = _wanted(asked, file)
        except ranges.Unsatisfiable:
            headers.append((b"content-range", b"bytes */%d" % file.size_bytes))
            headers.append((b"content-length", b"0"))
            await _send_empty(send, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
            return
        status = HTTPStatus.OK
        if part is not None:
            status = HTTPStatus.PARTIAL_CONTENT
            limits = (part.start, part.end - 1, file.size_bytes)
            headers.append((b"content-range", b"bytes %d-%d/%d" % limits))
        part = part or ByteRange(0, file.size_bytes)
        headers.append((b"content-length", b"%d" % part.length))
        headers.append((b"content-type", path.media_type.encode()))
        if asked.method == "HEAD":
            await _send_empty(send, status, headers)
            return
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await _send_part(scope, receive, send, start=start, file=file, part=part)

    def _may_redirect(self, scope: Scope, asked: Asked) -> bool:
        return (
            self._accel_prefix is not None
            and BEHIND_PROXY in scope
            and asked.sendfile_type is not None
            and asked.sendfile_type.lower() == "x-accel-redirect"
        )

    def _preflight(self) -> Response:
        if self._authorize is not None:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"allow": ", ".join(METHODS)})
        headers = {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": ", ".join(METHODS),
            "access-control-allow-headers": "If-None-Match, If-Range, Range",
            "access-control-max-age": "86400",
        }
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _headers_of(kind: Kind, *, is_private: bool) -> RawHeaders:
    if is_private:
        return [(b"accept-ranges", b"bytes"), (b"cache-control", b"private, no-cache"), (b"vary", b"Cookie")]
    return [
        (b"accept-ranges", b"bytes"),
        (b"cache-control", media_paths.CACHE_CONTROL[kind].encode()),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", _EXPOSED),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


def _wanted(asked: Asked, file: OpenFile) -> ByteRange | None:
    if asked.range is None:
        return None
    if asked.if_range is not None and not is_same(asked.if_range, tag=file.tag, modified=file.modified):
        # The client has a part of another file: it needs the whole of this one (RFC 9110 §13.1.5).
        return None
    return ranges.parse(asked.range, size_bytes=file.size_bytes)


async def _send_empty(send: Send, status: HTTPStatus, headers: RawHeaders) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body"})


async def _send_part(
    scope: Scope, receive: Receive, send: Send, *, start: dict[str, object], file: OpenFile, part: ByteRange
) -> None:
    if file.content is not None:
        await send(start)
        await send({"type": "http.response.body", "body": file.content[part.start : part.end]})
        return
    if file.descriptor is None or EXTENSION not in scope.get("extensions", ()):
        await _send_chunks(receive, send, start=start, file=file, part=part)
        return
    # Before the status: a disk that fails here still gets a clear answer.
    first, cached = b"", min(WINDOW_BYTES, part.length)
    if not pagecache.is_cached(file.descriptor, part.start, cached):
        first, cached = await file.file.read(part.start, min(CHUNK_BYTES, part.length)), 0
    await send(start)
    rest = {"file": file.file, "offset": part.start + len(first), "count": part.length - len(first)}
    await send({"type": EXTENSION, "body": first, "cached": cached, **rest})


async def _send_chunks(
    receive: Receive, send: Send, *, start: dict[str, object], file: OpenFile, part: ByteRange
) -> None:
    data = await _read(file, part.start, min(CHUNK_BYTES, part.length))
    await send(start)
    # Sending tells nothing of a client that has left, and a whole film would be read for nobody.
    gone = asyncio.create_task(_until_disconnected(receive)) if part.length > CHUNK_BYTES else None
    offset = part.start
    try:
        while True:
            offset += len(data)
            done = offset >= part.end
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": data, "more_body": not done})
            if done or not data or (gone is not None and gone.done()):
                return
            data = await _read(file, offset, min(CHUNK_BYTES, part.end - offset))
    except TimeoutError:
        return
    finally:
        if gone is not None:
            gone.cancel()


async def _read(file: OpenFile, offset: int, length: int) -> bytes:
    """Up to ``length`` bytes: from memory, or by a thread that asks the disk."""
    if file.descriptor is not None:
        data = pagecache.read_cached(file.descriptor, offset, length)
        if data is not None:
            return data
    return await file.file.read(offset, length)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _not_found() -> NotFound:
    return NotFound("There is no such file.", code="no_such_file")
