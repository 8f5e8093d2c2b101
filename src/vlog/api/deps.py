"""What handlers of every zone ask for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Path
from pydantic import BaseModel
from pydantic import Field as Bounded
from starlette.requests import Request

from vlog.context import Context
from vlog.kit.errors import Invalid

# What PostgreSQL's bigint can hold: a larger number names nothing.
MAX_ID = 2**63 - 1


def context_of(request: Request) -> Context:
    """What the process holds."""
    return cast(Context, request.app.state.context)


async def _context(request: Request) -> Context:
    return context_of(request)


Ctx = Annotated[Context, Depends(_context)]
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")
RowId = Annotated[int, Path(ge=1, le=MAX_ID)]
# Coarse bounds; the catalogue says the exact ones in words.
Text = Annotated[str, Bounded(max_length=20_000)]
Ids = Annotated[list[Annotated[int, Bounded(ge=1, le=MAX_ID)]], Bounded(max_length=5000)]

Fields = TypeVar("Fields", bound=Mapping[str, object])


def sent_fields(model: BaseModel, kind: type[Fields], *, nullable: Collection[str] = ()) -> Fields:
    """The fields of ``kind`` that a client has sent; ``null`` means something for those in
    ``nullable`` only.
    """
    return cast(
        Fields,
        {
            name: value
            for name, value in model.model_dump(exclude_unset=True, include=set(kind.__annotations__)).items()
            if value is not None or name in nullable
        },
    )


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
