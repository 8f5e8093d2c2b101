"""Signed-in browsers: random tokens, stored as hashes, ended by logout, idleness or age.

The tokens have 256 random bits, so a fast hash is enough: nobody can try them all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction

IDLE_HOURS = 12
LIFE_DAYS = 7
_TOKEN_LENGTH = 43
_USER_AGENT_LENGTH = 512
_ADDRESS_LENGTH = 45

_INSERT = """
INSERT INTO admin_sessions (token_hash, expires_at, ip, user_agent)
VALUES ($1, app_now() + make_interval(days => $2), $3, $4)
"""
_ALIVE = "expires_at > app_now() AND last_used_at > app_now() - make_interval(hours => $2)"
_FIND = f"""
SELECT id, last_used_at < app_now() - interval '1 minute' AS stale FROM admin_sessions
WHERE token_hash = $1 AND {_ALIVE}
"""
_TOUCH = "UPDATE admin_sessions SET last_used_at = app_now() WHERE id = $1"
_PURGE = """
DELETE FROM admin_sessions
WHERE expires_at <= app_now() OR last_used_at <= app_now() - make_interval(hours => $1)
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. ``csrf_token`` must come back in a header of each changing request."""

    token: str
    csrf_token: str


def token_hash(token: str) -> bytes:
    """How a random token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_token(token: str) -> str:
    """The CSRF token of a session: only who reads the page can know it, and it doesn't reveal the session."""
    return hmac.new(token.encode(), b"vlog-csrf", "sha256").hexdigest()


def csrf_matches(token: str, presented: str) -> bool:
    """Whether ``presented`` is the session's CSRF token, in constant time."""
    return hmac.compare_digest(csrf_token(token).encode(), presented.encode("utf-8", "surrogatepass"))


async def start(db: Database, *, replacing: str | None, address: str, user_agent: str) -> Session:
    """Sign a browser in under a new token; the one that it had before (``replacing``) ends."""
    token = secrets.token_urlsafe(32)

    async def work(tx: Transaction) -> None:
        if replacing is not None:
            await tx.execute("DELETE FROM admin_sessions WHERE token_hash = $1", token_hash(replacing))
        await tx.execute(_PURGE, IDLE_HOURS)
        await tx.execute(
            _INSERT,
            token_hash(token),
            LIFE_DAYS,
            address[:_ADDRESS_LENGTH],
            user_agent.replace("\0", "")[:_USER_AGENT_LENGTH],
        )

    await transaction(db, work)
    return Session(token, csrf_token(token))


async def find(db: Database, token: str) -> Session | None:
    """The living session of a cookie, or ``None``. That it was used is noted once a minute, not each time."""
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return None
    row = await db.fetchrow(_FIND, token_hash(token), IDLE_HOURS)
    if row is None:
        return None
    if row["stale"]:
        await transaction(db, lambda tx: tx.execute(_TOUCH, row["id"]))
    return Session(token, csrf_token(token))


async def end(db: Database, token: str) -> None:
    """Sign out; nothing happens when there is no such session."""
    await transaction(
        db, lambda tx: tx.execute("DELETE FROM admin_sessions WHERE token_hash = $1", token_hash(token))
    )
