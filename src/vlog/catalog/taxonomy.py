"""Categories: a video has one or none; they stand in an order of somebody's choosing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypedDict

from vlog.catalog import former, index, naming
from vlog.catalog.facets import Kind
from vlog.catalog.index import Face
from vlog.catalog.revisions import refuse_unseen
from vlog.catalog.text import (
    CATEGORY_DESCRIPTION_MAX_LENGTH,
    CATEGORY_NAME_MAX_LENGTH,
    clean_line,
    clean_text,
)
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, Invalid, NotFound
from vlog.kit.slugs import Slug, is_slug

# Every page shows all of them.
MAX_CATEGORIES = 500

_LIST = f"""
SELECT c.id, c.name, c.slug, c.description, c.position, c.edit_revision, c.created_at,
  coalesce(f.videos, 0) AS video_count
FROM categories c LEFT JOIN {{face}}_facets f ON f.facet = facet({Kind.CATEGORY:d}, c.id)
"""
_INSERT = """
INSERT INTO categories (name, slug, description, position)
SELECT $1, $2, $3, coalesce(max(position), 0) + 1 FROM categories ON CONFLICT DO NOTHING RETURNING id
"""
_TAKEN = "SELECT EXISTS (SELECT FROM categories WHERE id <> $1 AND (name = $2 OR slug = $3))"
_UPDATE = """
UPDATE categories SET name = $2, slug = $3, description = $4, edit_revision = edit_revision + 1 WHERE id = $1
"""
_PLACE = """
UPDATE categories c SET position = given.place
FROM unnest($1::bigint[]) WITH ORDINALITY AS given (id, place) WHERE c.id = given.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One category; ``video_count`` is of the face that was asked: published videos, or all outside the
    archive. ``edit_revision`` counts what people have changed of it.
    """

    id: int
    name: str
    slug: str
    description: str
    position: int
    edit_revision: int
    created_at: datetime
    video_count: int


class CategoryChanges(TypedDict, total=False):
    """What an editor changes; a key that is absent stays as it is."""

    name: str
    slug: str
    description: str


async def categories(reader: Reader, *, face: Face = "library") -> list[Category]:
    """All categories in their order; there are few."""
    rows = await reader.fetch(f"{_LIST.format(face=face)} ORDER BY c.position, c.id")
    return [Category(**dict(row)) for row in rows]


async def by_id(reader: Reader, category_id: int) -> Category:
    """One category; raises ``NotFound`` (code ``unknown_category``)."""
    return await _one(reader, "library", "c.id = $1", value=category_id)


async def by_slug(reader: Reader, slug: str, *, face: Face) -> Category:
    """One category; raises ``NotFound`` (code ``unknown_category``)."""
    if not is_slug(slug):
        raise _unknown()
    return await _one(reader, face, "c.slug = $1", value=slug)


async def create(tx: Transaction, name: str, *, description: str = "") -> Category:
    """Add a category at the end.

    Raises ``Invalid``, ``Conflict`` (codes ``category_exists``: name or slug is taken,
    ``too_many_categories``).
    """
    name = clean_line(name, field="name", maximum=CATEGORY_NAME_MAX_LENGTH)
    description = clean_text(description, field="description", maximum=CATEGORY_DESCRIPTION_MAX_LENGTH)
    if await tx.fetchval("SELECT count(*) FROM categories") >= MAX_CATEGORIES:
        raise Conflict(f"There are at most {MAX_CATEGORIES} categories.", code="too_many_categories")
    if await naming.same(tx, "category", name) is not None:
        raise _taken(name)
    slug = await naming.address(tx, "category", name)
    category_id = await tx.fetchval(_INSERT, name, slug, description)
    if category_id is None:
        raise _taken(name)
    await audit.note(tx, "category.created", (category_id, name))
    return await by_id(tx, category_id)


async def edit(
    tx: Transaction, category_id: int, changes: CategoryChanges, *, seen_revision: int | None = None
) -> Category:
    """Change a category; searches find its videos by the new name soon. ``seen_revision``: see
    ``videos.edit``.

    Raises ``NotFound``, ``Invalid``, ``Conflict`` (codes ``category_exists``, ``edited_meanwhile``).
    """
    before = await _locked(tx, category_id)
    refuse_unseen("category", present=before.edit_revision, seen=seen_revision)
    wanted = {**asdict(before), **changes}
    name = clean_line(wanted["name"], field="name", maximum=CATEGORY_NAME_MAX_LENGTH)
    slug = Slug(wanted["slug"])
    text = clean_text(wanted["description"], field="description", maximum=CATEGORY_DESCRIPTION_MAX_LENGTH)
    if await tx.fetchval(_TAKEN, category_id, name, slug):
        raise _taken(name)
    try:
        await tx.execute(_UPDATE, category_id, name, slug, text)
    except Conflict as error:
        # Somebody else took it a moment ago.
        raise _taken(name) from error
    if slug != before.slug:
        await former.remember(tx, "category", before.slug, subject_id=category_id)
    if name != before.name:
        await index.enqueue_category(tx, category_id)
    after = await by_id(tx, category_id)
    changed = audit.changes(before, after, tuple(CategoryChanges.__annotations__))
    await audit.note(tx, "category.edited", (category_id, name), **changed)
    return after


async def reorder(tx: Transaction, category_ids: Sequence[int]) -> list[Category]:
    """Put all categories into this order. Raises ``Conflict`` (code ``categories_changed``)."""
    present = await tx.fetch("SELECT id FROM categories ORDER BY id FOR UPDATE")
    if sorted(category_ids) != [row["id"] for row in present]:
        raise Conflict(
            "Categories were added or removed meanwhile: reload them, then sort again.",
            code="categories_changed",
        )
    await tx.execute(_PLACE, list(category_ids))
    await audit.note(tx, "category.moved", (None, ""))
    return await categories(tx)


async def delete(tx: Transaction, category_id: int) -> None:
    """Remove a category; its videos stay, without one. Raises ``NotFound`` (code ``unknown_category``)."""
    category = await _locked(tx, category_id)
    await index.enqueue_category(tx, category_id, with_fields=True)
    await tx.execute("DELETE FROM categories WHERE id = $1", category_id)
    await audit.note(tx, "category.deleted", (category_id, category.name), videos=category.video_count)


async def require_category(tx: Transaction, category_id: int | None) -> None:
    """Raise ``Invalid`` (code ``unknown_category``) unless it exists; it then stays until the commit."""
    if category_id is None:
        return
    # Locked against deletion only: two uploads into one category don't wait for each other.
    if await tx.fetchval("SELECT 1 FROM categories WHERE id = $1 FOR KEY SHARE", category_id) is None:
        raise Invalid("There is no such category.", code="unknown_category", field="category_id")


async def _locked(tx: Transaction, category_id: int) -> Category:
    await tx.fetch("SELECT 1 FROM categories WHERE id = $1 FOR UPDATE", category_id)
    return await by_id(tx, category_id)


async def _one(reader: Reader, face: Face, condition: str, *, value: object) -> Category:
    row = await reader.fetchrow(f"{_LIST.format(face=face)} WHERE {condition}", value)
    if row is None:
        raise _unknown()
    return Category(**dict(row))


def _unknown() -> NotFound:
    return NotFound("There is no such category.", code="unknown_category")


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a category “{name}” already.", code="category_exists", field="name")
