"""What handlers of every zone ask for."""

from __future__ import annotations

import re
from typing import Annotated, cast

from fastapi import Depends, Path
from starlette.requests import Request

from vlog.context import Context
from vlog.kit.errors import Invalid

# What PostgreSQL's bigint can hold: a larger number names nothing.
MAX_ID = 2**63 - 1


async def _context(request: Request) -> Context:
    return cast(Context, request.app.state.context)


Ctx = Annotated[Context, Depends(_context)]
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
RowId = Annotated[int, Path(ge=1, le=MAX_ID)]


def idempotency_key(request: Request) -> str | None:
    """``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header), if the request has one.

    Raises ``Invalid`` (code ``bad_idempotency_key``).
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Invalid("Idempotency-Key must be 1 to 255 printable characters.", code="bad_idempotency_key")
    return key


def client_address(request: Request) -> str:
    """The visitor's address: the peer's, or what proxies that are declared as ours say."""
    return request.client.host if request.client is not None else ""
