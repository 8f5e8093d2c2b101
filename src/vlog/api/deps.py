"""What handlers of every zone ask for."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Path
from starlette.requests import Request

from vlog.context import Context

# What PostgreSQL's bigint can hold: a larger number names nothing.
MAX_ID = 2**63 - 1


async def _context(request: Request) -> Context:
    return cast(Context, request.app.state.context)


Ctx = Annotated[Context, Depends(_context)]
RowId = Annotated[int, Path(ge=1, le=MAX_ID)]


def client_address(request: Request) -> str:
    """The peer's address: no header is believed, since no proxy is declared as ours."""
    return request.client.host if request.client is not None else ""
