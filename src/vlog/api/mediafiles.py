"""Serves playlists, segments and pictures: one handler, the same grammar and rules on every port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vlog.api import media_paths, ranges
from vlog.api.conditional import is_known
from vlog.api.media_paths import MediaPath
from vlog.api.places import Place, Places
from vlog.api.ranges import ByteRange
from vlog.kit.errors import NotFound
from vlog.storage.base import Storage, StoredFile

# Large enough that a hop to a thread is cheap beside it, small enough that a thousand viewers fit in memory.
CHUNK_BYTES = 256 << 10
# A viewer who takes nothing for this long is gone, or holds our memory on purpose.
SEND_SECONDS = 60.0
_EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag"

Authorize = Callable[[Request], Awaitable[None]]


class MediaFiles:
    """``GET``, ``HEAD`` and ``OPTIONS`` below ``/videos/``.

    Without ``authorize`` only published videos are served, to everybody and every site. With it, whoever it
    lets pass gets the files of every video that is not purged, and nobody may keep or share them.
    """

    def __init__(self, storage: Storage, places: Places, *, authorize: Authorize | None = None) -> None:
        self._storage = storage
        self._places = places
        self._authorize = authorize

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "OPTIONS":
            await self._preflight()(scope, receive, send)
            return
        if self._authorize is not None:
            await self._authorize(request)
        path = media_paths.parse(scope["path_params"]["path"])
        place = None if path is None else await self._places.find(path.storage_key)
        if path is None or place is None or not (place.is_public or self._authorize is not None):
            raise _not_found()
        file = await self._open(place, path)
        try:
            await self._answer(request, file, path=path, send=send)
        finally:
            await file.close()

    async def _open(self, place: Place, path: MediaPath) -> StoredFile:
        for key in place.keys(path):
            with suppress(NotFound):
                return await self._storage.open(key)
        raise _not_found()

    async def _answer(self, request: Request, file: StoredFile, *, path: MediaPath, send: Send) -> None:
        tag = f'"{file.size_bytes:x}-{int(file.modified_at.timestamp() * 1_000_000):x}"'
        headers = self._headers(path, tag)
        if is_known(request.headers.get("if-none-match"), tag):
            await Response(status_code=304, headers=headers)(request.scope, request.receive, send)
            return
        try:
            part = _wanted(request, file, tag)
        except ranges.Unsatisfiable:
            headers["content-range"] = f"bytes */{file.size_bytes}"
            refusal = Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
            await refusal(request.scope, request.receive, send)
            return
        status = HTTPStatus.OK
        if part is not None:
            status = HTTPStatus.PARTIAL_CONTENT
            headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{file.size_bytes}"
        whole = part or ByteRange(0, file.size_bytes)
        headers["content-length"] = str(whole.length)
        headers["content-type"] = path.media_type
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        start = {"type": "http.response.start", "status": status, "headers": raw}
        if request.method == "HEAD":
            await send(start)
            await send({"type": "http.response.body"})
            return
        await _stream(file, whole, start=start, request=request, send=send)

    def _headers(self, path: MediaPath, tag: str) -> dict[str, str]:
        headers = {"etag": tag, "accept-ranges": "bytes"}
        if self._authorize is not None:
            return {**headers, "cache-control": "private, no-cache", "vary": "Cookie"}
        return {
            **headers,
            "cache-control": media_paths.CACHE_CONTROL[path.kind],
            "access-control-allow-origin": "*",
            "access-control-expose-headers": _EXPOSED,
            "cross-origin-resource-policy": "cross-origin",
        }

    def _preflight(self) -> Response:
        if self._authorize is not None:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"allow": "GET, HEAD, OPTIONS"})
        headers = {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "GET, HEAD, OPTIONS",
            "access-control-allow-headers": "If-None-Match, If-Range, Range",
            "access-control-max-age": "86400",
        }
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _wanted(request: Request, file: StoredFile, tag: str) -> ByteRange | None:
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != tag:
        # The client has a part of another file: it needs the whole of this one (RFC 9110 §13.1.5).
        return None
    return ranges.parse(request.headers.get("range"), size_bytes=file.size_bytes)


async def _stream(
    file: StoredFile, part: ByteRange, *, start: dict[str, object], request: Request, send: Send
) -> None:
    # Before the status: a disk that fails here still gets a clear answer.
    data = await file.read(part.start, min(CHUNK_BYTES, part.length))
    await send(start)
    # Sending tells nothing of a client that has left, and a whole film would be read for nobody.
    gone = asyncio.create_task(_until_disconnected(request.receive)) if part.length > CHUNK_BYTES else None
    offset = part.start
    try:
        while True:
            offset += len(data)
            done = offset >= part.end
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": data, "more_body": not done})
            if done or not data or (gone is not None and gone.done()):
                return
            data = await file.read(offset, min(CHUNK_BYTES, part.end - offset))
    except TimeoutError:
        return
    finally:
        if gone is not None:
            gone.cancel()


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _not_found() -> NotFound:
    return NotFound("There is no such file.", code="no_such_file")
