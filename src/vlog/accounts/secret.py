"""The admin secret: from the environment, or chosen through the set-up link and stored as a slow hash."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from vlog.accounts.passwords import SlowHasher
from vlog.db.engine import Database
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Invalid

MIN_LENGTH = 12
MAX_BYTES = 1024
# How long a change of the stored secret by another process may go unnoticed here.
_STORED_SECONDS = 5.0
_VERIFIED_SECONDS = 60.0
_VERIFIED_ENTRIES = 16

_STORED = "SELECT secret_hash FROM admin_credentials"


@dataclass(frozen=True, slots=True)
class _Verified:
    """A presented secret that matched: against which stored hash, and until when that is believed."""

    stored: str
    until: float


class AdminSecret:
    """Answers whether somebody knows the secret.

    A configured secret replaces the stored one. The slow hash is computed once per secret and minute: what
    has matched is remembered by a keyed hash whose key never leaves this process, so ``X-Admin-Secret`` on
    every request costs microseconds.
    """

    def __init__(self, db: Database, configured: str | None) -> None:
        self._db = db
        self._hasher = SlowHasher()
        self._key = secrets.token_bytes(32)
        self._configured = None if configured is None else self._digest(configured.encode())
        self._stored: tuple[str, float] | None = None
        self._verified: dict[bytes, _Verified] = {}

    async def exists(self) -> bool:
        """Whether there is a secret at all."""
        return self._configured is not None or await self._stored_hash() is not None

    async def matches(self, presented: bytes) -> bool:
        """Whether ``presented`` is the secret, in a time that tells nothing of it. Raises ``TooMany``."""
        digest = self._digest(presented)
        if self._configured is not None:
            return hmac.compare_digest(digest, self._configured)
        stored = await self._stored_hash()
        if stored is None or len(presented) > MAX_BYTES:
            return False
        known = self._verified.get(digest)
        if known is not None and known.stored == stored and known.until > monotonic_seconds():
            return True
        if not await self._hasher.matches(stored, presented):
            return False
        while len(self._verified) >= _VERIFIED_ENTRIES:
            self._verified.pop(next(iter(self._verified)))
        self._verified[digest] = _Verified(stored, monotonic_seconds() + _VERIFIED_SECONDS)
        return True

    async def hash(self, secret: str) -> str:
        """What to store for a new secret. Raises ``Invalid`` (code ``weak_secret``), ``TooMany``."""
        encoded = encode(secret)
        if len(secret.strip()) < MIN_LENGTH or len(encoded) > MAX_BYTES:
            raise Invalid(
                f"The secret needs at least {MIN_LENGTH} characters.", code="weak_secret", field="secret"
            )
        return await self._hasher.hash(encoded)

    def forget(self) -> None:
        """Read the stored secret again at the next question."""
        self._stored = None

    def close(self) -> None:
        """Give the threads back."""
        self._hasher.close()

    async def _stored_hash(self) -> str | None:
        if self._stored is not None and self._stored[1] > monotonic_seconds():
            return self._stored[0]
        stored: str | None = await self._db.fetchval(_STORED)
        # That there is none is not remembered: the set-up in another process must show at once.
        self._stored = None if stored is None else (stored, monotonic_seconds() + _STORED_SECONDS)
        return stored

    def _digest(self, secret: bytes) -> bytes:
        return hmac.digest(self._key, secret, "sha256")


def encode(secret: str) -> bytes:
    """A secret as bytes; raises ``Invalid`` (code ``invalid_secret``) for text that has none."""
    try:
        return secret.encode()
    except UnicodeEncodeError as error:
        raise Invalid("The secret is not valid text.", code="invalid_secret", field="secret") from error
