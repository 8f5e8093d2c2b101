"""How much a request may send, how slowly, and what happens to the rest of a body that is not wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from vlog.api.receiving import EXTENSION

MAX_BODY_BYTES = 1 << 20
# A client that sends nothing for this long in the middle of a body gives its place to another.
IDLE_SECONDS = 30.0
# A refusal is sent after this much of the body was taken: a client that is still sending may never read what
# comes on a connection that is closed under it. Beyond, closing is cheaper than listening.
DRAIN_BYTES = 8 << 20
DRAIN_SECONDS = 1.0
DRAIN_PIECE_BYTES = 256 << 10

_SCOPE_KEY = "vlog.body"


class Straight(Protocol):
    """The extension ``vlog.receive``."""

    left_bytes: int
    """What has not been read yet."""

    async def read_into(self, room: memoryview) -> int:
        """Fill ``room`` with what has come, waiting until there is anything; 0 at the end."""


class Body:
    """The body of one request: small, unless its handler, after its guards, allows more."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes], straight: Straight | None) -> None:
        self.max_bytes = MAX_BODY_BYTES
        self.idle_seconds: float | None = IDLE_SECONDS
        self.received_bytes = 0
        self._receive = receive
        self._straight = straight
        self._goes_straight = False
        # What came in a message and found no room.
        self._kept = memoryview(b"")
        self._complete = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers

    @property
    def is_complete(self) -> bool:
        """Whether nothing more of it will come."""
        return self._complete

    async def receive(self) -> Message:
        """The ASGI ``receive`` of the application: refuses what is too long or too slow (413, 408)."""
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self.idle_seconds):
                message = await self._take()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        self._refuse_more()
        return message

    async def read_into(self, room: memoryview) -> int:
        """Put what has come into ``room``, waiting until there is anything; how much, 0 at the end.

        Refuses as ``receive`` does, and raises ``ClientDisconnect``. A body is read by one of them.
        """
        if self._straight is None:
            return await self._copy_into(room)
        if self._complete:
            return 0
        try:
            async with asyncio.timeout(self.idle_seconds):
                count = await self._read_straight(self._straight, room)
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        self._refuse_more()
        return count

    async def drain(self) -> None:
        """Take what is still coming, within limits, and forget it."""
        enough = self.received_bytes + DRAIN_BYTES
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._complete and self.received_bytes < enough:
                    if self._straight is not None and self._goes_straight:
                        await self._read_straight(self._straight, memoryview(bytearray(DRAIN_PIECE_BYTES)))
                    else:
                        await self._take()
        except (TimeoutError, ClientDisconnect):
            return

    async def _take(self) -> Message:
        message = await self._receive()
        self.received_bytes += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def _read_straight(self, straight: Straight, room: memoryview) -> int:
        self._goes_straight = True
        count = await straight.read_into(room)
        self.received_bytes += count
        self._complete = not straight.left_bytes
        return count

    async def _copy_into(self, room: memoryview) -> int:
        while not self._kept and not self._complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._kept = memoryview(message.get("body", b""))
        count = min(len(room), len(self._kept))
        room[:count] = self._kept[:count]
        self._kept = self._kept[count:]
        return count

    def _refuse_more(self) -> None:
        if self.received_bytes > self.max_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def attach(self, scope: Scope) -> None:
        """Make it known to the handler of this request."""
        scope[_SCOPE_KEY] = self


def straight_of(scope: Scope) -> Straight | None:
    """How the server offers the body of this request past its parser, if it does."""
    offered: Straight | None = scope.get("extensions", {}).get(EXTENSION)
    return offered


def allow_body(scope: Scope, max_bytes: int, *, is_watched: bool = False) -> Body:
    """Let this request send more than others may: called by a handler whose guards have passed.

    ``is_watched``: the handler has an eye of its own on how slowly it comes.
    """
    body: Body = scope[_SCOPE_KEY]
    body.max_bytes = max_bytes
    if is_watched:
        body.idle_seconds = None
    return body
