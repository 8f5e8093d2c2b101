"""Who may pass: dependencies that stand on routers, so that a new route is guarded from its first line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import Request

from vlog.accounts import sessions
from vlog.accounts.secret import AdminSecret
from vlog.accounts.sessions import Session
from vlog.api.deps import Ctx, client_address
from vlog.api.errors import request_id_of
from vlog.api.ratelimit import FailureLimiter, client_key
from vlog.config import Config
from vlog.db.engine import Database
from vlog.kit.acting import Actor, act_as
from vlog.kit.errors import NotAuthenticated, NotPermitted

SESSION_COOKIE = "vlog_admin_session"
SECRET_HEADER = "x-admin-secret"  # noqa: S105 - a header's name
CSRF_HEADER = "x-csrf-token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Admin:
    """Whoever passed. ``session`` is ``None`` for callers who sent the secret itself."""

    session: Session | None

    @property
    def name(self) -> str:
        """What people read in the audit log."""
        return "admin (browser)" if self.session is not None else "admin (secret)"


class Gate:
    """Knows how somebody can show that they are the admin, and counts those who could not."""

    def __init__(self, db: Database, secret: AdminSecret, limiter: FailureLimiter) -> None:
        self.secret = secret
        self._db = db
        self._limiter = limiter

    async def check_secret(self, request: Request, presented: bytes) -> None:
        """Raise ``NotPermitted`` (code ``wrong_secret``) or, after too many of those, ``TooMany``."""
        key = client_key(client_address(request))
        # Before the answer, even if it would be yes: else guessing had no limit.
        self._limiter.check(key)
        if not await self.secret.matches(presented):
            self._limiter.failed(key)
            raise NotPermitted("This is not the admin secret.", code="wrong_secret")
        self._limiter.succeeded(key)

    async def identify(self, request: Request) -> Admin | None:
        """The admin, if the request shows that it comes from them.

        Raises ``NotPermitted`` for a wrong secret; a session that has ended counts as none.
        """
        presented = next(
            (value for name, value in request.headers.raw if name == SECRET_HEADER.encode()), None
        )
        if presented is not None:
            await self.check_secret(request, presented)
            return Admin(session=None)
        token = request.cookies.get(SESSION_COOKIE)
        session = await sessions.find(self._db, token) if token else None
        return Admin(session=session) if session is not None else None


async def gate_of(request: Request) -> Gate:
    """The gate of this zone."""
    gate: Gate = request.app.state.gate
    return gate


GateOf = Annotated[Gate, Depends(gate_of)]


async def require_same_origin(request: Request, ctx: Ctx) -> None:
    """Refuse what another site made a browser send (OWASP CSRF cheat sheet: origin check).

    Clients that are no browsers send neither header; a browser sends at least one with each unsafe request.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site is not None and site not in {"same-origin", "none"}
    if foreign or (origin is not None and not _is_own(origin, request, ctx.config)):
        raise NotPermitted("This request comes from another site.", code="cross_site")


async def require_admin(request: Request, gate: GateOf) -> Admin:
    """Let only the admin pass; a session must prove that its page meant to change something.

    Raises ``NotAuthenticated``, ``NotPermitted`` (codes ``wrong_secret``, ``csrf``), ``TooMany``.
    """
    admin = await gate.identify(request)
    if admin is None:
        raise NotAuthenticated
    if admin.session is not None and request.method not in _SAFE_METHODS:
        presented = request.headers.get(CSRF_HEADER, "")
        if not sessions.csrf_matches(admin.session.token, presented):
            raise NotPermitted("The page is out of date; reload it and try again.", code="csrf")
    act_as(Actor(name=admin.name, ip=client_address(request), request_id=request_id_of(request)))
    return admin


AdminOf = Annotated[Admin, Depends(require_admin)]
ADMIN_ONLY = (Depends(require_same_origin), Depends(require_admin))
ANYBODY = (Depends(require_same_origin),)


async def authorize_media(request: Request) -> None:
    """``require_admin`` for the media handler, which is no route of FastAPI's."""
    await require_admin(request, await gate_of(request))


def _is_own(origin: str, request: Request, config: Config) -> bool:
    # Host and port only: behind a proxy that ends TLS the scheme is another than ours.
    try:
        place = urlsplit(origin)
    except ValueError:
        return False
    if place.scheme not in {"http", "https"} or not place.netloc:
        return False
    own = {request.headers.get("host", "").lower(), urlsplit(config.admin_base_url).netloc.lower()}
    return place.netloc.lower() in own
