"""Where categories, tags and playlists were before they were renamed: old links lead to where they are."""

from __future__ import annotations

from typing import Literal

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.slugs import is_slug

Subject = Literal["category", "tag", "playlist"]

_REMEMBER = """
INSERT INTO former_slugs (subject, slug, subject_id) VALUES ($1, $2, $3)
ON CONFLICT (subject, slug) DO UPDATE SET subject_id = excluded.subject_id
"""
# Only what a visitor may see: a redirect tells that its goal is there.
_PRESENT: dict[Subject, str] = {
    "category": "categories s WHERE true",
    "tag": "tags s JOIN catalog_facets f ON f.facet = facet(1, s.id) AND f.videos > 0 WHERE true",
    "playlist": "playlists s WHERE s.deleted_at IS NULL AND s.visibility <> 'private'",
}
_GOAL = "s.id = (SELECT subject_id FROM former_slugs WHERE subject = $1 AND slug = $2)"


async def remember(tx: Transaction, subject: Subject, slug: str, *, subject_id: int) -> None:
    """Let an address that is given up lead to its subject from now on."""
    await tx.execute(_REMEMBER, subject, slug, subject_id)


async def lead_to(tx: Transaction, subject: Subject, from_id: int, *, to_id: int) -> None:
    """Let the former addresses of one subject lead to another one."""
    await tx.execute(
        "UPDATE former_slugs SET subject_id = $3 WHERE subject = $1 AND subject_id = $2",
        subject,
        from_id,
        to_id,
    )


async def present_slug(reader: Reader, subject: Subject, slug: str) -> str | None:
    """The address of what was here once; ``None`` when nothing was, or it is gone, or nobody's business."""
    if not is_slug(slug):
        return None
    found = await reader.fetchval(f"SELECT s.slug FROM {_PRESENT[subject]} AND {_GOAL}", subject, slug)
    return str(found) if found is not None else None
