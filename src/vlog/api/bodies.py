"""How much a request may send, how slowly, and what happens to the rest of a body that is not wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 1 << 20
# A client that sends nothing for this long in the middle of a body gives its place to another.
IDLE_SECONDS = 30.0
# A refusal is sent after this much of the body was taken: a client that is still sending may never read what
# comes on a connection that is closed under it. Beyond, closing is cheaper than listening.
DRAIN_BYTES = 8 << 20
DRAIN_SECONDS = 1.0

_SCOPE_KEY = "vlog.body"


class Body:
    """The body of one request: small, unless its handler, after its guards, allows more."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        self.max_bytes = MAX_BODY_BYTES
        self.received_bytes = 0
        self._receive = receive
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
            async with asyncio.timeout(IDLE_SECONDS):
                message = await self._take()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        if self.received_bytes > self.max_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    async def drain(self) -> None:
        """Take what is still coming, within limits, and forget it."""
        enough = self.received_bytes + DRAIN_BYTES
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._complete and self.received_bytes < enough:
                    await self._take()
        except TimeoutError:
            return

    async def _take(self) -> Message:
        message = await self._receive()
        self.received_bytes += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def attach(self, scope: Scope) -> None:
        """Make it known to the handler of this request."""
        scope[_SCOPE_KEY] = self


def allow_body(scope: Scope, max_bytes: int) -> None:
    """Let this request send more than others may: called by a handler whose guards have passed."""
    body: Body = scope[_SCOPE_KEY]
    body.max_bytes = max_bytes
