"""Addresses of what people name: tags, categories and custom fields.

A name that differs from another in marks and punctuation only (“Rock & Roll”, “rock roll”) is the same name.
One that a slug tells too little of (“日本 2”, “中国 2”) is another one, and its address is numbered.
"""

from __future__ import annotations

from typing import Literal

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.errors import Conflict
from vlog.kit.slugs import Slug, is_told_by_slug, slugify

Named = Literal["tag", "category", "field"]
_TABLES: dict[Named, str] = {"tag": "tags", "category": "categories", "field": "custom_field_definitions"}
# The number is arbitrary but ours: one chooser of an address at a time; they are short.
_LOCK = 0x4E414D45
_ALIKE = """
SELECT id, name, lower(name) = lower($2) AS is_equal FROM {table}
WHERE id <> $1 AND (lower(name) = lower($2) OR slug = $3) ORDER BY is_equal DESC
"""
_FREE = """
SELECT slug FROM unnest($1::text[]) WITH ORDINALITY AS candidate (slug, place)
WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.slug = candidate.slug AND t.id <> $2) ORDER BY place LIMIT 1
"""
_NEXT_NUMBER = "SELECT nextval(pg_get_serial_sequence('{table}', 'id'))"
# What stands before a number.
_STEM_LENGTH = 90
_LAST_NUMBER = 1000


async def same(reader: Reader, named: Named, name: str, *, but: int = 0) -> tuple[int, str] | None:
    """The id and the name of the tag or category that this name means, other than the one with id ``but``."""
    found = await reader.fetch(_ALIKE.format(table=_TABLES[named]), but, name, slugify(name))
    for row in found:
        if row["is_equal"] or are_one(name, row["name"]):
            return row["id"], row["name"]
    return None


def are_one(name: str, other: str) -> bool:
    """Whether two names that have one slug differ in marks and punctuation only."""
    return is_told_by_slug(name) and is_told_by_slug(other)


async def address(tx: Transaction, named: Named, name: str, *, but: int = 0) -> Slug:
    """A slug for a name, numbered where another one has it; ``tag-7`` for one without
    a Latin letter or digit.

    Nobody else chooses one until the transaction ends. Raises ``Conflict`` (code ``{named}_exists``).
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    table = _TABLES[named]
    base = slugify(name)
    if base is not None:
        stem = base[:_STEM_LENGTH].rstrip("-")
        candidates = [base, *(f"{stem}-{number}" for number in range(2, _LAST_NUMBER))]
    else:
        first = await tx.fetchval(_NEXT_NUMBER.format(table=table))
        candidates = [f"{named}-{number}" for number in range(first, first + _LAST_NUMBER)]
    free = await tx.fetchval(_FREE.format(table=table), candidates, but)
    if free is None:
        raise Conflict("There are too many of this name.", code=f"{named}_exists", field="name")
    return Slug(free)
