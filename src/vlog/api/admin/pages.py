"""The admin's pages: frames that scripts fill from the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vlog.api.admin.guard import ADMIN_ONLY, ANYBODY, Gate
from vlog.api.deps import Ctx, RowId, context_of
from vlog.api.errors import Problem, request_id_of
from vlog.api.render import Pages, Site, site_of, site_or_default
from vlog.catalog import videos
from vlog.context import Context

open_router = APIRouter(include_in_schema=False, dependencies=ANYBODY)
router = APIRouter(include_in_schema=False, dependencies=ADMIN_ONLY)


async def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


PagesOf = Annotated[Pages, Depends(_pages)]


@open_router.get("/setup", response_class=Response)
async def setup_page(ctx: Ctx, pages: PagesOf) -> Response:
    """Where the printed link leads: choose the secret."""
    return _page(pages, "admin/setup.html", await site_of(ctx.settings))


@open_router.get("/login", response_class=Response)
async def login_page(ctx: Ctx, pages: PagesOf) -> Response:
    """Ask for the secret."""
    return _page(pages, "admin/login.html", await site_of(ctx.settings))


@router.get("/", response_class=Response)
async def dashboard_page(ctx: Ctx, pages: PagesOf) -> Response:
    """What is going on."""
    site = await site_of(ctx.settings)
    return _page(pages, "admin/dashboard.html", site, active="dashboard", public=_public(ctx))


@router.get("/videos", response_class=Response)
async def videos_page(ctx: Ctx, pages: PagesOf) -> Response:
    """Upload, and the list of videos."""
    return _page(
        pages, "admin/videos.html", await site_of(ctx.settings), active="videos", public=_public(ctx)
    )


@router.get("/archive", response_class=Response)
async def archive_page(ctx: Ctx, pages: PagesOf) -> Response:
    """Deleted videos, until they are restored or their time is over."""
    return _page(pages, "admin/archive.html", await site_of(ctx.settings), active="archive")


@router.get("/audit", response_class=Response)
async def audit_page(ctx: Ctx, pages: PagesOf) -> Response:
    """Who has done what."""
    return _page(pages, "admin/audit.html", await site_of(ctx.settings), active="audit")


@router.get("/uploads", response_class=Response)
async def uploads_page(ctx: Ctx, pages: PagesOf) -> Response:
    """The queue of uploads, and the inbox."""
    return _page(pages, "admin/uploads.html", await site_of(ctx.settings), active="uploads")


@router.get("/storage", response_class=Response)
async def storage_page(ctx: Ctx, pages: PagesOf) -> Response:
    """The stored files: checks, findings, space."""
    return _page(pages, "admin/storage.html", await site_of(ctx.settings), active="storage")


@router.get("/video/{video_id}", response_class=Response)
async def video_page(ctx: Ctx, pages: PagesOf, video_id: RowId) -> Response:
    """One video."""
    await videos.by_id(ctx.db, video_id)
    site = await site_of(ctx.settings)
    return _page(pages, "admin/video.html", site, active="videos", video_id=video_id, public=_public(ctx))


async def error_page(request: Request, problem: Problem) -> Response:
    """A problem for somebody who looks at it in a browser; who is not signed in is led to the sign-in."""
    ctx = context_of(request)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return await _to_door(request)
    pages: Pages = request.app.state.pages
    context: dict[str, object] = {
        "site": await site_or_default(ctx.settings),
        "message": problem.detail,
        "request_id": request_id_of(request) if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
    }
    page = pages.render("admin/error.html", context, status=problem.status)
    page.headers.update({"cache-control": "no-store", **problem.headers})
    return page


async def _to_door(request: Request) -> Response:
    gate: Gate = request.app.state.gate
    if not await gate.secret.exists():
        return RedirectResponse("/setup", HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})
    path, query = request.url.path, request.url.query
    wanted = f"{path}?{query}" if query else path
    # The page checks that it leads to this site before it goes there.
    target = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})


def _public(ctx: Context) -> dict[str, object]:
    """Where the public site is: its address if that was told, else its port on whatever host this one is
    reached by.
    """
    return {"url": ctx.config.public_url or "", "port": ctx.config.public_port}


def _page(pages: Pages, template: str, site: Site, **more: object) -> Response:
    page = pages.render(template, {"site": site, **more})
    page.headers["cache-control"] = "no-store"
    return page
