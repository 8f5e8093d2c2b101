"""Every route of an application as it stands there: method, path, and who may pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

from vlog.api.admin.guard import require_admin
from vlog.api.mediafiles import MediaFiles

# What a placeholder may stand for; one that names a number by its ending needs no line here.
EXAMPLES = {"path": "a/master.m3u8", "upload_id": "0" * 32}


@dataclass(frozen=True, order=True)
class Door:
    """One method of one route; ``guard`` is what its dependencies say: ``admin`` or ``anybody``."""

    path: str
    method: str
    guard: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_safe(self) -> bool:
        """It changes nothing (RFC 9110 §9.2.1)."""
        return self.method in {"GET", "OPTIONS"}

    @property
    def example(self) -> str:
        """A path that the route matches."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            return EXAMPLES.get(name, "1" if name.endswith(("_id", "number")) else "x")

        return re.sub(r"\{(\w+)(?::\w+)?\}", value, self.path)


def doors(app: FastAPI) -> list[Door]:
    """All doors of an application, in the order of their paths."""
    return sorted(
        {
            Door(getattr(route, "path", ""), method, _guard_of(route, method))
            for route in _flat(app.router.routes)
            for method in getattr(route, "methods", None) or ()
            if method != "HEAD"
        }
    )


def _flat(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those of included routers too."""
    for route in routes:
        inner = getattr(route, "effective_candidates", None)
        if callable(inner):
            yield from _flat(inner())
        else:
            yield route


def _guard_of(route: BaseRoute, method: str) -> str:
    dependant: Any = getattr(route, "dependant", None)
    endpoint = getattr(route, "endpoint", None)
    if dependant is not None:
        is_closed = require_admin in _calls(dependant)
    else:
        # Which methods there are is no secret.
        is_closed = isinstance(endpoint, MediaFiles) and endpoint.is_guarded and method != "OPTIONS"
    return "admin" if is_closed else "anybody"


def _calls(dependant: Any) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)
