"""Categories: a video has one or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vlog.catalog.rows import Reader
from vlog.catalog.text import (
    CATEGORY_DESCRIPTION_MAX_LENGTH,
    CATEGORY_NAME_MAX_LENGTH,
    clean_line,
    clean_text,
)
from vlog.db.transaction import Transaction
from vlog.kit.errors import Conflict, Invalid, NotFound
from vlog.kit.slugs import slugify

_LIST = """
SELECT c.id, c.name, c.slug, c.description, c.created_at,
  (SELECT count(*) FROM videos v WHERE v.category_id = c.id AND v.deleted_at IS NULL) AS video_count
FROM categories c
"""
_NEXT_NUMBER = "SELECT nextval(pg_get_serial_sequence('categories', 'id'))"
_INSERT = """
INSERT INTO categories (name, slug, description) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One category; ``video_count`` counts its videos outside the trash, published or not."""

    id: int
    name: str
    slug: str
    description: str
    created_at: datetime
    video_count: int


async def categories(reader: Reader) -> list[Category]:
    """All categories by name; there are few."""
    return [Category(**dict(row)) for row in await reader.fetch(f"{_LIST} ORDER BY lower(c.name), c.id")]


async def create(tx: Transaction, name: str, *, description: str = "") -> Category:
    """Add a category. Raises ``Invalid``, ``Conflict`` (code ``category_exists``: name or slug is taken)."""
    name = clean_line(name, field="name", maximum=CATEGORY_NAME_MAX_LENGTH)
    description = clean_text(description, field="description", maximum=CATEGORY_DESCRIPTION_MAX_LENGTH)
    # Names without a Latin letter or digit are as good as others: number them by the table's own sequence.
    slug = slugify(name) or f"category-{await tx.fetchval(_NEXT_NUMBER)}"
    category_id = await tx.fetchval(_INSERT, name, slug, description)
    if category_id is None:
        raise Conflict(f"There is a category “{name}” already.", code="category_exists", field="name")
    return Category(**dict((await tx.fetch(f"{_LIST} WHERE c.id = $1", category_id))[0]))


async def delete(tx: Transaction, category_id: int) -> None:
    """Remove a category; its videos stay, without one. Raises ``NotFound`` (code ``unknown_category``)."""
    if await tx.execute("DELETE FROM categories WHERE id = $1", category_id) == "DELETE 0":
        raise NotFound("There is no such category.", code="unknown_category")


async def require_category(tx: Transaction, category_id: int | None) -> None:
    """Raise ``Invalid`` (code ``unknown_category``) unless it exists; it then stays until the commit."""
    if category_id is None:
        return
    # Locked against deletion only: two uploads into one category don't wait for each other.
    if await tx.fetchval("SELECT 1 FROM categories WHERE id = $1 FOR KEY SHARE", category_id) is None:
        raise Invalid("There is no such category.", code="unknown_category", field="category_id")
