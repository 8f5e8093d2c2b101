"""Every route times every role: who may pass is said by the guard of its router, and tried here.

What is open is listed, all else is closed: a router that forgets its guard is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from tests.api.test_openapi import table
from tests.support.api import SECRET
from tests.support.doors import Door, doors
from vlog.api.admin.guard import CSRF_HEADER, SECRET_HEADER, SESSION_COOKIE
from vlog.api.app import build_admin
from vlog.context import Context

# Doors of the admin's zone that anybody may use. Another one stays closed until somebody adds it here.
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
# The answer does not end by itself; test_events.py asks there.
ENDLESS = {"/api/events/progress"}
FOREIGN = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
WORKER_KEY = {"Authorization": f"Bearer vlogw_{'0' * 43}", "X-API-Key": "0" * 43}
PASSES = 0


@dataclass(frozen=True)
class Role:
    """Somebody who asks: what they show, and what a closed door answers to looking and to changing."""

    name: str
    looks: int
    changes: int
    signed_in: bool = False
    with_token: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    async def enter(self, client: httpx.AsyncClient) -> None:
        if self.signed_in:
            await client.post("/api/auth/login", json={"secret": SECRET})
        if self.with_token:
            client.headers[CSRF_HEADER] = (await client.get("/api/auth/csrf-token")).json()["csrf_token"]
        client.headers.update(dict(self.headers))


ROLES = (
    Role("anonymous", 401, 401),
    Role("viewer with a cookie of their own making", 401, 401, headers=(("Cookie", f"{SESSION_COOKIE}=x"),)),
    Role("session", PASSES, 403, signed_in=True),
    Role("session with its token", PASSES, PASSES, signed_in=True, with_token=True),
    Role("secret", PASSES, PASSES, headers=((SECRET_HEADER, SECRET),)),
    Role("session from another site", PASSES, 403, True, True, headers=tuple(FOREIGN.items())),
    Role("secret from another site", PASSES, 403, headers=((SECRET_HEADER, SECRET), *FOREIGN.items())),
    Role("worker", 401, 401, headers=tuple(WORKER_KEY.items())),
)


async def ask(client: httpx.AsyncClient, door: Door) -> int:
    """The status of a request with a body that is as good as any."""
    body: dict[str, str] | None = None if door.is_safe else {}
    return (await client.request(door.method, door.example, json=body)).status_code


@pytest.fixture
async def closed(ctx: Context) -> list[Door]:
    service = build_admin(ctx)
    service.close()
    return [door for door in doors(service.app) if door.name not in OPEN_ADMIN]


async def test_every_route_of_the_admin_is_closed_unless_it_is_listed(
    ctx: Context, closed: list[Door]
) -> None:
    assert len(closed) > 20
    assert {door.name for door in closed if door.guard != "admin"} == set()
    assert {f"{row['method']} {row['path']}" for row in table(ctx) if row["zone"] == "admin"} >= OPEN_ADMIN


@pytest.mark.parametrize("zone", ["public", "worker"])
async def test_visitors_and_workers_change_nothing(ctx: Context, zone: str) -> None:
    found = [row for row in table(ctx) if row["zone"] == zone]
    assert {(row["guard"], row["method"]) for row in found} <= {("anybody", "GET"), ("anybody", "OPTIONS")}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
async def test_closed_doors(stranger: httpx.AsyncClient, closed: list[Door], role: Role) -> None:
    await role.enter(stranger)
    wrong = {}
    # Whoever signs out has left.
    for door in sorted(closed, key=lambda door: "logout" in door.path):
        expected = role.looks if door.is_safe else role.changes
        if expected == PASSES and door.path in ENDLESS:
            continue
        status = await ask(stranger, door)
        passes = status not in {401, 403, 405} and status < 500
        if not (passes if expected == PASSES else status == expected):
            wrong[door.name] = status
    assert wrong == {}


async def test_a_wrong_secret_is_no_better(stranger: httpx.AsyncClient, closed: list[Door]) -> None:
    stranger.headers[SECRET_HEADER] = "wrong and long enough"
    assert {await ask(stranger, door) for door in closed} == {403, 429}


@pytest.mark.parametrize("headers", [{}, dict(WORKER_KEY), FOREIGN], ids=["anonymous", "worker", "foreign"])
async def test_open_doors_ask_nobody(
    ctx: Context,
    public: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    worker: httpx.AsyncClient,
    headers: dict[str, str],
) -> None:
    wrong = {}
    for zone, client in (("public", public), ("admin", stranger), ("worker", worker)):
        client.headers.update(headers)
        for row in table(ctx):
            door = Door(row["path"], row["method"], row["guard"])
            if row["zone"] != zone or door.guard != "anybody":
                continue
            status = await ask(client, door)
            # What changes something is refused to other sites even where anybody may do it.
            is_foreign = headers == FOREIGN and not door.is_safe
            if status >= 500 or (status == 403) != is_foreign or status in {401, 405}:
                wrong[f"{zone} {door.name}"] = status
    assert wrong == {}


async def test_other_methods_are_refused(
    public: httpx.AsyncClient, stranger: httpx.AsyncClient, worker: httpx.AsyncClient
) -> None:
    for client in (public, stranger, worker):
        for method in ("TRACE", "CONNECT", "PROPFIND", "__init__"):
            answer = await client.request(method, "/health")
            assert answer.status_code in {404, 405}
            assert answer.headers["content-type"] == "application/problem+json"
