"""The OpenAPI description as it is true: every refusal is a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from vlog.api.fast_lane import FastLane
from vlog.api.media_paths import MEDIA_PREFIX

_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is stable; `request_id` leads to the log.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "details": {"type": "object", "description": "Figures, such as `free_bytes`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_REFUSAL = {
    "description": "A problem.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
# What the framework says that it answers to bad requests; ``errors`` answers otherwise.
_FOREIGN = ("HTTPValidationError", "ValidationError")


class Application(FastAPI):
    """FastAPI with that description, and a way past its router for what is asked for most."""

    media: ASGIApp | None = None
    """Answers everything below ``MEDIA_PREFIX``: looking for its route cost more than the answer."""

    direct: Mapping[str, ASGIApp] = {}
    """Answer ``GET`` and ``HEAD`` of exactly these paths, for the same reason."""

    fast_lane: FastLane | None = None
    """Where the server may ask for answers that are ready, before it makes a request of this application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = self._known(scope) if scope["type"] == "http" else None
        if known is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        await known(scope, receive, send)

    def _known(self, scope: Scope) -> ASGIApp | None:
        path: str = scope["path"]
        if path.startswith(MEDIA_PREFIX):
            return self.media
        return self.direct.get(path) if scope["method"] in {"GET", "HEAD"} else None

    def openapi(self) -> dict[str, Any]:
        """The description of all routes."""
        schema = super().openapi()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        for name in _FOREIGN:
            schemas.pop(name, None)
        schemas["Problem"] = _PROBLEM
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = _REFUSAL
        return schema
