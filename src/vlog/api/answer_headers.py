"""Headers that a request's answer has whatever it becomes: what its handler made of it, or a refusal."""

from __future__ import annotations

from starlette.types import Scope

_SCOPE_KEY = "vlog.answer_headers"


def attach(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Begin an empty list for this request, to be sent with its answer."""
    headers: list[tuple[bytes, bytes]] = []
    scope[_SCOPE_KEY] = headers
    return headers


def add(scope: Scope, name: str, value: str) -> None:
    """Send this header; called by dependencies and handlers before they may fail."""
    headers: list[tuple[bytes, bytes]] = scope[_SCOPE_KEY]
    headers.append((name.encode(), value.encode("latin-1", "replace")))
