"""What happens to every request, whatever it asks for: one pure ASGI layer around each zone's application."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from random import getrandbits

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vlog.api import answer_headers
from vlog.api.bodies import Body, straight_of
from vlog.api.errors import Problem, internal_problem, problem_response
from vlog.api.headers import HeaderPolicy
from vlog.api.sendfile import EXTENSION
from vlog.kit.clock import monotonic_seconds
from vlog.kit.hosts import EVERYBODY, KnownHosts
from vlog.kit.proxies import TrustedProxies
from vlog.telemetry.logs import bound, get_logger

log = get_logger(__name__)
# Asked before each quiet line: much cheaper than finding out by logging.
_lines = logging.getLogger(__name__)

# In the scope of requests that a trusted proxy has handed on.
BEHIND_PROXY = "vlog.behind_proxy"
NOBODY = TrustedProxies()
EVERY_HOST = KnownHosts([EVERYBODY])
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# RFC 9110 §7.2; anything else in Host makes URLs that are built from it lie about their path.
_HOST = re.compile(rb"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# Their handlers know what to leave out, which for a segment is reading it.
_OWN_HEAD = ("/videos/", "/static/")
# One line per segment, or per list that everybody asks for, would drown the log. Handlers of the latter put
# this into the scope.
QUIET = "vlog.quiet"
_QUIET_PATHS = ("/videos/", "/static/", "/health")


@dataclass
class _Answer:
    """What became of a request, for its line in the log."""

    status: int = 0
    sent_bytes: int = 0
    started_at: float = field(default_factory=monotonic_seconds)


class Edge:
    """Request id, client address, ``Host`` check, body limit, security headers, access log, last resort."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        headers: HeaderPolicy,
        proxies: TrustedProxies = NOBODY,
        head_as_get: bool = False,
        hosts: KnownHosts = EVERY_HOST,
    ) -> None:
        """``head_as_get``: ``HEAD`` asks the handlers of ``GET``, and their bodies are not sent.

        ``hosts``: the names by which the zone may be reached, unless by a proxy that is trusted with it.
        """
        self._app = app
        self._headers = headers
        self._proxies = proxies
        self._head_as_get = head_as_get
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = dict(scope["headers"])
        request_id = request_id_of(incoming)
        scope["vlog.request_id"] = request_id
        if self._proxies:
            self._see_through(scope, incoming)
        if self._head_as_get and scope["method"] == "HEAD" and not scope["path"].startswith(_OWN_HEAD):
            # A copy: the server must still know that no body is to be sent.
            scope = {**scope, "method": "GET"}
            send = _without_body(send)
        body = Body(receive, incoming, straight_of(scope))
        body.attach(scope)
        added = answer_headers.attach(scope)
        answer = _Answer()
        with bound(request_id=request_id):
            added.append((b"x-request-id", request_id.encode()))
            outgoing = self._outgoing(send, answer, body=body, own=added)
            problem: Problem | None = None
            try:
                problem = self._refused(scope, incoming)
                if problem is None:
                    await self._app(scope, body.receive, outgoing)
            except ClientDisconnect:
                log.debug("client_left")
            except asyncio.CancelledError:
                # The server is stopping and has waited long enough; this is the end of the request's task.
                log.info("request_cut_short")
            except Exception:
                log.exception("request_broke")
                problem = internal_problem()
            # Once an answer has begun it can only be cut short, which is what returning does.
            if problem is not None and not answer.status:
                await problem_response(problem, request_id=request_id)(scope, receive, outgoing)
            _log_access(scope, answer)

    def trusts(self, peer: str) -> bool:
        """Whether it is a proxy of ours."""
        return self._proxies.trusts(peer)

    def _refused(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Problem | None:
        if not names_host(headers):
            return _BAD_HOST
        if BEHIND_PROXY in scope or self._hosts.knows(headers[b"host"].decode("ascii")):
            return None
        return _FOREIGN_HOST

    def _see_through(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Put the visitor in the proxy's place, where the peer is a proxy of ours."""
        peer = scope["client"][0] if scope["client"] else ""
        if not self.trusts(peer):
            return
        scope[BEHIND_PROXY] = True
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        scope["client"] = (self._proxies.client(peer, named), 0)
        # The nearest proxy's word stands last, whether it sets the header or appends to it.
        scheme = headers.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower()
        if scheme in {b"http", b"https"}:
            scope["scheme"] = scheme.decode()

    def _outgoing(self, send: Send, answer: _Answer, *, body: Body, own: list[tuple[bytes, bytes]]) -> Send:
        async def outgoing(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                if answer.status >= HTTPStatus.BAD_REQUEST:
                    await body.drain()
                # Nobody will read the rest, so the next request can't follow on this connection.
                close = [] if body.is_complete else [(b"connection", b"close")]
                complete = self._headers.completed(message.get("headers", ()))
                message = {**message, "headers": [*complete, *own, *close]}
            elif message["type"] == "http.response.body":
                answer.sent_bytes += len(message.get("body", b""))
            elif message["type"] == EXTENSION:
                answer.sent_bytes += len(message["body"]) + message["count"]
            await send(message)

        return outgoing


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


_BAD_HOST = Problem(status=HTTPStatus.BAD_REQUEST, code="bad_host", detail="The Host header is not valid.")


_FOREIGN_HOST = Problem(
    status=HTTPStatus.MISDIRECTED_REQUEST,
    code="foreign_host",
    detail="This service does not go by that name. Use its address, or put the name into VLOG_ALLOWED_HOSTS.",
)


def names_host(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request has a ``Host`` that can be one."""
    return _HOST.fullmatch(headers.get(b"host", b"")) is not None


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The id that a request brings, or one of ours."""
    text = headers.get(b"x-request-id", b"").decode("latin-1")
    # An id, not a secret: it has to be unlike others, not unguessable.
    return text if _REQUEST_ID.fullmatch(text) else f"{getrandbits(128):032x}"


def logs_quiet() -> bool:
    """Whether answers that are asked for all the time have their line in the log, too."""
    return _lines.isEnabledFor(logging.DEBUG)


def _log_access(scope: Scope, answer: _Answer) -> None:
    path: str = scope["path"]
    quiet = (QUIET in scope or path.startswith(_QUIET_PATHS)) and answer.status < HTTPStatus.BAD_REQUEST
    # Without the query: it holds what people search for.
    if quiet and not logs_quiet():
        return
    (log.debug if quiet else log.info)(
        "request",
        method=scope["method"],
        path=path[:200],
        status=int(answer.status),
        client=scope["client"][0] if scope["client"] else "",
        duration_ms=round((monotonic_seconds() - answer.started_at) * 1000, 1),
        bytes=answer.sent_bytes,
    )
