"""Every route times every role: what is open is listed here, all else is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from tests.support.api import SECRET
from vlog.api.app import build_admin, build_public, build_worker
from vlog.context import Context

# Routes that anybody may use. A new one stays closed until somebody adds it here.
OPEN_ADMIN = {
    "GET /health",
    "POST /api/auth/setup",
    "POST /api/auth/login",
    "GET /api/auth/check",
    "GET /setup",
    "GET /login",
    "GET /static/{name}",
    # What it answers is a method list; bytes come with GET.
    "OPTIONS /videos/{path:path}",
}
PUBLIC = {
    "GET /health",
    "GET /api/videos",
    "GET /api/videos/{slug}",
    "GET /api/videos/{slug}/progress",
    "GET /",
    "GET /watch/{slug}",
    "GET /static/{name}",
    "GET /videos/{path:path}",
    "OPTIONS /videos/{path:path}",
}
WORKER = {"GET /api/health"}


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def example(self) -> str:
        """A path that the route matches."""
        for placeholder, value in (
            ("{path:path}", "a/master.m3u8"),
            ("{video_id}", "1"),
            ("{category_id}", "1"),
            ("{upload_id}", "0" * 32),
            ("{name}", "x"),
            ("{slug}", "x"),
        ):
            if placeholder in self.path:
                return self.path.replace(placeholder, value)
        assert "{" not in self.path, f"give {self.path} an example"
        return self.path


def flat(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those of included routers too."""
    for route in routes:
        inner = getattr(route, "effective_candidates", None)
        if callable(inner):
            yield from flat(inner())
        else:
            yield route


def doors(app: FastAPI) -> list[Door]:
    found = {
        Door(method, getattr(route, "path", ""))
        for route in flat(app.router.routes)
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD"
    }
    return sorted(found, key=lambda door: (door.path, door.method))


async def test_the_public_and_worker_zones_are_what_they_are_said_to_be(ctx: Context) -> None:
    assert {door.name for door in doors(build_public(ctx).app)} == PUBLIC
    assert {door.name for door in doors(build_worker(ctx).app)} == WORKER


async def ask(client: httpx.AsyncClient, door: Door) -> int:
    """The status of a request with a body that is as good as any."""
    body: dict[str, str] | None = None if door.method in {"GET", "OPTIONS"} else {}
    return (await client.request(door.method, door.example, json=body)).status_code


@pytest.fixture
async def closed(ctx: Context) -> list[Door]:
    service = build_admin(ctx)
    service.close()
    found = doors(service.app)
    assert len(found) > 20
    assert {door.name for door in found} >= OPEN_ADMIN
    return [door for door in found if door.name not in OPEN_ADMIN]


async def test_strangers_get_nowhere(stranger: httpx.AsyncClient, closed: list[Door]) -> None:
    assert {door.name: await ask(stranger, door) for door in closed} == {door.name: 401 for door in closed}


async def test_a_wrong_secret_is_no_better(stranger: httpx.AsyncClient, closed: list[Door]) -> None:
    stranger.headers["X-Admin-Secret"] = "wrong and long enough"
    answers = {await ask(stranger, door) for door in closed}
    assert answers == {403, 429}


async def test_a_session_may_look_but_needs_its_token_to_change(
    stranger: httpx.AsyncClient, closed: list[Door]
) -> None:
    await stranger.post("/api/auth/login", json={"secret": SECRET})
    for door in closed:
        if door.path == "/api/events/progress":
            continue
        status = await ask(stranger, door)
        if door.method in {"GET", "OPTIONS"}:
            assert status not in {401, 403}, door.name
        else:
            assert status == 403, door.name


@pytest.mark.parametrize("role", ["header", "session"])
async def test_the_admin_gets_everywhere(stranger: httpx.AsyncClient, closed: list[Door], role: str) -> None:
    if role == "header":
        stranger.headers["X-Admin-Secret"] = SECRET
    else:
        await stranger.post("/api/auth/login", json={"secret": SECRET})
        token = (await stranger.get("/api/auth/csrf-token")).json()["csrf_token"]
        stranger.headers["X-CSRF-Token"] = token
    for door in sorted(closed, key=lambda door: "logout" in door.path):
        if door.path != "/api/events/progress":
            status = await ask(stranger, door)
            assert status not in {401, 403, 405}, door.name
            assert status < 500, door.name


async def test_other_methods_are_refused(
    public: httpx.AsyncClient, stranger: httpx.AsyncClient, worker: httpx.AsyncClient
) -> None:
    for client in (public, stranger, worker):
        for method in ("TRACE", "CONNECT", "PROPFIND", "__init__"):
            answer = await client.request(method, "/health")
            assert answer.status_code in {404, 405}
            assert answer.headers["content-type"] == "application/problem+json"
