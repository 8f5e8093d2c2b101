"""What a question needs: somebody who can read, in or out of a transaction."""

from __future__ import annotations

from typing import Any, Protocol

import asyncpg


class Reader(Protocol):
    """Whatever can read: the database itself or a running transaction."""

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """All rows."""

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """The first row, or ``None``."""

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or ``None``."""
