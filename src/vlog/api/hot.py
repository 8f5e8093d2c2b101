"""Routes for what everybody asks for all the time: described like every other, answered by their own hands.

The framework's way from a request to arguments costs more than the whole of such an answer. A hot handler
gets the request and reads it itself; what it accepts is declared once, as a model of its query, and both the
contract and the check of each request come from that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vlog.api.middleware import QUIET

Query = TypeVar("Query", bound=BaseModel)
Endpoint = Callable[..., Awaitable[Response]]


class HotRoute(APIRoute):
    """A route whose endpoint is called with the request and the path's parameters (text, as they stand there)
    and gives the response.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path is this route's."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        # Errors are answered around all routes (``errors.install``).
        response = await _response(self.endpoint, scope, receive)
        await response(scope, receive, send)


def direct(endpoint: Endpoint) -> ASGIApp:
    """The same endpoint for a path without parameters, past the router (``contract.Application.direct``)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_params"] = {}
        response = await _response(endpoint, scope, receive)
        await response(scope, receive, send)

    return answer


async def _response(endpoint: Endpoint, scope: Scope, receive: Receive) -> Response:
    scope[QUIET] = True
    return await endpoint(Request(scope, receive), **scope["path_params"])


def read_query(request: Request, kind: type[Query]) -> Query:
    """The query of a request; raises what the framework raises for a bad one. Of a name that is given twice
    the last one counts.
    """
    raw = request.scope["query_string"]
    if not raw:
        return kind()
    given = dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = [{**each, "loc": ("query", *each["loc"])} for each in error.errors(include_url=False)]
        raise RequestValidationError(found) from error


def described(query: type[BaseModel]) -> dict[str, Any]:
    """``openapi_extra`` of a hot route: its query's parameters, as the framework would have found them."""
    fields = query.model_json_schema()["properties"].items()
    return {
        "parameters": [
            {"in": "query", "name": name, "required": False, "schema": schema} for name, schema in fields
        ]
    }
