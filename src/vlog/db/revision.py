"""Which revision the schema is at, and which one this code needs: read without loading Alembic, which takes
longer than all that `vlog doctor` asks besides.
"""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg

from vlog.db.external import usable

# As Alembic's template writes it, and as every revision of ours begins.
_DECLARED = re.compile(r'^(revision|down_revision) = (?:"(\w+)"|None)$', re.MULTILINE)


def migrations_folder() -> Path:
    """Where the revisions lie: inside the installed package, or at the root of a checkout."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_migrations"
    return packed if packed.is_dir() else package.parent.parent / "migrations"


def needed() -> str:
    """The revision of this code: the one on which no other stands."""
    declared: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in (migrations_folder() / "versions").glob("*.py"):
        for role, name in _DECLARED.findall(path.read_text(encoding="utf-8")):
            declared[role].add(name)
    (head,) = declared["revision"] - declared["down_revision"]
    return head


async def current(connection: asyncpg.Connection) -> str | None:
    """The schema's revision; ``None`` for an empty database."""
    try:
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return found


async def revision(dsn: str) -> tuple[str | None, str]:
    """Both; raises ``Unavailable`` or ``Invalid`` when the database can't be asked."""
    connection = await usable(dsn)
    try:
        return await current(connection), needed()
    finally:
        connection.terminate()
