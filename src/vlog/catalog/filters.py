"""What somebody asks of a list, by names, becomes conditions on the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vlog.catalog import browse, search
from vlog.catalog.facets import LENGTHS, MARKS, PUBLICATIONS, STATUSES, VISIBILITIES, Kind, facet
from vlog.catalog.index import Face
from vlog.catalog.query import Wanted
from vlog.db.reader import Reader
from vlog.kit.errors import Invalid, NotFound
from vlog.kit.slugs import is_slug

MAX_CUSTOM = 10
# Stands for a value that no video has.
_NOTHING = facet(Kind.CUSTOM, 0)
# Visitors are told of no tag that only hidden videos have.
_TAXONOMY = f"""
SELECT 'category' AS kind, slug, id FROM categories WHERE slug = ANY($1)
UNION ALL SELECT 'tag', t.slug, t.id FROM tags t WHERE t.slug = ANY($2)
  AND ($3 OR EXISTS (SELECT FROM catalog_facets f WHERE f.facet = facet({Kind.TAG:d}, t.id) AND f.videos > 0))
"""
_CUSTOM = """
SELECT k.id FROM custom_field_definitions d LEFT JOIN custom_values k ON k.field_id = d.id AND k.value = $2
WHERE d.slug = $1 AND d.is_public AND d.is_filterable
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Conditions as people write them. A video fits when every kind holds, by any of its values.

    ``categories`` and ``tags`` are slugs (of tags, all hold), ``heights`` picture heights of its renditions,
    ``lengths`` names from ``facets.LENGTHS`` and so on; ``custom`` are
    slugs of custom fields that visitors may filter by, with a value.
    """

    search: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    lengths: tuple[str, ...] = ()
    heights: tuple[int, ...] = ()
    featured: bool = False
    has_chapters: bool = False
    statuses: tuple[str, ...] = ()
    visibilities: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    custom: tuple[tuple[str, str], ...] = ()


async def resolve(reader: Reader, asked: Asked, *, face: Face = "library") -> Wanted:
    """The conditions on the index; visitors (``catalog``) filter by tags that they can see only.

    Raises ``Invalid`` (codes ``invalid_search``, ``invalid_period``, ``too_many_filters``), ``NotFound``
    (codes ``unknown_category``, ``unknown_tag``, ``unknown_field``).
    """
    if asked.since is not None and asked.until is not None and asked.since >= asked.until:
        raise Invalid("The period ends before it begins.", code="invalid_period", field="date_to")
    marks = {name for name in MARKS if getattr(asked, name)}
    categories, tag_facets = await _taxonomy(reader, asked, face)
    groups = [
        categories,
        _named(Kind.LENGTH, LENGTHS, asked.lengths),
        _named(Kind.STATUS, STATUSES, asked.statuses),
        _named(Kind.VISIBILITY, VISIBILITIES, asked.visibilities),
        _named(Kind.PUBLICATION, PUBLICATIONS, asked.publications),
        frozenset(facet(Kind.HEIGHT, height) for height in asked.heights),
        *await _custom(reader, asked.custom),
    ]
    return Wanted(
        terms=await _terms(reader, asked.search),
        all_of=tag_facets | {facet(Kind.MARK, MARKS[name]) for name in marks},
        any_of=tuple(group for group in groups if group),
        since=asked.since,
        until=asked.until,
    )


async def _terms(reader: Reader, words: str) -> search.Terms | None:
    terms = search.parse(words)
    return await browse.bounded(reader, terms) if terms is not None else None


async def _taxonomy(reader: Reader, asked: Asked, face: Face) -> tuple[frozenset[int], frozenset[int]]:
    if not asked.categories and not asked.tags:
        return frozenset(), frozenset()
    slugs = [list(filter(is_slug, each)) for each in (asked.categories, asked.tags)]
    rows = await reader.fetch(_TAXONOMY, *slugs, face == "library")
    ids = {(row["kind"], row["slug"]): row["id"] for row in rows}
    if any(("category", slug) not in ids for slug in asked.categories):
        raise NotFound("There is no such category.", code="unknown_category")
    if any(("tag", slug) not in ids for slug in asked.tags):
        raise NotFound("There is no such tag.", code="unknown_tag")
    return (
        frozenset(facet(Kind.CATEGORY, ids["category", slug]) for slug in asked.categories),
        frozenset(facet(Kind.TAG, ids["tag", slug]) for slug in asked.tags),
    )


async def _custom(reader: Reader, custom: tuple[tuple[str, str], ...]) -> list[frozenset[int]]:
    if len(custom) > MAX_CUSTOM:
        raise Invalid(f"Filter by at most {MAX_CUSTOM} fields.", code="too_many_filters")
    groups = []
    for slug, value in custom:
        # A value with a NUL is one that no text of PostgreSQL can be: no video has it.
        rows = await reader.fetch(_CUSTOM, slug, value.replace("\0", "")) if is_slug(slug) else []
        if not rows:
            # Whether there is one that is not for visitors is nobody's business.
            raise NotFound(f"Videos can't be filtered by “{slug}”.", code="unknown_field")
        ids = [] if "\0" in value else [row["id"] for row in rows if row["id"] is not None]
        found = {facet(Kind.CUSTOM, id_) for id_ in ids}
        groups.append(frozenset(found or {_NOTHING}))
    return groups


def _named(kind: Kind, ids: Mapping[str, int], names: tuple[str, ...]) -> frozenset[int]:
    return frozenset(facet(kind, ids[name]) for name in names)
