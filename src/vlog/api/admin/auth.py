"""Set-up, sign-in, sign-out: how a browser becomes the admin's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded
from starlette.requests import Request
from starlette.responses import Response

from vlog.accounts import sessions, setup
from vlog.accounts.secret import encode
from vlog.api.admin.guard import (
    ADMIN_ONLY,
    ANYBODY,
    SESSION_COOKIE,
    AdminOf,
    GateOf,
)
from vlog.api.deps import Ctx, client_address
from vlog.context import Context
from vlog.kit.errors import NotPermitted, TooMany

open_router = APIRouter(prefix="/api/auth", tags=["auth"], dependencies=ANYBODY)
router = APIRouter(prefix="/api/auth", tags=["auth"], dependencies=ADMIN_ONLY)

_Text = Annotated[str, Bounded(max_length=4096)]


class SetupForm(BaseModel):
    """The token of the set-up link, and the secret that its holder chose."""

    model_config = ConfigDict(extra="forbid")

    token: _Text
    secret: _Text


class LoginForm(BaseModel):
    """The admin secret."""

    model_config = ConfigDict(extra="forbid")

    secret: _Text


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """The session cookie came with this answer."""

    authenticated: bool
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Authentication:
    """Whether the caller is signed in; signing in is always required."""

    authenticated: bool
    auth_required: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CsrfToken:
    """What ``X-CSRF-Token`` must be; not required of callers who send the secret itself."""

    csrf_token: str | None
    required: bool


@open_router.post("/setup")
async def choose_secret(
    request: Request, response: Response, ctx: Ctx, gate: GateOf, form: SetupForm
) -> SignedIn:
    """Choose the admin secret through the printed link, once, and be signed in."""
    await setup.complete(ctx.db, gate.secret, token=form.token, secret=form.secret)
    await _sign_in(request, response, ctx)
    return SignedIn(authenticated=True, message="The admin secret is set.")


@open_router.post("/login")
async def login(request: Request, response: Response, ctx: Ctx, gate: GateOf, form: LoginForm) -> SignedIn:
    """Sign in with the admin secret."""
    await gate.check_secret(request, encode(form.secret))
    await _sign_in(request, response, ctx)
    return SignedIn(authenticated=True, message="Signed in.")


@open_router.get("/check")
async def check(request: Request, response: Response, gate: GateOf) -> Authentication:
    """Whether the caller is signed in."""
    response.headers["cache-control"] = "no-store"
    try:
        admin = await gate.identify(request)
    except (NotPermitted, TooMany):
        admin = None
    return Authentication(authenticated=admin is not None, auth_required=True)


@router.get("/csrf-token")
async def csrf_token(response: Response, admin: AdminOf) -> CsrfToken:
    """The token that each changing request of this session must carry."""
    response.headers["cache-control"] = "no-store"
    token = admin.session.csrf_token if admin.session is not None else None
    return CsrfToken(csrf_token=token, required=admin.session is not None)


@router.post("/logout")
async def logout(response: Response, ctx: Ctx, admin: AdminOf) -> Authentication:
    """End this session; its cookie is worth nothing afterwards, wherever it was copied."""
    if admin.session is not None:
        await sessions.end(ctx.db, admin.session.token)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return Authentication(authenticated=False, auth_required=True)


async def _sign_in(request: Request, response: Response, ctx: Context) -> None:
    session = await sessions.start(
        ctx.db,
        replacing=request.cookies.get(SESSION_COOKIE),
        address=client_address(request),
        user_agent=request.headers.get("user-agent", ""),
    )
    # Without an expiry: the browser forgets it when it is closed, the server at the latest after a week.
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        path="/",
        httponly=True,
        secure=ctx.config.secure_cookies or request.url.scheme == "https",
        samesite="strict",
    )
    response.headers["cache-control"] = "no-store"
