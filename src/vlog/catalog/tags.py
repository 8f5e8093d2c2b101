"""Tags: a video has up to twenty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vlog.catalog import former, index, naming
from vlog.catalog.facets import Kind
from vlog.catalog.index import Face
from vlog.catalog.revisions import refuse_unseen
from vlog.catalog.text import TAG_NAME_MAX_LENGTH, clean_line
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, Invalid, NotFound
from vlog.kit.slugs import is_slug, slugify

MAX_TAGS = 20
# Tags grow with the library: they are listed by name, page by page.
PAGE_SIZE = 500

_LIST = f"""
SELECT t.id, t.name, t.slug, t.edit_revision, t.created_at, coalesce(f.videos, 0) AS video_count
FROM tags t LEFT JOIN {{face}}_facets f ON f.facet = facet({Kind.TAG:d}, t.id)
"""
# Lower case is PostgreSQL's, which is not Python's (İ, ΟΔΟΣ): where a page ends, the next one begins.
_PAGE = f"""
{_LIST} WHERE (lower(t.name), t.id) > (lower($1), $2) AND {{shown}} ORDER BY lower(t.name), t.id LIMIT $3
"""
# By code points, as the index of names has them: a beginning is a range of them whatever the locale.
_BEGINNING = f"""
{_LIST} WHERE lower(t.name) ~>=~ lower($4) AND lower(t.name) ~<~ (lower($4) || U&'\\+10FFFF')
  AND (lower(t.name), t.id) > (lower($1), $2) AND {{shown}}
ORDER BY lower(t.name), t.id LIMIT $3
"""
# Visitors are told of no tag that only hidden videos have.
_SHOWN: dict[Face, str] = {"library": "true", "catalog": "coalesce(f.videos, 0) > 0"}
_INSERT = "INSERT INTO tags (name, slug) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"
_RENAME = "UPDATE tags SET name = $2, slug = $3, edit_revision = edit_revision + 1 WHERE id = $1"
# The number is arbitrary but ours: two who bring the same unknown tags make them once.
_MAKING = 0x54414753
_MERGE = """
INSERT INTO video_tags (video_id, tag_id) SELECT video_id, $2 FROM video_tags WHERE tag_id = $1
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """One tag; ``video_count`` is of the face that was asked: published videos, or all outside the
    archive. ``edit_revision`` counts what people have changed of it.
    """

    id: int
    name: str
    slug: str
    edit_revision: int
    created_at: datetime
    video_count: int


async def page(
    reader: Reader, face: Face, *, after: Tag | None = None, limit: int = PAGE_SIZE, beginning: str = ""
) -> list[Tag]:
    """Tags by name, after one of them; with ``beginning`` those whose names begin like that. Visitors
    (``catalog``) see those of published videos.
    """
    name, tag_id = (after.name, after.id) if after is not None else ("", 0)
    sql = (_BEGINNING if beginning else _PAGE).format(face=face, shown=_SHOWN[face])
    more = [beginning] if beginning else []
    rows = await reader.fetch(sql, name, tag_id, limit, *more)
    return [Tag(**dict(row)) for row in rows]


async def by_id(reader: Reader, tag_id: int, *, face: Face = "library") -> Tag:
    """One tag; raises ``NotFound`` (code ``unknown_tag``)."""
    return _found(await reader.fetch(f"{_LIST.format(face=face)} WHERE t.id = $1", tag_id))


async def by_slug(reader: Reader, slug: str, *, face: Face) -> Tag:
    """One tag; visitors (``catalog``) have those of published videos. Raises ``NotFound`` (code
    ``unknown_tag``).
    """
    sql = f"{_LIST.format(face=face)} WHERE t.slug = $1 AND {_SHOWN[face]}"
    return _found(await reader.fetch(sql, slug) if is_slug(slug) else [])


async def create(tx: Transaction, name: str) -> Tag:
    """Add a tag. Raises ``Invalid``, ``Conflict`` (code ``tag_exists``: see ``naming.same``)."""
    name = clean_line(name, field="name", maximum=TAG_NAME_MAX_LENGTH)
    await _refuse_same(tx, name)
    tag_id = await tx.fetchval(_INSERT, name, await naming.address(tx, "tag", name))
    if tag_id is None:
        # Somebody else took it a moment ago.
        raise _exists(name)
    await audit.note(tx, "tag.created", (tag_id, name))
    return await by_id(tx, tag_id)


async def rename(tx: Transaction, tag_id: int, name: str, *, seen_revision: int | None = None) -> Tag:
    """Give a tag another name, and the address that goes with it; searches find it by that soon.

    ``seen_revision``: see ``videos.edit``. Raises ``NotFound``, ``Invalid``, ``Conflict`` (codes
    ``tag_exists``, ``edited_meanwhile``).
    """
    name = clean_line(name, field="name", maximum=TAG_NAME_MAX_LENGTH)
    before = await _locked(tx, tag_id)
    refuse_unseen("tag", present=before.edit_revision, seen=seen_revision)
    await _refuse_same(tx, name, but=tag_id)
    if before.name != name:
        is_said = slugify(name) == slugify(before.name) is not None
        slug = before.slug if is_said else await naming.address(tx, "tag", name, but=tag_id)
        try:
            await tx.execute(_RENAME, tag_id, name, slug)
        except Conflict as error:
            # Somebody else took it a moment ago, and nothing can be asked any more.
            raise _exists(name) from error
        if slug != before.slug:
            await former.remember(tx, "tag", before.slug, subject_id=tag_id)
        await index.enqueue_tag(tx, tag_id)
        await audit.note(tx, "tag.renamed", (tag_id, name), before=before.name)
    return await by_id(tx, tag_id)


async def merge(tx: Transaction, tag_id: int, *, into: int) -> Tag:
    """Give the videos of one tag another one instead; remove the first. Raises ``NotFound``, ``Invalid``."""
    if tag_id == into:
        raise Invalid("A tag can't be merged into itself.", code="same_tag", field="into")
    # In the order of their ids, so that two merges of the same tags don't wait for each other.
    held = {each: await _locked(tx, each) for each in sorted((tag_id, into))}
    await index.enqueue_tag(tx, tag_id)
    await tx.execute(_MERGE, tag_id, into)
    await tx.execute("DELETE FROM tags WHERE id = $1", tag_id)
    await former.lead_to(tx, "tag", tag_id, to_id=into)
    await former.remember(tx, "tag", held[tag_id].slug, subject_id=into)
    await audit.note(tx, "tag.merged", (tag_id, held[tag_id].name), into=held[into].name)
    return await by_id(tx, into)


async def delete(tx: Transaction, tag_id: int) -> Tag:
    """Remove a tag from all videos; what it was. Raises ``NotFound`` (code ``unknown_tag``)."""
    tag = await _locked(tx, tag_id)
    await index.enqueue_tag(tx, tag_id)
    await tx.execute("DELETE FROM tags WHERE id = $1", tag_id)
    await audit.note(tx, "tag.deleted", (tag_id, tag.name), videos=tag.video_count)
    return tag


async def assign(tx: Transaction, video_id: int, tag_ids: Sequence[int]) -> None:
    """Let the video have exactly these tags; its row in the index is the caller's business.

    Raises ``Invalid`` (codes ``too_many_tags``, ``unknown_tag``).
    """
    wanted = sorted(set(tag_ids))
    if len(wanted) > MAX_TAGS:
        raise Invalid(f"A video has at most {MAX_TAGS} tags.", code="too_many_tags", field="tag_ids")
    # Held until the commit against being deleted.
    known = await tx.fetch("SELECT id FROM tags WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", wanted)
    if len(known) != len(wanted):
        raise Invalid("One of these tags does not exist any more.", code="unknown_tag", field="tag_ids")
    await tx.execute("DELETE FROM video_tags WHERE video_id = $1 AND tag_id <> ALL($2)", video_id, wanted)
    await tx.execute(
        "INSERT INTO video_tags (video_id, tag_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING",
        video_id,
        wanted,
    )


async def named(tx: Transaction, names: Sequence[str]) -> list[int]:
    """The tags of these names; those that don't exist are created. Raises ``Invalid``."""
    found = []
    for name in dict.fromkeys(clean_line(each, field="name", maximum=TAG_NAME_MAX_LENGTH) for each in names):
        same = await naming.same(tx, "tag", name)
        if same is None:
            await tx.execute("SELECT pg_advisory_xact_lock($1)", _MAKING)
            same = await naming.same(tx, "tag", name)
        found.append(same[0] if same is not None else (await create(tx, name)).id)
    return found


async def _locked(tx: Transaction, tag_id: int) -> Tag:
    await tx.fetch("SELECT 1 FROM tags WHERE id = $1 FOR UPDATE", tag_id)
    return await by_id(tx, tag_id)


def _found(rows: Sequence[object]) -> Tag:
    if not rows:
        raise NotFound("There is no such tag.", code="unknown_tag")
    return Tag(**dict(rows[0]))  # type: ignore[call-overload]


async def _refuse_same(tx: Transaction, name: str, *, but: int = 0) -> None:
    same = await naming.same(tx, "tag", name, but=but)
    if same is not None:
        raise _exists(same[1], "" if same[1] == name else ", which is the same name")


def _exists(name: str, words: str = "") -> Conflict:
    return Conflict(f"There is a tag “{name}” already{words}.", code="tag_exists", field="name")
