"""Serves playlists, segments and pictures: one handler, the same grammar and rules on every port.

Bytes leave in one of four ways: from memory (small files), by ``vlog.sendfile`` (the kernel sends them), in
chunks where neither can be (TLS in this process, another server, a storage without descriptors), or not from
here at all: a trusted nginx is told which file to send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vlog.api import media_paths
from vlog.api.awaiting import Awaiting
from vlog.api.media_answers import MAX_REMEMBERED, Answer, Answering, Asked
from vlog.api.media_paths import MEDIA_PREFIX, Kind, MediaPath
from vlog.api.middleware import BEHIND_PROXY
from vlog.api.open_files import OpenFile, OpenFiles
from vlog.api.places import Place, Places
from vlog.api.ranges import ByteRange
from vlog.api.sendfile import EXTENSION, WINDOW_BYTES
from vlog.kit.clock import monotonic_seconds
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
# What was in memory a moment ago, and was sent from there, is the last that the kernel would drop.
IN_MEMORY_SECONDS = 0.5
METHODS = ("GET", "HEAD", "OPTIONS")

Authorize = Callable[[Request], Awaitable[None]]
Headers = Mapping[bytes, bytes]


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
        answering: Answering,
        authorize: Authorize | None = None,
    ) -> None:
        self._files = OpenFiles(storage)
        self._places = places
        self._awaiting = awaiting
        self._authorize = authorize
        self._answering = answering

    @property
    def is_guarded(self) -> bool:
        """Only whoever ``authorize`` lets pass gets anything."""
        return self._authorize is not None

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
        path = path.asked_with(
            scope["query_string"], version=place.thumbnail_version, preview_version=place.preview_version
        )
        file = await self._find(place, path)
        try:
            headers = dict(scope["headers"])
            is_behind_proxy = BEHIND_PROXY in scope
            answer = self._answer(
                scope["method"], path, file, headers=headers, is_behind_proxy=is_behind_proxy
            )
            await _send(scope, receive, send, answer=answer, file=file)
        finally:
            self._files.release(file)

    def ready(
        self, method: str, target: str, *, query: bytes, headers: Headers, is_behind_proxy: bool
    ) -> tuple[Answer, OpenFile] | None:
        """The answer, where nothing has to be waited for and nobody to be asked; the file is held until
        ``release``. ``target``: the path behind ``MEDIA_PREFIX``. ``None`` says nothing: ask as always.
        """
        path = media_paths.parse(target) if not self.is_guarded else None
        place = self._places.known(path.storage_key) if path is not None else None
        if path is None or place is None or not self._may_be_had(place, path):
            return None
        path = path.asked_with(query, version=place.thumbnail_version, preview_version=place.preview_version)
        keys = place.keys(path)
        file = self._files.acquire_kept(keys[0], version=path.version) if keys else None
        if file is None:
            return None
        ready = None
        try:
            answer = self._answer(method, path, file, headers=headers, is_behind_proxy=is_behind_proxy)
            if answer.status < HTTPStatus.BAD_REQUEST and _is_at_hand(file, answer.part):
                ready = (answer, file)
        finally:
            if ready is None:
                self._files.release(file)
        return ready

    def release(self, file: OpenFile) -> None:
        """The answer is sent, or has failed."""
        self._files.release(file)

    def _may_be_had(self, place: Place, path: MediaPath) -> bool:
        if not place.is_public:
            return False
        try:
            cell = place.promised(path)
        except NotFound:
            return False
        return cell is None or self._awaiting.is_known(cell)

    async def _place_of(self, path: MediaPath) -> Place:
        place = await self._places.find(path.storage_key)
        if place is None or not (place.is_public or self.is_guarded):
            raise _not_found()
        return place

    async def _find(self, place: Place, path: MediaPath) -> OpenFile:
        kind = path.kind
        for key in place.keys(path):
            with suppress(NotFound):
                return await self._files.acquire(
                    key, life_seconds=LIFE_SECONDS[kind], as_bytes=kind == "manifest", version=path.version
                )
        raise _not_found()

    def _answer(
        self, method: str, path: MediaPath, file: OpenFile, *, headers: Headers, is_behind_proxy: bool
    ) -> Answer:
        if is_behind_proxy and file.content is None and self._answering.redirects(headers):
            return self._answering.redirect(path, file, file.key)
        return self._answering.answer(Asked.of(method, headers), path, file)

    def _preflight(self) -> Response:
        if self.is_guarded:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"allow": ", ".join(METHODS)})
        headers = {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": ", ".join(METHODS),
            "access-control-allow-headers": "If-Modified-Since, If-None-Match, If-Range, Range",
            "access-control-max-age": "86400",
        }
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _is_at_hand(file: OpenFile, part: ByteRange | None) -> bool:
    """Whether these bytes, or the first of many, can be sent without waiting for a disk."""
    if part is None or file.content is not None or part.length == 0:
        return True
    if file.descriptor is None:
        return False
    now = monotonic_seconds()
    if file.in_memory.get(part.start, 0.0) > now:
        return True
    # All of a window, whatever part of it is wanted: the answer is kept by where it begins.
    length = min(WINDOW_BYTES, file.size_bytes - part.start)
    is_cached = pagecache.is_cached(file.descriptor, part.start, length)
    if is_cached:
        if len(file.in_memory) >= MAX_REMEMBERED:
            file.in_memory.clear()
        file.in_memory[part.start] = now + IN_MEMORY_SECONDS
    return is_cached


async def _send(scope: Scope, receive: Receive, send: Send, *, answer: Answer, file: OpenFile) -> None:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    if answer.part is None:
        await send(start)
        await send({"type": "http.response.body"})
    else:
        await _send_part(scope, receive, send, start=start, file=file, part=answer.part)


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
