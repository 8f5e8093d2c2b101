"""The first run: a link, printed to the operator's terminal, lets its holder choose the admin secret."""

from __future__ import annotations

import secrets
from typing import Protocol

from vlog.accounts.secret import AdminSecret
from vlog.accounts.sessions import token_hash
from vlog.config import Config
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, NotPermitted

LIFE_HOURS = 24

_VALID = "SELECT 1 FROM setup_links WHERE token_hash = $1 AND expires_at > app_now()"
_USE = "DELETE FROM setup_links WHERE token_hash = $1 AND expires_at > app_now() RETURNING 1"
_INSERT_LINK = """
INSERT INTO setup_links (token_hash, expires_at) VALUES ($1, app_now() + make_interval(hours => $2))
"""
_INSERT_HASH = """
INSERT INTO admin_credentials (secret_hash) VALUES ($1) ON CONFLICT (only_one) DO NOTHING RETURNING 1
"""


class Installation(Protocol):
    """The parts of the context that a set-up link needs."""

    @property
    def config(self) -> Config:
        """Process configuration."""

    @property
    def db(self) -> Database:
        """The database."""


async def create_link(ctx: Installation) -> str | None:
    """A new set-up link, or ``None`` when there is a secret already. Older links stop working.

    The token stands in the URL's fragment, which browsers send to no server: it reaches neither logs nor
    proxies.
    """
    if ctx.config.admin_secret is not None:
        return None
    token = secrets.token_urlsafe(32)

    async def work(tx: Transaction) -> bool:
        if await tx.fetchval("SELECT 1 FROM admin_credentials") is not None:
            return False
        await tx.execute("DELETE FROM setup_links")
        await tx.execute(_INSERT_LINK, token_hash(token), LIFE_HOURS)
        return True

    made = await transaction(ctx.db, work)
    return f"{ctx.config.admin_base_url}/setup#token={token}" if made else None


async def complete(db: Database, admin_secret: AdminSecret, *, token: str, secret: str) -> None:
    """Make ``secret`` the admin secret; the link is used up.

    Raises ``NotPermitted`` (code ``invalid_setup_link``), ``Invalid`` (code ``weak_secret``), ``Conflict``
    (code ``already_set_up``).
    """
    key = token_hash(token)
    # Before the slow hash: without a valid link nobody can make us compute one.
    if await db.fetchval(_VALID, key) is None:
        raise _invalid_link()
    if await admin_secret.exists():
        raise _already_set_up()
    stored = await admin_secret.hash(secret)

    async def work(tx: Transaction) -> None:
        if await tx.fetchval(_USE, key) is None:
            raise _invalid_link()
        if await tx.fetchval(_INSERT_HASH, stored) is None:
            raise _already_set_up()
        await tx.execute("DELETE FROM setup_links")

    await transaction(db, work)
    admin_secret.forget()


def _invalid_link() -> NotPermitted:
    return NotPermitted(
        "This set-up link is not valid, or no longer. Restart VLog to get a new one.",
        code="invalid_setup_link",
    )


def _already_set_up() -> Conflict:
    return Conflict("The admin secret has been chosen already. Sign in with it.", code="already_set_up")
