"""Reads and writes settings: database first, then the environment, then the default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from vlog.db.engine import Database
from vlog.db.transaction import Transaction
from vlog.events.types import SettingChanged
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Invalid, NotFound
from vlog.settings.known import KNOWN
from vlog.settings.spec import Setting

T = TypeVar("T", int, float, bool, str)
CACHE_SECONDS = 2.0


class Settings:
    """The settings as this process sees them; a change elsewhere shows after at most ``CACHE_SECONDS``."""

    def __init__(self, db: Database, environ: Mapping[str, str] | None = None) -> None:
        self._db = db
        self._environ = dict(os.environ if environ is None else environ)
        self._values: dict[str, object] = {}
        self._read_at = float("-inf")

    async def get(self, setting: Setting[T]) -> T:
        """The setting's value. A stored value that no longer validates counts as not set."""
        if monotonic_seconds() - self._read_at > CACHE_SECONDS:
            await self._read()
        if setting.key in self._values:
            try:
                return setting.validate(self._values[setting.key])
            except Invalid:
                pass
        found = setting.from_environment(self._environ)
        return setting.default if found is None else found

    def forget(self) -> None:
        """Read the database again at the next use."""
        self._read_at = float("-inf")

    async def _read(self) -> None:
        rows = await self._db.fetch("SELECT key, value FROM settings")
        self._values = {row["key"]: msgspec.json.decode(row["value"]) for row in rows}
        self._read_at = monotonic_seconds()


async def put(tx: Transaction, key: str, value: object, *, actor: str) -> None:
    """Store a value; raises ``NotFound`` for an unknown key and ``Invalid`` for a value out of bounds."""
    setting = KNOWN.get(key)
    if setting is None:
        raise NotFound(f"There is no setting {key}.", code="unknown_setting")
    text = msgspec.json.encode(setting.validate(value)).decode()
    await tx.execute(
        "INSERT INTO settings (key, value, updated_by) VALUES ($1, $2, $3)"
        " ON CONFLICT (key) DO UPDATE SET value = $2, updated_by = $3, updated_at = app_now()",
        key,
        text,
        actor,
    )
    await tx.record(SettingChanged(key))
