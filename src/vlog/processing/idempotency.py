"""One effect and one answer for a request that is sent again with the same ``Idempotency-Key``.

The key's row is written in the transaction of the effect. A second request with the key waits on the row
until that transaction ends: if it commits, the kept answer is given again; if not, nothing has happened and
the second request is the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Invalid
from vlog.processing.rooms import Rooms
from vlog.wire.codec import from_json, to_json

T = TypeVar("T")
KEEP = "7 days"

_TAKE = """
INSERT INTO idempotency_keys (scope, key, request_sha256) VALUES ($1, $2, $3)
ON CONFLICT (scope, key) DO NOTHING RETURNING true
"""
_KEPT = "SELECT request_sha256, answer FROM idempotency_keys WHERE scope = $1 AND key = $2"
_KEEP = "UPDATE idempotency_keys SET answer = $3 WHERE scope = $1 AND key = $2"
_PRUNE = f"DELETE FROM idempotency_keys WHERE created_at < (SELECT app_now()) - interval '{KEEP}'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Once:
    """A request that must have one effect. ``request`` is everything that makes it this request."""

    scope: str
    key: str
    request: object

    @property
    def request_sha256(self) -> bytes:
        """What tells this request from another one."""
        return hashlib.sha256(to_json(self.request)).digest()


async def run(
    tx: Transaction, once: Once | None, *, work: Callable[[], Awaitable[T]], kind: type[T]
) -> tuple[T, bool]:
    """The answer of ``work``, or the one that was given before; and whether it is that.

    Raises ``Invalid`` (code ``idempotency_mismatch``) when the key came with another request.
    """
    if once is None:
        return await work(), False
    if await tx.fetchval(_TAKE, once.scope, once.key, once.request_sha256):
        answer = await work()
        await tx.execute(_KEEP, once.scope, once.key, to_json(answer).decode())
        return answer, False
    kept = await tx.fetchrow(_KEPT, once.scope, once.key)
    if kept is None or kept["request_sha256"] != once.request_sha256:
        raise Invalid(
            "This Idempotency-Key has been used for another request; send a fresh one.",
            code="idempotency_mismatch",
        )
    return from_json(kind, kept["answer"]), True


async def prune(ctx: Rooms) -> None:
    """Forget answers that nobody will ask for again."""
    await transaction(ctx.db, lambda tx: tx.execute(_PRUNE))
